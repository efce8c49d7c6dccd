/**
 * The network stack of one node: the way of a packet from a pod or the wire to a pod or the wire.
 *
 * Mirrors the path that Linux 6.x gives a packet on a flannel node with br_netfilter: PREROUTING, route, then INPUT with ip_vs or FORWARD,
 * and POSTROUTING; over the overlay the outer packet passes OUTPUT and POSTROUTING as well, and on the other side PREROUTING and INPUT.
 * What happens at the hooks stands in `ConnectionHooks`. Left out: raw and mangle tables, fragments, ARP.
 * Cost: no allocation a packet.
 */
import { DropCause, Protocol, type AddressMap, type RouteTable, type Wire } from '../../net/index.js';
import type { PacketProcessor } from '../cpu.js';
import { Hook, Verdict } from '../hook.js';
import { IpvsVerdict, type Ipvs } from '../ipvs/ipvs.js';
import { WorkKind } from '../work.js';
import { AnswerMaker } from './answer-maker.js';
import { ConnectionHooks, Entry, type HookParts } from './connection-hooks.js';
import { Device, Origin } from './observer.js';
import { NOT_LOST, Tunnel } from './tunnel.js';
import { steeringHash } from './steering.js';
import type { Underlay } from './underlay.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { dropped: ENTRY_DROPPED, full: ENTRY_FULL, none: ENTRY_NONE } = Entry;
const {
  bridge: WORK_BRIDGE,
  byteCopied: WORK_BYTE_COPIED,
  route: WORK_ROUTE,
  socketReceive: WORK_SOCKET_RECEIVE,
  socketSend: WORK_SOCKET_SEND,
} = WorkKind;

/** What a node is made of. */
export interface NodeParts extends Omit<HookParts, 'isLocal'> {
  /** Addresses of the uplink, of cni0 and of flannel.1. */
  readonly address: number;
  readonly bridgeAddress: number;
  readonly tunnelAddress: number;
  readonly routes: RouteTable;
  /** All of the node's own addresses, those that ip_vs binds not counted. */
  readonly own: AddressMap;
  readonly cores: number;
  readonly backlogPackets: number;
  /** Largest IP packet in the tunnel and on the uplink, in bytes. */
  readonly tunnelMtu: number;
  readonly uplinkMtu: number;
}

/** Ways out of the node: none, the uplink, or, from 0 on, the host that the packet is delivered to. */
const NOWHERE = -1;
const OVER_UPLINK = -2;

/** One node's stack. */
export class NodeStack implements PacketProcessor {
  /** Address of the uplink. */
  readonly address: number;
  readonly hooks: ConnectionHooks;
  readonly ipvs: Ipvs;
  /** Number of its first core; the others follow. */
  readonly firstCore: number;
  readonly cores: number;

  private readonly underlay: Underlay;
  private readonly parts: NodeParts;
  private readonly answers: AnswerMaker;
  private readonly tunnel: Tunnel;
  private uplink: Wire;
  /** Outcome of the packet in service, by core: the packet and where it goes. */
  private readonly outPacket: Int32Array;
  private readonly outWay: Int32Array;
  private way = NOWHERE;
  private leaving = -1;
  private fromPod = false;

  /** A node without its uplink yet; see `attach`. */
  constructor(underlay: Underlay, parts: NodeParts) {
    this.underlay = underlay;
    this.parts = parts;
    // Until it is attached, whatever leaves is lost.
    this.uplink = { send: (packet) => underlay.drops.drop(packet, DropCause.noRoute) };
    this.address = parts.address;
    this.ipvs = parts.ipvs;
    this.cores = parts.cores;
    this.hooks = new ConnectionHooks(underlay, { ...parts, isLocal: (address) => this.isOwn(address) });
    this.tunnel = new Tunnel(underlay, this.hooks, parts.ipvs, parts.address);
    this.answers = new AnswerMaker(underlay.packets, underlay.simulation);
    this.firstCore = underlay.cores.count;
    for (let i = 0; i < parts.cores; i++) underlay.cores.add(this, parts.backlogPackets);
    this.outPacket = new Int32Array(parts.cores).fill(-1);
    this.outWay = new Int32Array(parts.cores).fill(NOWHERE);
  }

  /** Packets that this node made itself (errors and resets). */
  get originated(): number {
    return this.answers.made;
  }

  /** Gives the node its wire. */
  attach(uplink: Wire): void {
    this.uplink = uplink;
  }

  /** A frame arrives on the uplink: receive-side steering by flow gives it a core. */
  receive(packet: number): void {
    const core = this.firstCore + (steeringHash(this.underlay.packets, packet) % this.cores);
    this.underlay.cores.enqueue(core, packet, Origin.wire);
  }

  /** One of the node's pods sends a packet: it runs on the core of the pod's process. */
  transmit(packet: number, host: number): void {
    this.underlay.cores.enqueue(this.firstCore + this.underlay.hosts.core[host]!, packet, Origin.pod);
  }

  /** See `PacketProcessor`. */
  process(packet: number, origin: number, core: number): number {
    const { packets, work, cost, observer } = this.underlay;
    const first = packets.first[packet]!;
    this.way = NOWHERE;
    this.leaving = -1;
    this.tunnel.rulesCompared = 0;
    this.fromPod = origin === Origin.pod;
    this.hooks.fromPod = this.fromPod;
    packets.mark[packet] = 0;
    if (this.fromPod) {
      work.counts[WORK_SOCKET_SEND]!++;
      work.counts[WORK_BYTE_COPIED]! += packets.length[packet]!;
      this.takeIn(packet);
    } else if (packets.outerDestination[packet] === 0) {
      this.takeIn(packet);
    } else if (this.leaveTunnel(packet)) {
      this.takeIn(packet);
    }
    const ns = cost.packetDuration(work);
    observer.processed(this.leaving, first, ns, this.tunnel.rulesCompared);
    work.clear();
    this.outPacket[core - this.firstCore] = this.leaving;
    this.outWay[core - this.firstCore] = this.way;
    return ns;
  }

  /** See `PacketProcessor`. */
  carries(core: number): boolean {
    return this.outPacket[core - this.firstCore]! >= 0;
  }

  /** See `PacketProcessor`. */
  complete(core: number): void {
    const packet = this.outPacket[core - this.firstCore]!;
    const way = this.outWay[core - this.firstCore]!;
    if (way === OVER_UPLINK) this.uplink.send(packet);
    else if (way >= 0) this.underlay.hostSink.deliver(packet, way);
  }

  /** See `PacketProcessor`. */
  overflow(packet: number): void {
    this.underlay.drops.drop(packet, DropCause.cpuBacklog);
  }

  private isOwn(address: number): boolean {
    return this.parts.own.has(address) || (this.ipvs.active && this.ipvs.isBound(address));
  }

  /** The packet as a pod sent it or as it came off the wire: PREROUTING and the choice between INPUT and FORWARD. */
  private takeIn(packet: number): void {
    const slot = this.hooks.enter(packet, Hook.prerouting);
    if (slot === ENTRY_FULL) this.lose(packet, slot, DropCause.conntrackFull);
    else if (slot === ENTRY_DROPPED) this.lose(packet, slot, DropCause.ruleDrop);
    else if (this.isOwn(this.underlay.packets.destination[packet]!)) this.input(packet, slot);
    else this.forward(packet, slot);
  }

  /** The packet is for an address of this node: INPUT, ip_vs, or a socket that is not there. */
  private input(packet: number, slot: number): void {
    const verdict = this.hooks.filter(packet, Hook.input);
    if (verdict !== Verdict.accept) {
      this.refuse(packet, slot, verdict);
      return;
    }
    const outcome = this.ipvs.active ? this.ipvs.localIn(packet, this.hooks.isConfirmed(slot)) : IpvsVerdict.notOurs;
    if (outcome === IpvsVerdict.forwarded) {
      this.hooks.expectFromServer(packet, slot);
      this.output(packet, slot);
    } else if (outcome === IpvsVerdict.notOurs) {
      this.hooks.stay(slot);
      const isTcp = this.underlay.packets.protocol[packet] === Protocol.tcp;
      this.turnAway(packet, slot, DropCause.noListener, isTcp ? Verdict.reset : Verdict.reject);
    } else if (outcome === IpvsVerdict.refused) {
      this.refuse(packet, slot, Verdict.reject);
    } else {
      this.lose(packet, slot, DropCause.ipvsDrop);
    }
  }

  /** The packet is for somebody else: FORWARD, and the reply side of ip_vs. */
  private forward(packet: number, slot: number): void {
    if (--this.underlay.packets.ttl[packet]! === 0) {
      this.lose(packet, slot, DropCause.ttl);
      return;
    }
    const verdict = this.hooks.filter(packet, Hook.forward);
    if (verdict !== Verdict.accept) {
      this.refuse(packet, slot, verdict);
      return;
    }
    if (this.ipvs.active) this.ipvs.forward(packet);
    this.send(packet, slot);
  }

  /** OUTPUT's filter and on: packets that ip_vs sends on, and the node's own. */
  private output(packet: number, slot: number): void {
    if (this.hooks.filter(packet, Hook.output) === Verdict.accept) this.send(packet, slot);
    else this.lose(packet, slot, DropCause.ruleDrop);
  }

  /** The route, POSTROUTING, and out of a device. */
  private send(packet: number, slot: number): void {
    const { packets, work } = this.underlay;
    const { routes } = this.parts;
    const route = routes.lookup(packets.destination[packet]!);
    const device = route === -1 ? Device.local : routes.device(route);
    if (device === Device.bridge) {
      this.toPod(packet, slot);
    } else if (device === Device.local) {
      this.lose(packet, slot, DropCause.noRoute);
    } else if (packets.length[packet]! > (device === Device.tunnel ? this.parts.tunnelMtu : this.parts.uplinkMtu)) {
      this.lose(packet, slot, DropCause.mtu);
    } else if (!this.hooks.leave(packet, slot, device === Device.tunnel ? this.parts.tunnelAddress : this.address)) {
      this.lose(packet, slot, DropCause.natPortExhausted);
    } else {
      work.counts[WORK_ROUTE]!++;
      const gateway = routes.gateway(route);
      if (device === Device.tunnel) {
        this.enterTunnel(packet, gateway);
      } else {
        packets.nextHop[packet] = gateway === 0 ? packets.destination[packet]! : gateway;
        this.depart(packet, OVER_UPLINK);
      }
    }
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
      work.counts[this.fromPod ? WORK_BRIDGE : WORK_ROUTE]!++;
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
    const cause = this.tunnel.leave(packet);
    if (cause !== NOT_LOST) this.lose(packet, ENTRY_NONE, cause);
    return cause === NOT_LOST;
  }

  private refuse(packet: number, slot: number, verdict: Verdict): void {
    if (verdict === Verdict.drop) this.lose(packet, slot, DropCause.ruleDrop);
    else this.turnAway(packet, slot, DropCause.rejected, verdict);
  }

  /** Loses a packet and tells its sender: OUTPUT, route and POSTROUTING for the answer. */
  private turnAway(packet: number, slot: number, cause: number, verdict: Verdict): void {
    const answer = this.answers.answer(packet, this.address, verdict);
    this.lose(packet, slot, cause);
    if (answer < 0) return;
    const answerSlot = this.hooks.enter(answer, Hook.output);
    if (verdict === Verdict.reject) this.hooks.markRelated();
    this.output(answer, answerSlot);
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
