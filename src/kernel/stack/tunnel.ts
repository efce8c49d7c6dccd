/**
 * A node's end of the VXLAN tunnel: puts packets in and takes them out, and leads the outer packet through the hooks.
 *
 * The outer packet is the node's own, UDP from uplink to uplink: it passes OUTPUT and POSTROUTING on its way out, PREROUTING and INPUT
 * on its way in, with a conntrack entry of its own (one a flow hash and direction, never answered). ip_vs, where there is one, looks at
 * it behind INPUT (priorities 98 and 99 of LOCAL_IN) and before OUTPUT's filter (-99 and -98 of LOCAL_OUT).
 */
import { DropCause, Protocol, VXLAN_PORT, type IpAddress } from '../../net/index.js';
import { Hook, Verdict } from '../hook.js';
import type { Ipvs } from '../ipvs/ipvs.js';
import { WorkKind } from '../work.js';
import { Entry, type ConnectionHooks } from './connection-hooks.js';
import type { Underlay } from './underlay.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const {
  conntrackFull: CAUSE_CONNTRACK_FULL,
  natPortExhausted: CAUSE_NAT_PORT_EXHAUSTED,
  noRoute: CAUSE_NO_ROUTE,
  ruleDrop: CAUSE_RULE_DROP,
} = DropCause;
const { dropped: ENTRY_DROPPED, full: ENTRY_FULL } = Entry;
const { input: HOOK_INPUT, output: HOOK_OUTPUT, prerouting: HOOK_PREROUTING } = Hook;
const { udp: PROTOCOL_UDP } = Protocol;
const { accept: VERDICT_ACCEPT } = Verdict;
const {
  decapsulate: WORK_DECAPSULATE,
  encapsulate: WORK_ENCAPSULATE,
  nftRule: WORK_NFT_RULE,
  rule: WORK_RULE,
} = WorkKind;

/** What `enter` and `leave` answer when the packet goes on. */
export const NOT_LOST = -1;

/** One node's end of the tunnel. */
export class Tunnel {
  /** Rules compared with outer packets since the stack last set this to zero. */
  rulesCompared = 0;
  private readonly underlay: Underlay;
  private readonly hooks: ConnectionHooks;
  private readonly ipvs: Ipvs;
  private readonly address: IpAddress;

  /**
   * @param underlay packets, mesh and tally
   * @param hooks the node's hooks
   * @param ipvs the node's ip_vs
   * @param address the node's uplink address
   */
  constructor(underlay: Underlay, hooks: ConnectionHooks, ipvs: Ipvs, address: IpAddress) {
    this.underlay = underlay;
    this.hooks = hooks;
    this.ipvs = ipvs;
    this.address = address;
  }

  /**
   * Puts a packet in.
   * @param packet the packet
   * @param gateway tunnel address of the peer
   * @returns `NOT_LOST`, or the cause of its loss; giving it up is the caller's business
   */
  enter(packet: number, gateway: IpAddress): number {
    const { mesh, work } = this.underlay;
    if (!mesh.encapsulate(packet, gateway, this.address)) return CAUSE_NO_ROUTE;
    work.counts[WORK_ENCAPSULATE]!++;
    if (!this.hooks.tracking) return NOT_LOST;
    const before = this.rulesSoFar();
    const cause = this.passOut(this.outerRow(packet));
    this.rulesCompared += this.rulesSoFar() - before;
    return cause;
  }

  /** Takes a packet out; answers as `enter` does. */
  leave(packet: number): number {
    const { packets, mesh, work } = this.underlay;
    if (packets.outerDestination[packet] !== this.address) return CAUSE_NO_ROUTE;
    if (this.hooks.tracking) {
      const before = this.rulesSoFar();
      const cause = this.passIn(this.outerRow(packet));
      this.rulesCompared += this.rulesSoFar() - before;
      if (cause !== NOT_LOST) return cause;
    }
    mesh.decapsulate(packet);
    work.counts[WORK_DECAPSULATE]!++;
    return NOT_LOST;
  }

  private rulesSoFar(): number {
    const { counts } = this.underlay.work;
    return counts[WORK_RULE]! + counts[WORK_NFT_RULE]!;
  }

  private passOut(outer: number): number {
    const slot = this.hooks.enter(outer, HOOK_OUTPUT);
    if (slot === ENTRY_FULL) return CAUSE_CONNTRACK_FULL;
    if (slot <= ENTRY_DROPPED) return CAUSE_RULE_DROP;
    this.ipvs.passOuter(outer);
    if (this.hooks.filter(outer, HOOK_OUTPUT) !== VERDICT_ACCEPT) return this.giveUp(slot, CAUSE_RULE_DROP);
    if (!this.hooks.leave(outer, slot, this.address)) return this.giveUp(slot, CAUSE_NAT_PORT_EXHAUSTED);
    return NOT_LOST;
  }

  private passIn(outer: number): number {
    const slot = this.hooks.enter(outer, HOOK_PREROUTING);
    if (slot === ENTRY_FULL) return CAUSE_CONNTRACK_FULL;
    if (slot <= ENTRY_DROPPED) return CAUSE_RULE_DROP;
    if (this.hooks.filter(outer, HOOK_INPUT) !== VERDICT_ACCEPT) return this.giveUp(slot, CAUSE_RULE_DROP);
    this.ipvs.passOuter(outer);
    this.hooks.stay(outer, slot);
    return NOT_LOST;
  }

  private giveUp(slot: number, cause: number): number {
    this.hooks.abandon(slot);
    return cause;
  }

  /** The row that stands for the outer packet while it meets the hooks. */
  private outerRow(packet: number): number {
    const { packets, outer } = this.underlay;
    packets.source[outer] = packets.outerSource[packet]!;
    packets.destination[outer] = packets.outerDestination[packet]!;
    packets.sourcePort[outer] = packets.outerSourcePort[packet]!;
    packets.destinationPort[outer] = VXLAN_PORT;
    packets.protocol[outer] = PROTOCOL_UDP;
    packets.mark[outer] = 0;
    return outer;
  }
}
