/**
 * One family's way through a node: from a pod, the wire or one of the node's own processes to a pod, the wire or one of them.
 *
 * Mirrors the path that Linux 6.x gives a packet on a flannel node with br_netfilter. Forwarded: PREROUTING, route, FORWARD, POSTROUTING.
 * For the node: PREROUTING, INPUT, ip_vs, the socket. The node's own: OUTPUT, ip_vs, route once more, POSTROUTING; to itself it
 * comes back over loopback and passes PREROUTING and INPUT with the connection that it has. What happens at the hooks stands in `ConnectionHooks`.
 * Left out: raw and mangle tables, fragments, neighbour discovery. Cost: no allocation a packet.
 */
import { DropCause, Protocol, type IpAddress } from '../../net/index.js';
import { Hook, Verdict } from '../hook.js';
import { IpvsVerdict, type Ipvs } from '../ipvs/ipvs.js';
import { WorkKind } from '../work.js';
import type { AnswerMaker } from './answer-maker.js';
import { ConnectionHooks, Entry, type HookParts } from './connection-hooks.js';
import { ErrorWay } from './icmp-limits.js';
import { Device, Origin } from './observer.js';
import { OwnAddresses, type AddressParts } from './own-addresses.js';
import { NOT_LOST, Tunnel } from './tunnel.js';
import type { Underlay } from './underlay.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { dropped: ENTRY_DROPPED, full: ENTRY_FULL, none: ENTRY_NONE, rejected: ENTRY_REJECTED } = Entry;
const { accept: VERDICT_ACCEPT, drop: VERDICT_DROP, reject: VERDICT_REJECT, reset: VERDICT_RESET } = Verdict;
const { node: FROM_NODE, pod: FROM_POD } = Origin;
const { bridge: TO_BRIDGE, local: TO_LOCAL, tunnel: TO_TUNNEL } = Device;
const {
  bridge: WORK_BRIDGE,
  byteCopied: WORK_BYTE_COPIED,
  route: WORK_ROUTE,
  socketReceive: WORK_SOCKET_RECEIVE,
  socketSend: WORK_SOCKET_SEND,
} = WorkKind;

/** Ways out of the node: none, the uplink, or, from 0 on, the host that the packet is delivered to. */
export const Way = { none: -1, uplink: -2 } as const;
const { uplink: OVER_UPLINK } = Way;

/** What a node has of one family. */
export interface FamilyParts extends AddressParts, Pick<HookParts, 'netfilter' | 'nftables' | 'nftablesFirst'> {
  /** Largest IP packet in the tunnel and on the uplink, in bytes. */
  readonly tunnelMtu: number;
  readonly uplinkMtu: number;
}

/** One family's way through one node. */
export class IpPath {
  readonly hooks: ConnectionHooks;
  readonly ipvs: Ipvs;
  readonly parts: FamilyParts;
  /** Where the packet at hand goes: a `Way` or a host, and which packet that is; -1 when nothing leaves. */
  way: number = Way.none;
  leaving = -1;
  readonly tunnel: Tunnel;
  readonly addresses: OwnAddresses;
  private readonly underlay: Underlay;
  private readonly answers: AnswerMaker;
  /** The host that stands for the node's own processes; -1 for none. */
  private readonly host: number;
  private origin: number = FROM_POD;
  private errorWay: ErrorWay = ErrorWay.out;

  /**
   * @param underlay what all nodes share
   * @param parts what the node has of this family
   * @param shared what the node has for both
   */
  constructor(
    underlay: Underlay,
    parts: FamilyParts,
    shared: Pick<HookParts, 'conntrack' | 'nat' | 'picks'> & { readonly answers: AnswerMaker; readonly host: number },
  ) {
    this.underlay = underlay;
    this.parts = parts;
    this.ipvs = parts.ipvs;
    this.answers = shared.answers;
    this.host = shared.host;
    this.addresses = new OwnAddresses(parts);
    const isLocal = (address: IpAddress): boolean => this.addresses.has(address);
    this.hooks = new ConnectionHooks(underlay, { ...parts, ...shared, isLocal });
    this.tunnel = new Tunnel(underlay, this.hooks, parts.ipvs, parts.address);
  }

  /** Takes a packet through the node; `leaving` and `way` say what came of it. */
  take(packet: number, origin: number): void {
    const { packets, work } = this.underlay;
    this.way = Way.none;
    this.leaving = -1;
    this.tunnel.rulesCompared = 0;
    this.origin = origin;
    this.errorWay = origin === FROM_NODE ? ErrorWay.own : ErrorWay.out;
    this.hooks.fromPod = origin === FROM_POD;
    packets.mark[packet] = 0;
    if (origin !== Origin.wire) {
      work.counts[WORK_SOCKET_SEND]!++;
      work.counts[WORK_BYTE_COPIED]! += packets.length[packet]!;
    }
    if (origin === FROM_NODE) {
      this.takeOwn(packet);
    } else if (packets.outerDestination[packet] === 0) {
      this.takeIn(packet, origin === FROM_POD ? this.parts.bridgeAddress : this.parts.address);
    } else if (this.leaveTunnel(packet)) {
      this.takeIn(packet, this.parts.tunnelAddress);
    }
  }

  /** The packet as a pod sent it or as it came off the wire: PREROUTING and the choice between INPUT and FORWARD. */
  private takeIn(packet: number, inAddress: IpAddress): void {
    this.hooks.inAddress = inAddress;
    const slot = this.hooks.enter(packet, Hook.prerouting);
    if (slot <= ENTRY_DROPPED || slot === ENTRY_FULL) this.turnedAwayAt(packet, slot);
    else if (this.addresses.has(this.underlay.packets.destination[packet]!)) this.input(packet, slot, true);
    else this.forward(packet, slot);
  }

  /** A packet of the node's own processes: OUTPUT, and ip_vs (LOCAL_OUT, -99 and -98). */
  private takeOwn(packet: number): void {
    this.hooks.inAddress = this.parts.loopbackAddress;
    let slot = this.hooks.enter(packet, Hook.output);
    if (slot <= ENTRY_DROPPED || slot === ENTRY_FULL) {
      this.turnedAwayAt(packet, slot);
      return;
    }
    if (this.ipvs.active) {
      const outcome = this.ipvs.localOut(packet, this.hooks.isConfirmed(slot));
      if (outcome !== IpvsVerdict.forwarded && outcome !== IpvsVerdict.notOurs) {
        this.refusedByIpvs(packet, slot, outcome);
        return;
      }
      slot = this.hooks.followIpvs(packet, slot, this.ipvs.flowUse);
    }
    this.output(packet, slot);
  }

  private turnedAwayAt(packet: number, slot: number): void {
    if (slot === ENTRY_FULL) this.lose(packet, slot, DropCause.conntrackFull);
    else if (slot === ENTRY_REJECTED) this.turnAway(packet, ENTRY_NONE, DropCause.rejected, VERDICT_REJECT);
    else this.lose(packet, slot, DropCause.ruleDrop);
  }

  /** The packet is for an address of this node: INPUT, ip_vs, and a socket, or none. */
  private input(packet: number, slot: number, withIpvs: boolean): void {
    const verdict = this.hooks.filter(packet, Hook.input);
    if (verdict !== VERDICT_ACCEPT) {
      this.refuse(packet, slot, verdict);
      return;
    }
    if (!withIpvs || !this.ipvs.active) {
      this.toSocket(packet, slot);
      return;
    }
    const outcome = this.ipvs.localIn(packet, this.hooks.isConfirmed(slot));
    if (outcome !== IpvsVerdict.forwarded && outcome !== IpvsVerdict.notOurs) {
      this.refusedByIpvs(packet, slot, outcome);
      return;
    }
    const followed = this.hooks.followIpvs(packet, slot, this.ipvs.flowUse);
    // A server on this very node: the packet goes on where it is.
    const stays = outcome === IpvsVerdict.notOurs || this.addresses.has(this.underlay.packets.destination[packet]!);
    if (stays) this.toSocket(packet, followed);
    else this.output(packet, followed);
  }

  private refusedByIpvs(packet: number, slot: number, outcome: IpvsVerdict): void {
    if (outcome === IpvsVerdict.refused) this.refuse(packet, slot, VERDICT_REJECT);
    else this.lose(packet, slot, DropCause.ipvsDrop);
  }

  /** The end of INPUT: one of the node's own sockets, or the answer that there is none. */
  private toSocket(packet: number, slot: number): void {
    const { packets, work, hostSink } = this.underlay;
    this.hooks.stay(packet, slot);
    if (this.host >= 0 && hostSink.wants(packet, this.host)) {
      work.counts[WORK_SOCKET_RECEIVE]!++;
      work.counts[WORK_BYTE_COPIED]! += packets.length[packet]!;
      this.depart(packet, this.host);
      return;
    }
    const isDatagram = packets.protocol[packet] === Protocol.udp;
    this.turnAway(packet, slot, DropCause.noListener, isDatagram ? VERDICT_REJECT : VERDICT_RESET);
  }

  /** The packet is for somebody else: FORWARD, and the reply side of ip_vs. */
  private forward(packet: number, slot: number): void {
    if (--this.underlay.packets.ttl[packet]! === 0) {
      this.lose(packet, slot, DropCause.ttl);
      return;
    }
    const verdict = this.hooks.filter(packet, Hook.forward);
    if (verdict !== VERDICT_ACCEPT) {
      this.refuse(packet, slot, verdict);
      return;
    }
    const isAnswer = this.ipvs.active && this.ipvs.forward(packet);
    this.send(packet, isAnswer ? this.hooks.followIpvs(packet, slot, this.ipvs.flowUse) : slot);
  }

  /** OUTPUT's filter and on: packets that ip_vs sends on, and the node's own. */
  private output(packet: number, slot: number): void {
    const verdict = this.hooks.filter(packet, Hook.output);
    if (verdict !== VERDICT_ACCEPT) this.refuse(packet, slot, verdict);
    else if (this.addresses.has(this.underlay.packets.destination[packet]!)) this.comeBack(packet, slot);
    else this.send(packet, slot);
  }

  /** The route to somebody else, POSTROUTING, and out of a device. */
  private send(packet: number, slot: number): void {
    const { packets, work } = this.underlay;
    const { routes, tunnelMtu, uplinkMtu, tunnelAddress, address } = this.parts;
    const route = routes.lookup(packets.destination[packet]!);
    const device = route === -1 ? TO_LOCAL : routes.device(route);
    if (device === TO_BRIDGE) {
      this.toPod(packet, slot);
    } else if (device === TO_LOCAL) {
      this.lose(packet, slot, DropCause.noRoute);
    } else if (packets.length[packet]! > (device === TO_TUNNEL ? tunnelMtu : uplinkMtu)) {
      this.lose(packet, slot, DropCause.mtu);
    } else if (!this.hooks.leave(packet, slot, device === TO_TUNNEL ? tunnelAddress : address)) {
      this.lose(packet, slot, DropCause.natPortExhausted);
    } else {
      work.counts[WORK_ROUTE]!++;
      const gateway = routes.gateway(route);
      if (device === TO_TUNNEL) {
        this.enterTunnel(packet, gateway);
      } else {
        packets.nextHop[packet] = gateway === 0 ? packets.destination[packet]! : gateway;
        this.depart(packet, OVER_UPLINK);
      }
    }
  }

  /** Over loopback, which has no address that MASQUERADE would take: it takes the node's (inet_select_addr). */
  private comeBack(packet: number, slot: number): void {
    this.errorWay = ErrorWay.loopback;
    this.underlay.work.counts[WORK_ROUTE]!++;
    if (!this.hooks.leave(packet, slot, this.parts.address)) this.lose(packet, slot, DropCause.natPortExhausted);
    else if (!this.hooks.passLoopback(packet)) this.lose(packet, slot, DropCause.ruleDrop);
    else this.input(packet, slot, false);
  }

  /** To the bridge; only behind POSTROUTING, when the connection stands confirmed, does a neighbour turn out to be gone. */
  private toPod(packet: number, slot: number): void {
    const { packets, work, podAt, hosts } = this.underlay;
    const host = podAt.get(packets.destination[packet]!);
    if (!this.hooks.leave(packet, slot, this.parts.bridgeAddress)) {
      this.lose(packet, slot, DropCause.natPortExhausted);
    } else if (host < 0 || hosts.alive[host] === 0) {
      this.lose(packet, ENTRY_NONE, DropCause.noRoute);
    } else {
      work.counts[this.origin === FROM_POD ? WORK_BRIDGE : WORK_ROUTE]!++;
      work.counts[WORK_SOCKET_RECEIVE]!++;
      work.counts[WORK_BYTE_COPIED]! += packets.length[packet]!;
      this.depart(packet, host);
    }
  }

  /** Into the tunnel and on to the wire. */
  private enterTunnel(packet: number, gateway: number): void {
    const cause = this.tunnel.enter(packet, gateway);
    if (cause === NOT_LOST) this.depart(packet, OVER_UPLINK);
    else this.lose(packet, ENTRY_NONE, cause);
  }

  /** Out of the tunnel; false when the packet is lost. */
  private leaveTunnel(packet: number): boolean {
    this.hooks.inAddress = this.parts.address;
    const cause = this.tunnel.leave(packet);
    if (cause !== NOT_LOST) this.lose(packet, ENTRY_NONE, cause);
    return cause === NOT_LOST;
  }

  private refuse(packet: number, slot: number, verdict: Verdict): void {
    if (verdict === VERDICT_DROP) this.lose(packet, slot, DropCause.ruleDrop);
    else this.turnAway(packet, slot, DropCause.rejected, verdict);
  }

  /** Loses a packet and tells its sender: OUTPUT, route and POSTROUTING for the answer. */
  private turnAway(packet: number, slot: number, cause: number, verdict: Verdict): void {
    const { source, destination } = this.underlay.packets;
    const address = this.addresses.errorSource(source[packet]!, destination[packet]!);
    const answer = this.answers.answer(packet, address, verdict, this.errorWay);
    this.lose(packet, slot, cause);
    if (answer < 0) return;
    const answerSlot = this.hooks.enter(answer, Hook.output);
    if (verdict === VERDICT_REJECT) this.hooks.markRelated();
    if (answerSlot <= ENTRY_DROPPED) this.lose(answer, answerSlot, DropCause.ruleDrop);
    else this.output(answer, answerSlot);
  }

  private depart(packet: number, way: number): void {
    this.leaving = packet;
    this.way = way;
  }

  private lose(packet: number, slot: number, cause: number): void {
    this.hooks.abandon(slot);
    this.underlay.drops.drop(packet, cause);
  }
}
