/**
 * What the slice controller knows of nodes: which there are, their zones, and how much of the CPU each zone has. Follows the store by a watch.
 *
 * As upstream, it looks at the zones' CPU anew when a node comes or goes, or changes its zone or readiness, and not when its CPU alone changes.
 */
import type { Node } from '../api.js';
import type { Store } from '../store.js';
import { zoneShares, type ZoneShares } from './zone-shares.js';

/** Facts of the nodes of one cluster. */
export class NodeFacts {
  private readonly store: Store;
  private readonly nodes: readonly Node[];
  private readonly cpuMillis: number;
  private readonly gone = new Set<number>();
  /** Nodes that were written later than they were given, by index. */
  private readonly written = new Map<number, Node>();
  private known: { readonly shares: ZoneShares | undefined } | undefined;

  /**
   * @param store what to follow
   * @param nodes by index; none: then nothing is known of nodes, and every node is taken to be there
   * @param cpuMillis CPU of nodes that do not say it, in thousandths; 0: they say nothing
   * @param changed called after each change
   */
  constructor(store: Store, nodes: readonly Node[], cpuMillis: number, changed: () => void) {
    this.store = store;
    this.nodes = nodes;
    this.cpuMillis = cpuMillis;
    store.watch('node', ({ type, object, previous }) => {
      if (type === 'deleted') this.gone.add(object.index);
      else this.gone.delete(object.index);
      this.written.set(object.index, object);
      if (type === 'modified' && previous?.zone === object.zone && previous.notReady === object.notReady) return;
      this.known = undefined;
      changed();
    });
  }

  /** Whether there is a node of an index; what is not known of is taken to be there, as a pod with an address has been on some node. */
  readonly has = (node: number): boolean => {
    if (node < 0 || this.nodes.length === 0) return true;
    return node < this.nodes.length && !this.gone.has(node);
  };

  /** Zone of the node of an index; empty for none, and for a node that is gone. */
  readonly zoneOf = (node: number): string => {
    if (this.gone.has(node)) return '';
    return (this.written.get(node) ?? this.nodes[node])?.zone ?? '';
  };

  /** The zones' shares of the CPU; undefined when the nodes do not say enough. */
  get shares(): ZoneShares | undefined {
    if (this.known === undefined) {
      const { cpuMillis } = this;
      const nodes = [...this.store.list('node')].map((node) => ({ cpuMillis, ...node }));
      this.known = { shares: zoneShares(nodes) };
    }
    return this.known.shares;
  }
}
