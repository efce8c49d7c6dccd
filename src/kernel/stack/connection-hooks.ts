/**
 * Conntrack, NAT and rules of one node, put together as the hooks see them: a packet enters at PREROUTING or OUTPUT, is
 * filtered, and goes out at POSTROUTING or into the node at INPUT.
 *
 * Mirrors the order of nf_conntrack, nf_nat and ip_tables at the hooks (Linux 6.x): the nat table is asked once for a new connection's
 * destination and once for its source; later packets are rewritten from the entry. Where no rules exist at all, nothing is
 * tracked, as in a kernel whose hooks nobody registered.
 */
import type { PacketPool } from '../../net/index.js';
import type { RandomStream } from '../../sim/index.js';
import { CT_FULL, CT_INVALID, Conntrack } from '../conntrack/conntrack.js';
import { Nat } from '../conntrack/nat.js';
import type { ConntrackSettings } from '../conntrack/settings.js';
import { CtStatus } from '../conntrack/status.js';
import { CtState, Hook, Verdict, type RuleContext } from '../hook.js';
import { Table, type Netfilter } from '../iptables/netfilter.js';
import type { Ipvs } from '../ipvs/ipvs.js';
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
const { postrouting: HOOK_POSTROUTING } = Hook;
const { filter: TABLE_FILTER, nat: TABLE_NAT } = Table;
const { accept: VERDICT_ACCEPT } = Verdict;
const { masquerade: WORK_MASQUERADE, natBinding: WORK_NAT_BINDING } = WorkKind;

/** `enter` answers with a slot, or one of these. */
export const Entry = {
  /** No room in the conntrack table: the packet is lost. */
  full: CT_FULL,
  /** The packet belongs to no connection, or nothing is tracked: it goes on without an entry. */
  none: CT_INVALID,
  /** The nat table dropped it. */
  dropped: -3,
} as const;

/** What the hooks of one node are made of. */
export interface HookParts {
  readonly netfilter: Netfilter;
  readonly ipvs: Ipvs;
  readonly conntrack: ConntrackSettings;
  /** Draws for `statistic` rules and for ports. */
  readonly picks: RandomStream;
  readonly ports: RandomStream;
  /** Whether an address is one of the node's own. */
  readonly isLocal: (address: number) => boolean;
}

/** The hooks of one node. */
export class ConnectionHooks implements RuleContext {
  readonly conntrack: Conntrack;

  // What rules see and decide; see RuleContext.
  state = 0;
  fromPod = false;
  dnatAddress = 0;
  dnatPort = 0;
  masquerade = 0;
  readonly isLocal: (address: number) => boolean;

  private readonly netfilter: Netfilter;
  private readonly ipvs: Ipvs;
  private readonly nat: Nat;
  private readonly packets: PacketPool;
  private readonly work: Work;
  private readonly picks: RandomStream;

  /** Allocates next to nothing before the first packet. */
  constructor(underlay: Underlay, parts: HookParts) {
    this.packets = underlay.packets;
    this.work = underlay.work;
    this.netfilter = parts.netfilter;
    this.ipvs = parts.ipvs;
    this.picks = parts.picks;
    this.isLocal = parts.isLocal;
    this.conntrack = new Conntrack({ ...underlay, settings: parts.conntrack });
    parts.ipvs.trackWith(this.conntrack);
    this.nat = new Nat(this.conntrack, underlay.packets, underlay.work, parts.ports);
  }

  /** Whether anything makes the kernel track connections here. */
  get tracking(): boolean {
    return this.netfilter.active || this.ipvs.active;
  }

  /** See `RuleContext`. */
  draw(): number {
    return this.picks.uint32();
  }

  /**
   * PREROUTING or OUTPUT: finds the packet's connection, asks the nat table about a new one, rewrites the destination.
   * @returns the packet's slot in conntrack, or one of `Entry`
   */
  enter(packet: number, hook: Hook): number {
    if (!this.tracking) return Entry.none;
    const slot = this.conntrack.track(packet);
    this.state = this.conntrack.packetState;
    if (slot < 0) return slot;
    if (this.isUnasked(slot, STATUS_DESTINATION_ASKED) && !this.askDestination(packet, slot, hook)) {
      this.conntrack.abandon(slot);
      return Entry.dropped;
    }
    if (this.conntrack.tuples.status(slot >> 1) & STATUS_DESTINATION_NAT) this.state |= STATE_DNAT;
    this.nat.translateDestination(packet, slot);
    return slot;
  }

  /** An error that the node itself sends counts as related to what it is about, confirmed or not. */
  markRelated(): void {
    this.state = STATE_RELATED;
  }

  /** Asks the filter table at a hook. */
  filter(packet: number, hook: Hook): Verdict {
    return this.netfilter.evaluate(TABLE_FILTER, hook, packet, this);
  }

  /**
   * POSTROUTING: asks the nat table about a new connection's source, rewrites the source, confirms the entry.
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

  /** The end of INPUT: the packet stays on the node, its connection is confirmed. */
  stay(slot: number): void {
    if (slot < 0) return;
    // The null binding of INPUT: no two connections may have one reply tuple.
    if (this.isUnasked(slot, STATUS_SOURCE_ASKED) && this.netfilter.hasTable(TABLE_NAT)) {
      this.conntrack.tuples.addStatus(slot >> 1, STATUS_SOURCE_ASKED);
      this.work.counts[WORK_NAT_BINDING]!++;
      this.nat.bindSource(slot >> 1, 0, false);
    }
    this.conntrack.confirm(slot);
  }

  /** Whether a packet's connection was known before this packet. */
  isConfirmed(slot: number): boolean {
    return slot >= 0 && (this.conntrack.tuples.status(slot >> 1) & STATUS_CONFIRMED) !== 0;
  }

  /** ip_vs has rewritten a packet's destination: a new entry learns where the answers will come from. */
  expectFromServer(packet: number, slot: number): void {
    if (slot < 0 || this.conntrack.tuples.status(slot >> 1) & STATUS_CONFIRMED) return;
    this.nat.expectFrom(slot >> 1, this.packets.destination[packet]!, this.packets.destinationPort[packet]!);
  }

  /** The packet is lost before the last hook: a new entry goes with it. */
  abandon(slot: number): void {
    this.conntrack.abandon(slot);
  }

  private askDestination(packet: number, slot: number, hook: Hook): boolean {
    this.conntrack.tuples.addStatus(slot >> 1, STATUS_DESTINATION_ASKED);
    if (!this.netfilter.hasTable(TABLE_NAT)) return true;
    this.dnatAddress = 0;
    if (this.netfilter.evaluate(TABLE_NAT, hook, packet, this) !== VERDICT_ACCEPT) return false;
    if (this.dnatAddress !== 0) this.nat.bindDestination(slot >> 1, this.dnatAddress, this.dnatPort);
    return true;
  }

  private askSource(packet: number, slot: number, outAddress: number): boolean {
    this.conntrack.tuples.addStatus(slot >> 1, STATUS_SOURCE_ASKED);
    if (!this.netfilter.hasTable(TABLE_NAT)) return true;
    this.masquerade = 0;
    if (this.netfilter.evaluate(TABLE_NAT, HOOK_POSTROUTING, packet, this) !== VERDICT_ACCEPT) return false;
    this.work.counts[WORK_NAT_BINDING]!++;
    if (this.masquerade !== 0) this.work.counts[WORK_MASQUERADE]!++;
    return this.nat.bindSource(slot >> 1, this.masquerade === 0 ? 0 : outAddress, this.masquerade === 2);
  }

  /** Whether a connection's first packet has not met the nat table yet, at the first or at the last hook. */
  private isUnasked(slot: number, bit: number): boolean {
    return (slot & 1) === 0 && (this.conntrack.tuples.status(slot >> 1) & (bit | STATUS_CONFIRMED)) === 0;
  }
}
