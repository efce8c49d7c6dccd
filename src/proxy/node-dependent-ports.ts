/**
 * The service ports whose endpoint choice depends on the node, by revision: usually none.
 *
 * What nodes may share of a revision is told apart by their choices for these (`EndpointChoices.signature`). Each revision's list is
 * made from that of the one asked for last; where nothing changed it is the same array. Cost: O(changed service ports), O(all) at first.
 */
import type { EndpointChoices } from './endpoint-choice.js';
import type { Ledger } from './ledger.js';
import type { ServicePort } from './service-port.js';

/** What is read of a ledger. */
type LedgerView = Pick<Ledger, 'oldest' | 'keysAt' | 'portAt' | 'changedBetween'>;

/** Service ports that depend on the node. */
export class NodeDependentPorts {
  private readonly ledger: LedgerView;
  private readonly choices: EndpointChoices;
  private revision = 0;
  private ports: readonly ServicePort[] = [];

  /**
   * @param ledger where the service ports are
   * @param choices what tells whether one depends on the node
   */
  constructor(ledger: LedgerView, choices: EndpointChoices) {
    this.ledger = ledger;
    this.choices = choices;
  }

  /** Those of a revision, by ascending key. */
  at(revision: number): readonly ServicePort[] {
    if (revision === this.revision) return this.ports;
    const known = this.revision >= this.ledger.oldest && this.revision > 0;
    this.ports = known ? this.derived(revision) : this.dependent(this.ledger.keysAt(revision), revision);
    this.revision = revision;
    return this.ports;
  }

  private derived(revision: number): readonly ServicePort[] {
    const { ledger } = this;
    const from = Math.min(this.revision, revision);
    const changed = new Set(ledger.changedBetween(from, Math.max(this.revision, revision)));
    const moved = this.dependent(changed, revision);
    const kept = this.ports.filter(({ key }) => !changed.has(key));
    if (moved.length === 0 && kept.length === this.ports.length) return this.ports;
    return [...kept, ...moved].sort((a, b) => a.key - b.key);
  }

  private dependent(keys: Iterable<number>, revision: number): ServicePort[] {
    const ports: ServicePort[] = [];
    for (const key of keys) {
      const port = this.ledger.portAt(key, revision);
      if (port !== undefined && this.choices.dependsOnNode(port)) ports.push(port);
    }
    return ports;
  }
}
