/**
 * Conntrack, NAT and rules of one node in one family, put together as the hooks see them: a packet enters at PREROUTING or OUTPUT,
 * is filtered, and goes out at POSTROUTING or into the node at INPUT.
 *
 * Mirrors the order of nf_conntrack, nf_nat, ip_tables and nf_tables at the hooks (Linux 6.x), by priority: conntrack (-200), nftables
 * chains at -110 for every packet, nat (-100 and 100), filter (0). The nat hooks are asked once for a new connection's destination and once
 * for its source, one table after the other until one has bound it (nf_nat_inet_fn); later packets are rewritten from the entry.
 * Where no rules exist at all, nothing is tracked, as in a kernel whose hooks nobody registered.
 */
import type { PacketPool } from '../../net/index.js';
import type { Nanoseconds, Simulation } from '../../sim/index.js';
import { CT_FULL, CT_INVALID, type Conntrack } from '../conntrack/conntrack.js';
import type { Nat } from '../conntrack/nat.js';
import { CtStatus } from '../conntrack/status.js';
import { CtState, Hook, Verdict, type RuleContext } from '../hook.js';
import { Table, type Netfilter } from '../iptables/netfilter.js';
import { FlowUse } from '../ipvs/ipvs-options.js';
import type { Ipvs } from '../ipvs/ipvs.js';
import { NftStage, type Nftables } from '../nftables/nftables.js';
import { WorkKind, type Work } from '../work.js';
import type { Underlay } from './underlay.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { dnat: STATE_DNAT, related: STATE_RELATED } = CtState;
const {
  confirmed: STATUS_CONFIRMED,
  destinationAsked: STATUS_DESTINATION_ASKED,
  destinationNat: STATUS_DESTINATION_NAT,
  sourceAsked: STATUS_SOURCE_ASKED,
} = CtStatus;
const { followed: FLOW_FOLLOWED, untracked: FLOW_UNTRACKED } = FlowUse;
const { postrouting: HOOK_POSTROUTING } = Hook;
const { filter: STAGE_FILTER, nat: STAGE_NAT, preDnat: STAGE_PRE_DNAT } = NftStage;
const { filter: TABLE_FILTER, nat: TABLE_NAT } = Table;
const { accept: VERDICT_ACCEPT } = Verdict;
const { masquerade: WORK_MASQUERADE, natBinding: WORK_NAT_BINDING } = WorkKind;

/** `enter` answers with a slot, or one of these. */
export const Entry = {
  /** No room in the conntrack table: the packet is lost. */
  full: CT_FULL,
  /** The packet belongs to no connection, or nothing is tracked: it goes on without an entry. */
  none: CT_INVALID,
  /** A rule dropped it. */
  dropped: -3,
  /** A rule turned it away, and its sender is to be told. */
  rejected: -4,
} as const;

/** Where uniform 32-bit draws come from: a random stream, or somebody who wants a certain outcome. */
export interface DrawSource {
  /** The next draw, 0 to 2^32 - 1. */
  uint32(): number;
}

/** What the hooks of one node and family are made of. */
export interface HookParts {
  readonly netfilter: Netfilter;
  readonly nftables: Nftables;
  readonly ipvs: Ipvs;
  /** Of the node, for both families. */
  readonly conntrack: Conntrack;
  readonly nat: Nat;
  /** Draws for `statistic` and `numgen`. */
  readonly picks: DrawSource;
  /** Whether an address is one of the node's own. */
  readonly isLocal: (address: number) => boolean;
  /** Whether nftables' hooks come first where priorities are equal: those registered last do (nf_hook_entries_grow). */
  readonly nftablesFirst: boolean;
}

/** The hooks of one node in one family. */
export class ConnectionHooks implements RuleContext {
  readonly conntrack: Conntrack;

  // What rules see and decide; see RuleContext.
  state = 0;
  fromPod = false;
  dnatAddress = 0;
  dnatPort = 0;
  masquerade = 0;
  inAddress = 0;
  readonly isLocal: (address: number) => boolean;
  /** Where `draw` draws from; may be replaced to choose the outcome of chance. */
  picks: DrawSource;

  private readonly netfilter: Netfilter;
  private readonly nftables: Nftables;
  private readonly ipvs: Ipvs;
  private readonly nat: Nat;
  private readonly packets: PacketPool;
  private readonly work: Work;
  private readonly simulation: Simulation;
  private readonly nftablesFirst: boolean;

  /** Allocates next to nothing before the first packet. */
  constructor(underlay: Underlay, parts: HookParts) {
    this.packets = underlay.packets;
    this.work = underlay.work;
    this.simulation = underlay.simulation;
    this.netfilter = parts.netfilter;
    this.nftables = parts.nftables;
    this.ipvs = parts.ipvs;
    this.picks = parts.picks;
    this.isLocal = parts.isLocal;
    this.conntrack = parts.conntrack;
    this.nat = parts.nat;
    this.nftablesFirst = parts.nftablesFirst;
    parts.ipvs.trackWith(this.conntrack);
  }

  /** Whether anything makes the kernel track connections here. */
  get tracking(): boolean {
    return this.netfilter.active || this.ipvs.active || this.nftables.active;
  }

  /** See `RuleContext`. */
  draw(): number {
    return this.picks.uint32();
  }

  /** See `RuleContext`. */
  now(): Nanoseconds {
    return this.simulation.now;
  }

  /**
   * PREROUTING or OUTPUT: finds the packet's connection, asks the nat tables about a new one, rewrites the destination.
   * @returns the packet's slot in conntrack, or one of `Entry`
   */
  enter(packet: number, hook: Hook): number {
    if (!this.tracking) return Entry.none;
    const slot = this.conntrack.track(packet);
    this.state = this.conntrack.packetState;
    if (slot === CT_FULL) return slot;
    if (slot >= 0) this.noteTranslation(slot);
    if (this.nftables.active) {
      const verdict = this.nftables.evaluate(STAGE_PRE_DNAT, hook, packet, this);
      if (verdict !== VERDICT_ACCEPT) return this.refused(slot, verdict);
    }
    if (slot < 0) return slot;
    if (this.isUnasked(slot, STATUS_DESTINATION_ASKED)) {
      const verdict = this.askDestination(packet, slot, hook);
      if (verdict !== VERDICT_ACCEPT) return this.refused(slot, verdict);
      this.noteTranslation(slot);
    }
    this.nat.translateDestination(packet, slot);
    return slot;
  }

  /**
   * PREROUTING once more, for a packet of the node that came back over loopback: its connection is known and bound already.
   * @returns false when a rule drops it; the caller abandons the slot
   */
  passLoopback(packet: number): boolean {
    if (!this.nftables.active) return true;
    return this.nftables.evaluate(STAGE_PRE_DNAT, Hook.prerouting, packet, this) === VERDICT_ACCEPT;
  }

  /** An error that the node itself sends counts as related to what it is about, confirmed or not. */
  markRelated(): void {
    this.state = STATE_RELATED;
  }

  /** Asks the filter tables at a hook. */
  filter(packet: number, hook: Hook): Verdict {
    if (!this.nftables.active) return this.netfilter.evaluate(TABLE_FILTER, hook, packet, this);
    const { nftablesFirst } = this;
    if (nftablesFirst) {
      const verdict = this.nftables.evaluate(STAGE_FILTER, hook, packet, this);
      if (verdict !== VERDICT_ACCEPT) return verdict;
    }
    const verdict = this.netfilter.evaluate(TABLE_FILTER, hook, packet, this);
    if (nftablesFirst || verdict !== VERDICT_ACCEPT) return verdict;
    return this.nftables.evaluate(STAGE_FILTER, hook, packet, this);
  }

  /**
   * POSTROUTING: asks the nat tables about a new connection's source, rewrites the source, confirms the entry.
   * @param outAddress address of the device that the packet leaves by, for MASQUERADE
   * @returns false when no source port was left: the caller loses the packet and abandons the slot
   */
  leave(packet: number, slot: number, outAddress: number): boolean {
    if (slot < 0) return true;
    if (this.isUnasked(slot, STATUS_SOURCE_ASKED) && !this.askSource(packet, slot, outAddress)) return false;
    this.nat.translateSource(packet, slot);
    this.conntrack.confirm(slot);
    return true;
  }

  /**
   * The end of INPUT: the packet stays on the node, and its connection is confirmed. An answer to one of the node's own connections
   * whose destination was translated has its source turned back here.
   */
  stay(packet: number, slot: number): void {
    if (slot < 0) return;
    // The null binding of INPUT: no two connections may have one reply tuple.
    if (this.isUnasked(slot, STATUS_SOURCE_ASKED) && this.hasNat()) {
      this.conntrack.tuples.addStatus(slot >> 1, STATUS_SOURCE_ASKED);
      this.work.counts[WORK_NAT_BINDING]!++;
      this.nat.bindSource(slot >> 1, 0, false);
    }
    this.nat.translateSource(packet, slot);
    this.conntrack.confirm(slot);
  }

  /** Whether a packet's connection was known before this packet. */
  isConfirmed(slot: number): boolean {
    return slot >= 0 && (this.conntrack.tuples.status(slot >> 1) & STATUS_CONFIRMED) !== 0;
  }

  /**
   * ip_vs has seen a packet that goes on: a new entry learns where the answers will come from, stays as it is, or is dropped, after which
   * the packet is untracked (ip_vs_update_conntrack, ip_vs_notrack).
   * @returns the packet's slot from now on
   */
  followIpvs(packet: number, slot: number, use: FlowUse): number {
    if (use === FLOW_FOLLOWED) this.expectFromServer(packet, slot);
    if (use !== FLOW_UNTRACKED) return slot;
    this.conntrack.abandon(slot);
    this.state = 0;
    return Entry.none;
  }

  /** The packet is lost before the last hook: a new entry goes with it. */
  abandon(slot: number): void {
    this.conntrack.abandon(slot);
  }

  private expectFromServer(packet: number, slot: number): void {
    if (slot < 0 || this.conntrack.tuples.status(slot >> 1) & STATUS_CONFIRMED) return;
    this.nat.expectFrom(slot >> 1, this.packets.destination[packet]!, this.packets.destinationPort[packet]!);
  }

  private hasNat(): boolean {
    return this.netfilter.hasTable(TABLE_NAT) || this.nftables.hasNat;
  }

  private refused(slot: number, verdict: Verdict): number {
    this.conntrack.abandon(slot);
    return verdict === Verdict.drop ? Entry.dropped : Entry.rejected;
  }

  private noteTranslation(slot: number): void {
    if (this.conntrack.tuples.status(slot >> 1) & STATUS_DESTINATION_NAT) this.state |= STATE_DNAT;
  }

  private askDestination(packet: number, slot: number, hook: Hook): Verdict {
    this.conntrack.tuples.addStatus(slot >> 1, STATUS_DESTINATION_ASKED);
    this.dnatAddress = 0;
    this.masquerade = 0;
    const verdict = this.askNat(packet, hook);
    if (verdict !== VERDICT_ACCEPT) return verdict;
    if (this.dnatAddress !== 0) this.nat.bindDestination(slot >> 1, this.dnatAddress, this.dnatPort);
    return VERDICT_ACCEPT;
  }

  private askSource(packet: number, slot: number, outAddress: number): boolean {
    this.conntrack.tuples.addStatus(slot >> 1, STATUS_SOURCE_ASKED);
    if (!this.hasNat()) return true;
    this.masquerade = 0;
    this.dnatAddress = 0;
    if (this.askNat(packet, HOOK_POSTROUTING) !== VERDICT_ACCEPT) return false;
    this.work.counts[WORK_NAT_BINDING]!++;
    if (this.masquerade !== 0) this.work.counts[WORK_MASQUERADE]!++;
    return this.nat.bindSource(slot >> 1, this.masquerade === 0 ? 0 : outAddress, this.masquerade === 2);
  }

  /** Asks one nat table after the other until the connection is bound or the packet refused. */
  private askNat(packet: number, hook: Hook): Verdict {
    const { nftablesFirst } = this;
    if (nftablesFirst) {
      const verdict = this.askNftables(packet, hook);
      if (verdict !== VERDICT_ACCEPT || this.isBound(hook)) return verdict;
    }
    if (this.netfilter.hasTable(TABLE_NAT)) {
      const verdict = this.netfilter.evaluate(TABLE_NAT, hook, packet, this);
      if (verdict !== VERDICT_ACCEPT || this.isBound(hook)) return verdict;
    }
    return nftablesFirst ? VERDICT_ACCEPT : this.askNftables(packet, hook);
  }

  private askNftables(packet: number, hook: Hook): Verdict {
    return this.nftables.hasNat ? this.nftables.evaluate(STAGE_NAT, hook, packet, this) : VERDICT_ACCEPT;
  }

  private isBound(hook: Hook): boolean {
    return hook === HOOK_POSTROUTING ? this.masquerade !== 0 : this.dnatAddress !== 0;
  }

  /** Whether a connection's first packet has not met the nat tables yet, at the first or at the last hook. */
  private isUnasked(slot: number, bit: number): boolean {
    return (slot & 1) === 0 && (this.conntrack.tuples.status(slot >> 1) & (bit | STATUS_CONFIRMED)) === 0;
  }
}
