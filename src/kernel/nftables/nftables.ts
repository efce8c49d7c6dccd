/**
 * One node's nftables in one family: which base chains stand at which hook, what its sets hold, and what they say to a packet.
 *
 * Mirrors nf_tables (Linux 6.18): base chains of several tables at a hook are passed by priority, of equal ones the later registered first;
 * `accept` ends a base chain and the next one is passed, `drop` and `reject` end everything; in chains of type nat the first
 * statement that translates ends the question. Base chains are chains of the store that a node puts in place.
 * The caller decides when a stage is passed: nat only for the first packet of a connection.
 * Cost: a few hundred nanoseconds for a service's first packet with the index; nothing allocated.
 */
import type { IpAddress, IpPrefix, PacketPool } from '../../net/index.js';
import { Verdict, type Hook, type RuleContext } from '../hook.js';
import { WorkKind, type Work } from '../work.js';
import { NftEvaluation, NftOutcome } from './evaluation.js';
import type { NftStore } from './nft-store.js';
import { passChain } from './passage.js';

/** When chains are passed: filter chains before destination NAT (priority below -100), nat chains, filter chains behind it. */
export const NftStage = { preDnat: 0, nat: 1, filter: 2 } as const;

/** One of the stages. */
export type NftStage = (typeof NftStage)[keyof typeof NftStage];

/** Where a base chain stands. */
export interface NftBase {
  /** Table that it belongs to; a base chain is known by table and name. */
  readonly table: string;
  readonly name: string;
  readonly type: 'filter' | 'nat';
  readonly hook: Hook;
  /** Lower numbers are passed first: dstnat is -100, filter 0, srcnat 100. */
  readonly priority: number;
}

/** A base chain in place. */
export interface PlacedBase extends NftBase {
  readonly chain: number;
}

/** Priority of destination NAT; filter chains below it see the destination as the sender wrote it. */
const DSTNAT_PRIORITY = -100;
const HOOKS = 5;
const PLACES = 3 * HOOKS;
const NOTHING: readonly number[] = [];

/** nftables of one node and family. */
export class Nftables {
  /** The chains, sets and maps of the run. */
  readonly store: NftStore;
  /** Whether any base chain is in place: only then does the kernel track connections for them. */
  active = false;
  /** Whether a base chain of type nat is in place. */
  hasNat = false;
  /** By stage and hook: chains in the order in which they are passed. */
  private readonly places: (readonly number[])[] = new Array<readonly number[]>(PLACES).fill(NOTHING);
  private placed: readonly PlacedBase[] = [];
  private readonly loose = new Map<string, readonly number[]>();
  private readonly work: Work;
  /** The packet at hand before a rule; for whoever follows a packet (`trail/nftables-trail.ts`). */
  readonly evaluation: NftEvaluation;

  /**
   * @param store the run's chains, sets and maps
   * @param packets the run's packets
   * @param work the node's tally
   * @param lookup by index, or by the literal walk (the reference)
   */
  constructor(store: NftStore, packets: PacketPool, work: Work, lookup: 'index' | 'walk') {
    this.store = store;
    this.work = work;
    this.evaluation = new NftEvaluation(store, packets, work, lookup === 'walk');
  }

  /**
   * Asks the base chains of a stage about a packet at a hook, and adds the work to the node's tally. Marks are written to the packet;
   * DNAT and masquerade set `context.dnatAddress`, `dnatPort` and `masquerade`, which the caller clears before it asks.
   */
  evaluate(stage: NftStage, hook: Hook, packet: number, context: RuleContext): Verdict {
    const chains = this.places[stage * HOOKS + hook]!;
    if (chains.length === 0) return Verdict.accept;
    const { counts } = this.work;
    const before = counts[WorkKind.nftRule]!;
    this.evaluation.begin(packet, context);
    let verdict: Verdict = Verdict.accept;
    for (let i = 0; i < chains.length; i++) {
      counts[WorkKind.nftChain]!++;
      const outcome = passChain(this.evaluation, chains[i]!);
      if (outcome === NftOutcome.drop || outcome === NftOutcome.reject) {
        verdict = outcome === NftOutcome.drop ? Verdict.drop : Verdict.reject;
        break;
      }
      if (stage === NftStage.nat && (context.dnatAddress !== 0 || context.masquerade !== 0)) break;
    }
    this.work.endWalk(counts[WorkKind.nftRule]! - before);
    return verdict;
  }

  /**
   * Puts a base chain in place, or takes it away, and holds the chain as long as it is there.
   * @param chain the chain; -1 for none
   */
  setBase(base: NftBase, chain: number): void {
    const known = this.placed.find((other) => other.table === base.table && other.name === base.name);
    if ((known?.chain ?? -1) === chain) return;
    if (chain >= 0) this.store.retain(chain);
    // A chain that takes the place of another version of itself keeps its rank among those of one priority.
    const others = this.placed.filter((other) => other !== known);
    const placed =
      known && chain >= 0 ? this.placed.map((other) => (other === known ? { ...base, chain } : other)) : others;
    this.placed = !known && chain >= 0 ? [...others, { ...base, chain }] : placed;
    this.rank();
    if (known) this.store.release(known.chain);
  }

  /** Base chains in place, in the order of their registration. */
  bases(): readonly PlacedBase[] {
    return this.placed;
  }

  /** Says which chains a table has whether or not anything leads to them, and holds them. */
  setLooseChains(table: string, chains: readonly number[]): void {
    if (this.loose.get(table) === chains) return;
    for (const chain of chains) this.store.retain(chain);
    for (const chain of this.looseChains(table)) this.store.release(chain);
    this.loose.set(table, chains);
  }

  /** Those chains. */
  looseChains(table: string): readonly number[] {
    return this.loose.get(table) ?? NOTHING;
  }

  /**
   * Puts a version of a set's or map's content in place and holds it.
   * @param set handle of `NftStore.declareSet`
   * @param version a version of `NftStore.sets.contentOf(set)`; 0 for the empty one
   */
  setContent(set: number, version: number): void {
    this.evaluation.sets.setVersion(set, version);
  }

  /** The version in place of a set's or map's content. */
  contentOf(set: number): number {
    return this.evaluation.sets.version(set);
  }

  /** The prefix that this node fills in where rules say `sourceInOwnPrefix`; null for none. */
  get ownPrefix(): IpPrefix | null {
    return this.evaluation.ownPrefix;
  }

  /** Fills it in. */
  set ownPrefix(prefix: IpPrefix | null) {
    this.evaluation.ownPrefix = prefix;
  }

  /** Whether a dynamic set holds an address at a time. */
  holds(set: number, address: IpAddress, now: number): boolean {
    return this.evaluation.sets.dynamic.has(set, this.store.sets.groupOf(set), address, now);
  }

  /** Elements in dynamic sets, timed out ones that nobody missed yet included. */
  get dynamicElements(): number {
    return this.evaluation.sets.dynamic.count;
  }

  /** A dynamic set has been deleted: it is empty when it is made again. */
  dropDynamicSet(set: number): void {
    this.evaluation.sets.dynamic.drop(set);
  }

  /** Forgets an address in all dynamic sets. */
  forgetSource(address: IpAddress): void {
    this.evaluation.sets.dynamic.forgetSource(address);
  }

  private rank(): void {
    this.places.fill(NOTHING);
    const ranked = this.placed.map((base, order) => ({ base, order }));
    ranked.sort((a, b) => a.base.priority - b.base.priority || b.order - a.order);
    for (const { base } of ranked) {
      const place = stageOf(base) * HOOKS + base.hook;
      this.places[place] = [...this.places[place]!, base.chain];
    }
    this.active = this.placed.length > 0;
    this.hasNat = this.placed.some((base) => base.type === 'nat');
  }
}

function stageOf(base: NftBase): NftStage {
  if (base.type === 'nat') return NftStage.nat;
  return base.priority < DSTNAT_PRIORITY ? NftStage.preDnat : NftStage.filter;
}
