/**
 * A revision of the ledger as the iptables mode sees it: the plans that are the same on all nodes, and the service ports for which a node
 * has to be asked.
 *
 * A view is made from another one where there is one. Cost: O(service ports) a view, one for each revision that a node syncs to.
 */
import { invariant } from '../../../sim/index.js';
import type { EndpointChoices } from '../../endpoint-choice.js';
import type { Ledger } from '../../ledger.js';
import type { NodeFacts } from '../../proxier.js';
import type { ServicePort } from '../../service-port.js';
import { isNodeAllowed, type PortPlan } from '../../port-plan.js';
import { restrictsSources } from '../../service-port.js';
import { planPort } from './port-plan.js';

/** kube-proxy saves effort above this many endpoints. */
const LARGE_CLUSTER_ENDPOINTS = 1000;

/** Whether there are so many endpoints that kube-proxy saves effort (large-cluster mode). */
export function isLargeCluster(endpoints: number): boolean {
  return endpoints > LARGE_CLUSTER_ENDPOINTS;
}

/** What the mode reads of a ledger. */
export type LedgerView = Pick<Ledger, 'revision' | 'keysAt' | 'portAt' | 'changedBetween' | 'endpointCountAt'>;

/** A service port, and its plan where that is the same on all nodes. */
export interface PortView {
  readonly port: ServicePort;
  /** null where the node has to be asked. */
  readonly plan: PortPlan | null;
}

/** One revision. */
export interface RevisionView {
  readonly revision: number;
  /** Keys of the service ports, ascending, and what is known of them in the same order. */
  readonly keys: readonly number[];
  readonly ports: readonly PortView[];
  /** Places of the service ports whose plan depends on the node. */
  readonly dependents: readonly number[];
  readonly dependentPorts: readonly ServicePort[];
  /** Those of them that ask for the node's own address. */
  readonly askingPorts: readonly ServicePort[];
  /** Endpoints of all service ports, and whether they are so many that kube-proxy saves effort. */
  readonly endpoints: number;
  readonly largeCluster: boolean;
}

/** Place of a key in an ascending list of keys, or -1. */
export function placeOf(keys: readonly number[], key: number): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (keys[middle] === key) return middle;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Whether two ascending lists of keys are the same. */
export function sameKeys(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => value === b[i]));
}

/** Makes views and plans. */
export class RevisionViews {
  private readonly ledger: LedgerView;
  private readonly choices: EndpointChoices;
  private newest: RevisionView | null = null;

  constructor(ledger: LedgerView, choices: EndpointChoices) {
    this.ledger = ledger;
    this.choices = choices;
  }

  /** The view of a revision. */
  make(revision: number): RevisionView {
    const { ledger } = this;
    const keys = ledger.keysAt(revision);
    const ports = this.portsOf(revision, keys);
    const dependents: number[] = [];
    ports.forEach(({ plan }, place) => {
      if (plan === null) dependents.push(place);
    });
    const dependentPorts = dependents.map((place) => ports[place]!.port);
    const endpoints = ledger.endpointCountAt(revision);
    const view: RevisionView = {
      revision,
      keys,
      ports,
      dependents,
      dependentPorts,
      askingPorts: dependentPorts.filter(restrictsSources),
      endpoints,
      largeCluster: isLargeCluster(endpoints),
    };
    if (this.newest === null || revision > this.newest.revision) this.newest = view;
    return view;
  }

  /** The plan of a service port on a node. */
  planOn({ port, plan }: PortView, node: NodeFacts): PortPlan {
    return plan ?? planPort(port, this.choices.of(port, node), isNodeAllowed(port, node));
  }

  /** What tells the plans of one node from those of others: the same text for nodes whose plans are all the same. */
  signature({ dependentPorts, askingPorts }: RevisionView, node: NodeFacts): string {
    if (dependentPorts.length === 0) return '';
    const allowed = askingPorts.map((port) => (isNodeAllowed(port, node) ? '1' : '0')).join('');
    return `${this.choices.signature(dependentPorts, node)} ${allowed}`;
  }

  private portsOf(revision: number, keys: readonly number[]): PortView[] {
    const base = this.newest;
    if (base !== null && sameKeys(base.keys, keys)) {
      const ports = base.ports.slice();
      const [from, to] = [Math.min(base.revision, revision), Math.max(base.revision, revision)];
      for (const key of from === to ? [] : this.ledger.changedBetween(from, to)) {
        const place = placeOf(keys, key);
        if (place >= 0) ports[place] = this.portView(this.portAt(key, revision), ports[place]);
      }
      return ports;
    }
    let place = 0;
    return keys.map((key) => {
      while (base !== null && place < base.keys.length && base.keys[place]! < key) place++;
      return this.portView(this.portAt(key, revision), base?.keys[place] === key ? base.ports[place] : undefined);
    });
  }

  private portView(port: ServicePort, known: PortView | undefined): PortView {
    if (known?.port === port) return known;
    const { choices } = this;
    const plan =
      choices.dependsOnNode(port) || restrictsSources(port) ? null : planPort(port, choices.of(port, NOWHERE), false);
    return { port, plan };
  }

  private portAt(key: number, revision: number): ServicePort {
    const port = this.ledger.portAt(key, revision);
    invariant(port !== undefined, 'ledger-keys', () => `revision ${revision} lists key ${key} but has no service port`);
    return port;
  }
}

/** Stands for a node where the answer is the same on all. */
const NOWHERE = { index: -1, zone: '' };
