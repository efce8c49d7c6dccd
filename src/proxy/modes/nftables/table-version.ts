/**
 * One version of the table: what kube-proxy would have written for one revision of the ledger. Nodes that have seen the revision
 * share it; nodes that choose other endpoints have a version of their own that says only what is different.
 *
 * A version is made from another one where there is one: service ports that did not change keep their chains, and maps share all
 * elements but those that changed. Cost: O(rules) for the first version; for the next O(service ports + endpoints changed), of which
 * the first part is a copy of a list; a node's own version O(service ports that depend on the node).
 */
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import { invariant } from '../../../sim/index.js';
import type { EndpointChoices } from '../../endpoint-choice.js';
import type { Ledger } from '../../ledger.js';
import { isNodeAllowed, planPort } from '../../port-plan.js';
import type { NodeFacts } from '../../proxier.js';
import { restrictsSources, type ServicePort } from '../../service-port.js';
import type { FixedTable } from './fixed-table.js';
import type { PortChains, PortChainWriter } from './port-chains.js';
import type { NftCounts, OwnCounts } from './port-plan.js';
import { ContentWriter, type TableContents } from './table-contents.js';

/** What the mode reads of a ledger. */
export type LedgerView = Pick<Ledger, 'revision' | 'keysAt' | 'portAt' | 'changedBetween' | 'endpointCountAt'>;

/** A service port's chains with the endpoints that most nodes choose, and those for other choices. */
export interface SharedPort {
  readonly chains: PortChains;
  /** Whether nodes may need others. */
  readonly varies: boolean;
  /** By number of the choice, and whether the node is allowed. */
  readonly variants: Map<number, PortChains>;
  /** Shared versions that have it. */
  users: number;
}

/** What a revision is on nodes without a choice of their own. */
export interface SharedVersion {
  readonly revision: number;
  /** Keys of the service ports, ascending, and their chains in the same order. */
  readonly keys: readonly number[];
  readonly own: readonly SharedPort[];
  /** Places of the service ports that vary. */
  readonly varying: readonly number[];
  readonly contents: TableContents;
  readonly counts: NftCounts;
}

/** What a revision is on a node. */
export interface TableVersion {
  readonly shared: SharedVersion;
  /** By key: chains of service ports for which the node chooses otherwise. */
  readonly others: ReadonlyMap<number, PortChains>;
  readonly contents: TableContents;
  readonly counts: NftCounts;
}

/** What a compiler is made of. */
export interface CompilerSetup {
  readonly ledger: LedgerView;
  readonly choices: EndpointChoices;
  readonly store: NftStore;
  readonly fixed: FixedTable;
  /** That of the nodes' detector. */
  readonly writer: PortChainWriter;
}

/** Stands for a node that nothing names and that has no endpoints. */
const NOWHERE = { index: -1, zone: '' };
const NO_OTHERS: ReadonlyMap<number, PortChains> = new Map();
const NO_COUNTS: OwnCounts = { chains: 0, rules: 0, affinitySets: 0, anonymousSets: 0 };

/** A service port's chains in a version; undefined when it is not there. */
export function chainsOf({ shared, others }: TableVersion, key: number): PortChains | undefined {
  const other = others.get(key);
  if (other !== undefined) return other;
  const place = placeOf(shared.keys, key);
  return place < 0 ? undefined : shared.own[place]!.chains;
}

/** All service ports' chains in a version, by ascending key. */
export function* allChains({ shared, others }: Pick<TableVersion, 'shared' | 'others'>): Generator<PortChains> {
  for (let place = 0; place < shared.keys.length; place++) {
    yield others.get(shared.keys[place]!) ?? shared.own[place]!.chains;
  }
}

/** Makes versions for the nodes of one kind of detector. */
export class TableCompiler {
  readonly writer: PortChainWriter;
  private readonly setup: CompilerSetup;
  private readonly contents: ContentWriter;

  constructor(setup: CompilerSetup) {
    this.setup = setup;
    this.writer = setup.writer;
    this.contents = new ContentWriter(setup.store, setup.fixed);
  }

  /** Makes the shared version of a revision and holds it. */
  share(revision: number, base: SharedVersion | null): SharedVersion {
    const keys = this.setup.ledger.keysAt(revision);
    this.contents.begin(base?.contents ?? null);
    const counts = new CountSum(base?.counts ?? NO_COUNTS);
    const own = this.ownPorts(revision, keys, base, (before, after) => {
      this.contents.replace(before, after);
      counts.replace(before, after);
    });
    for (const port of own) port.users++;
    const contents = this.contents.end(() => own.map(({ chains }) => chains));
    const varying: number[] = [];
    own.forEach(({ varies }, place) => {
      if (varies) varying.push(place);
    });
    return { revision, keys, own, varying, contents, counts: this.counted(counts, contents) };
  }

  /** Text that is the same for nodes with the same version. */
  signature({ own, varying }: SharedVersion, node: NodeFacts): string {
    if (varying.length === 0) return '';
    const ports = varying.map((place) => own[place]!.chains.plan.port);
    const allowed = ports.filter(restrictsSources).map((port) => (isNodeAllowed(port, node) ? '1' : '0'));
    return `${this.setup.choices.signature(ports, node)} ${allowed.join('')}`;
  }

  /** Makes a node's version of a shared one and holds it; whoever has it must keep the shared one. */
  version(shared: SharedVersion, node: NodeFacts): TableVersion {
    const others = new Map<number, PortChains>();
    for (const place of shared.varying) {
      const chains = this.variant(shared.own[place]!, node);
      if (chains !== shared.own[place]!.chains) others.set(shared.keys[place]!, chains);
    }
    this.contents.begin(shared.contents);
    if (others.size === 0) return { shared, others: NO_OTHERS, contents: shared.contents, counts: shared.counts };
    const counts = new CountSum(shared.counts);
    for (const [key, chains] of others) {
      const before = shared.own[placeOf(shared.keys, key)]!.chains;
      this.contents.replace(before, chains);
      counts.replace(before, chains);
    }
    const contents = this.contents.end(() => allChains({ shared, others }));
    return { shared, others, contents, counts: this.counted(counts, contents) };
  }

  /** Lets a node's version go. */
  dropVersion({ contents }: TableVersion): void {
    this.contents.release(contents);
  }

  /** Lets a shared version go. */
  dropShared({ own, contents }: SharedVersion): void {
    this.contents.release(contents);
    for (const port of own) {
      if (--port.users > 0) continue;
      this.writer.release(port.chains);
      for (const chains of port.variants.values()) this.writer.release(chains);
    }
  }

  private ownPorts(
    revision: number,
    keys: readonly number[],
    base: SharedVersion | null,
    changed: (before: PortChains | null, after: PortChains | null) => void,
  ): SharedPort[] {
    const renew = (key: number, known: SharedPort | undefined): SharedPort => {
      const port = this.portAt(key, revision);
      if (known?.chains.plan.port === port) return known;
      const next = this.sharedPort(port, known);
      changed(known?.chains ?? null, next.chains);
      return next;
    };
    if (base !== null && sameKeys(base.keys, keys)) {
      const own = base.own.slice();
      const [from, to] = [Math.min(base.revision, revision), Math.max(base.revision, revision)];
      for (const key of from === to ? [] : this.setup.ledger.changedBetween(from, to)) {
        const place = placeOf(keys, key);
        if (place >= 0) own[place] = renew(key, own[place]);
      }
      return own;
    }
    const old = base?.own ?? [];
    const gone = new Map((base?.keys ?? []).map((key, place): [number, SharedPort] => [key, old[place]!]));
    const own = keys.map((key) => {
      const known = gone.get(key);
      gone.delete(key);
      return renew(key, known);
    });
    for (const { chains } of gone.values()) changed(chains, null);
    return own;
  }

  private sharedPort(port: ServicePort, known: SharedPort | undefined): SharedPort {
    const { choices } = this.setup;
    const plan = planPort(port, choices.of(port, NOWHERE), false);
    return {
      chains: this.writer.write(plan, known?.chains ?? null),
      varies: choices.dependsOnNode(port) || restrictsSources(port),
      variants: new Map(),
      users: 0,
    };
  }

  /** A varying service port's chains on a node. */
  private variant(shared: SharedPort, node: NodeFacts): PortChains {
    const { plan } = shared.chains;
    const choice = this.setup.choices.of(plan.port, node);
    const allowed = isNodeAllowed(plan.port, node);
    if (choice === plan.choice && !allowed) return shared.chains;
    const key = choice.id * 2 + (allowed ? 1 : 0);
    let chains = shared.variants.get(key);
    if (chains === undefined) {
      chains = this.writer.write(planPort(plan.port, choice, allowed), shared.chains);
      shared.variants.set(key, chains);
    }
    return chains;
  }

  private portAt(key: number, revision: number): ServicePort {
    const port = this.setup.ledger.portAt(key, revision);
    invariant(port !== undefined, 'ledger-keys', () => `revision ${revision} lists key ${key} but has no service port`);
    return port;
  }

  private counted(counts: CountSum, { versions }: TableContents): NftCounts {
    const { store, fixed } = this.setup;
    const elements = versions.reduce((sum, version, set) => {
      return sum + store.sets.contentOf(fixed.sets[set]!).size(version);
    }, 0);
    return { ...counts.sum, elements };
  }
}

/** Place of a key in an ascending list of keys, or -1. */
function placeOf(keys: readonly number[], key: number): number {
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

function sameKeys(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => value === b[i]));
}

/** A sum of counts in which parts are exchanged. */
class CountSum {
  sum: OwnCounts;

  constructor(sum: OwnCounts) {
    this.sum = sum;
  }

  replace(before: PortChains | null, after: PortChains | null): void {
    const old = before?.counts ?? NO_COUNTS;
    const next = after?.counts ?? NO_COUNTS;
    this.sum = {
      chains: this.sum.chains + next.chains - old.chains,
      rules: this.sum.rules + next.rules - old.rules,
      affinitySets: this.sum.affinitySets + next.affinitySets - old.affinitySets,
      anonymousSets: this.sum.anonymousSets + next.anonymousSets - old.anonymousSets,
    };
  }
}
