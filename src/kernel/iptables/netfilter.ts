/**
 * One node's iptables: which chains stand at which hook of the tables nat and filter, and what they say to a packet.
 *
 * Mirrors ip_tables (Linux 6.x) with policy ACCEPT everywhere. A built-in chain is made of two fragments, the
 * proxy's jumps and behind them the overlay's rules, because the two are written by different programs. Left out: the tables
 * raw, mangle and security, fragments of packets, counters.
 * One of these serves one family: a node of a dual-stack cluster has two, as the kernel has ip_tables and ip6_tables.
 * The caller decides when a table is passed: nat only for the first packet of a connection.
 * Cost: a few hundred nanoseconds for a service's first packet through the index; nothing allocated.
 */
import type { IpAddress, PacketPool } from '../../net/index.js';
import { Verdict, type Hook, type RuleContext } from '../hook.js';
import type { SetTable } from '../ipset.js';
import { WorkKind, type Work } from '../work.js';
import { NODE_ADDRESS } from './rule.js';
import type { RuleStore } from './rule-store.js';
import { lookUpChain } from './index-lookup.js';
import { FilterMemo } from './filter-memo.js';
import { RecentLists } from './recent-lists.js';
import { Outcome, Traversal } from './traversal.js';
import { walkChain } from './walk.js';

/** The tables. */
export const Table = { nat: 0, filter: 1 } as const;

/** One of the tables. */
export type Table = (typeof Table)[keyof typeof Table];

/** Who wrote a fragment of a built-in chain; lower numbers stand first. */
export const Owner = { proxy: 0, overlay: 1 } as const;

/** One of the owners. */
export type Owner = (typeof Owner)[keyof typeof Owner];

const HOOKS = 5;
const OWNERS = 2;

const NO_CHAINS: readonly number[] = [];

/** Tables of one node. */
export class Netfilter {
  /** The chains of the run. */
  readonly store: RuleStore;
  /** What `NODE_ADDRESS` stands for in the rules; for whoever writes such rules to say. */
  nodeAddress: IpAddress = 0;
  /** Whether any table has rules: only then does the kernel track connections for them. */
  active = false;
  /** The sets that rules name. */
  readonly sets: SetTable;
  /** What the `recent` matches remember; whoever removes the last rule that names a list drops the list. */
  readonly recent = new RecentLists(() => this.countRecentLists());
  /** Base chains by table, hook and owner; -1 for none. */
  private readonly bases = new Int32Array(2 * HOOKS * OWNERS).fill(-1);
  /** Base chains in place, by table. */
  private readonly inPlace = new Int32Array(2);
  /** Chains that nothing leads to, by table. */
  private readonly loose: (readonly number[])[] = [NO_CHAINS, NO_CHAINS];
  /** The packet at hand before a rule; for whoever follows a packet (`trail/iptables-trail.ts`). */
  readonly traversal: Traversal;
  /** Made at the first question: most nodes of a large cluster never get one. */
  private memo: FilterMemo | undefined;
  private readonly packets: PacketPool;
  private readonly work: Work;
  private readonly walks: boolean;

  /**
   * @param store the run's chains
   * @param packets the run's packets
   * @param work the node's tally
   * @param sets the node's ipsets
   * @param lookup by index, or by the literal walk (the reference)
   */
  constructor(store: RuleStore, packets: PacketPool, work: Work, sets: SetTable, lookup: 'index' | 'walk') {
    this.store = store;
    this.sets = sets;
    this.work = work;
    this.packets = packets;
    this.walks = lookup === 'walk';
    this.traversal = new Traversal(store, packets, work, sets, this.recent);
  }

  /** Whether a table has rules at any hook. */
  hasTable(table: Table): boolean {
    return this.inPlace[table]! > 0;
  }

  /**
   * Puts a fragment of a built-in chain in place, or takes it away, and holds the chain as long as it is there.
   * @param chain the fragment; -1 for none
   */
  setBase(table: Table, hook: Hook, owner: Owner, chain: number): void {
    const place = slot(table, hook) + owner;
    const old = this.bases[place]!;
    if (old === chain) return;
    if (chain >= 0) this.store.retain(chain);
    this.bases[place] = chain;
    this.memo = undefined;
    this.recent.rulesChanged();
    this.inPlace[table]! += (chain >= 0 ? 1 : 0) - (old >= 0 ? 1 : 0);
    this.active = this.hasTable(Table.nat) || this.hasTable(Table.filter);
    if (old >= 0) this.store.release(old);
  }

  /** The fragment in place, or -1. */
  base(table: Table, hook: Hook, owner: Owner): number {
    return this.bases[slot(table, hook) + owner]!;
  }

  /** Puts chains of the proxy's into a table that nothing leads to, in place of those before, and holds them while they are there. */
  setLoose(table: Table, chains: readonly number[]): void {
    const before = this.loose[table]!;
    if (before === chains) return;
    for (const chain of chains) this.store.retain(chain);
    this.loose[table] = chains;
    for (const chain of before) this.store.release(chain);
  }

  /** The chains of the proxy's that nothing leads to. */
  looseChains(table: Table): readonly number[] {
    return this.loose[table]!;
  }

  /**
   * Asks a table about a packet at a hook, and adds the work to the node's tally.
   * Marks are written to the packet; DNAT and MASQUERADE set `context.dnatAddress`, `dnatPort` and `masquerade`, which
   * nobody here ever clears: the caller does so before it asks.
   */
  evaluate(table: Table, hook: Hook, packet: number, context: RuleContext): Verdict {
    const place = slot(table, hook);
    const first = this.bases[place]!;
    const second = this.bases[place + 1]!;
    if (first < 0 && second < 0) return Verdict.accept;
    // The nat table is asked once a connection, and by chance: there is nothing to remember.
    if (table === Table.nat) {
      const verdict = this.passAll(first, second, packet, context);
      if (context.dnatAddress === NODE_ADDRESS) context.dnatAddress = this.nodeAddress;
      return verdict;
    }
    if (this.walks || this.packets.mark[packet] !== 0) return this.passAll(first, second, packet, context);
    return this.recall(hook, first, second, packet, context);
  }

  /** Takes a packet through the filter table, or says again what it said to one like it. */
  private recall(hook: Hook, first: number, second: number, packet: number, context: RuleContext): Verdict {
    const memo = (this.memo ??= new FilterMemo(HOOKS));
    const { traversal, work } = this;
    const { state } = context;
    traversal.begin(packet, context);
    const note = memo.find(hook, state, traversal);
    if (note >= 0) return memo.repeat(note, work);
    memo.begin(work);
    const verdict = this.passAll(first, second, packet, context);
    memo.end(hook, state, traversal, work, verdict, traversal.looked);
    return verdict;
  }

  /** Takes a packet through both fragments. */
  private passAll(first: number, second: number, packet: number, context: RuleContext): Verdict {
    const { counts } = this.work;
    counts[WorkKind.table]!++;
    const before = counts[WorkKind.rule]!;
    this.traversal.begin(packet, context);
    let outcome: Outcome = first < 0 ? Outcome.next : this.pass(first);
    if (outcome === Outcome.next && second >= 0) outcome = this.pass(second);
    this.work.endWalk(counts[WorkKind.rule]! - before);
    // RETURN in a built-in chain means its policy.
    if (outcome === Outcome.drop) return Verdict.drop;
    return outcome === Outcome.reject ? Verdict.reject : Verdict.accept;
  }

  /** What hangs below one hook of the proxy's names all that the others do. */
  private countRecentLists(): number {
    let most = 0;
    for (const chain of this.bases) if (chain >= 0) most = Math.max(most, this.store.recentListsBelow(chain));
    return most;
  }

  private pass(chain: number): Outcome {
    return this.walks ? walkChain(this.traversal, chain) : lookUpChain(this.traversal, chain);
  }
}

function slot(table: Table, hook: Hook): number {
  return (table * HOOKS + hook) * OWNERS;
}
