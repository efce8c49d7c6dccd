/**
 * A node's end of the VXLAN tunnel: puts packets in and takes them out, and leads the outer packet through the hooks.
 *
 * The outer packet is the node's own, UDP from uplink to uplink: it passes OUTPUT and POSTROUTING on its way out, PREROUTING and INPUT
 * on its way in, with a conntrack entry of its own (one a flow hash and direction, never answered).
 */
import { DropCause, Protocol, VXLAN_PORT } from '../../net/index.js';
import { Hook, Verdict } from '../hook.js';
import { WorkKind } from '../work.js';
import { Entry, type ConnectionHooks } from './connection-hooks.js';
import type { Underlay } from './underlay.js';

/** What `enter` and `leave` answer when the packet goes on. */
export const NOT_LOST = -1;

/** One node's end of the tunnel. */
export class Tunnel {
  /** Rules compared with outer packets since the stack last set this to zero. */
  rulesCompared = 0;
  private readonly underlay: Underlay;
  private readonly hooks: ConnectionHooks;
  private readonly address: number;

  /**
   * @param underlay packets, mesh and tally
   * @param hooks the node's hooks
   * @param address the node's uplink address
   */
  constructor(underlay: Underlay, hooks: ConnectionHooks, address: number) {
    this.underlay = underlay;
    this.hooks = hooks;
    this.address = address;
  }

  /**
   * Puts a packet in.
   * @param packet the packet
   * @param gateway tunnel address of the peer
   * @returns `NOT_LOST`, or the cause of its loss; giving it up is the caller's business
   */
  enter(packet: number, gateway: number): number {
    const { mesh, work } = this.underlay;
    if (!mesh.encapsulate(packet, gateway, this.address)) return DropCause.noRoute;
    work.counts[WorkKind.encapsulate]!++;
    if (!this.hooks.tracking) return NOT_LOST;
    const before = work.counts[WorkKind.rule]!;
    const cause = this.passOut(this.outerRow(packet));
    this.rulesCompared += work.counts[WorkKind.rule]! - before;
    return cause;
  }

  /** Takes a packet out; answers as `enter` does. */
  leave(packet: number): number {
    const { packets, mesh, work } = this.underlay;
    if (packets.outerDestination[packet] !== this.address) return DropCause.noRoute;
    if (this.hooks.tracking) {
      const before = work.counts[WorkKind.rule]!;
      const cause = this.passIn(this.outerRow(packet));
      this.rulesCompared += work.counts[WorkKind.rule]! - before;
      if (cause !== NOT_LOST) return cause;
    }
    mesh.decapsulate(packet);
    work.counts[WorkKind.decapsulate]!++;
    return NOT_LOST;
  }

  private passOut(outer: number): number {
    const slot = this.hooks.enter(outer, Hook.output);
    if (slot === Entry.full) return DropCause.conntrackFull;
    if (slot === Entry.dropped) return DropCause.ruleDrop;
    if (this.hooks.filter(outer, Hook.output) !== Verdict.accept) return this.giveUp(slot, DropCause.ruleDrop);
    if (!this.hooks.leave(outer, slot, this.address)) return this.giveUp(slot, DropCause.natPortExhausted);
    return NOT_LOST;
  }

  private passIn(outer: number): number {
    const slot = this.hooks.enter(outer, Hook.prerouting);
    if (slot === Entry.full) return DropCause.conntrackFull;
    if (slot === Entry.dropped) return DropCause.ruleDrop;
    if (this.hooks.filter(outer, Hook.input) !== Verdict.accept) return this.giveUp(slot, DropCause.ruleDrop);
    this.hooks.stay(slot);
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
    packets.protocol[outer] = Protocol.udp;
    packets.mark[outer] = 0;
    return outer;
  }
}
