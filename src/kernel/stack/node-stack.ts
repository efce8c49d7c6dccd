/**
 * The network stack of one node: its cores, and for each packet that they take up the way of its family.
 *
 * Mirrors Linux 6.x on a flannel node: conntrack is one table for both families, hooks, rules, routes and tunnel are each family's own
 * (`IpPath`). Where a packet goes is decided when its core takes it up; it leaves when the core is done with it. Cost: no allocation a packet.
 */
import { DropCause, isIpv6, type IpAddress, type Wire } from '../../net/index.js';
import type { RandomStream } from '../../sim/index.js';
import { Conntrack } from '../conntrack/conntrack.js';
import { Nat } from '../conntrack/nat.js';
import type { ConntrackSettings } from '../conntrack/settings.js';
import type { PacketProcessor } from '../cpu.js';
import { AnswerMaker } from './answer-maker.js';
import type { DrawSource } from './connection-hooks.js';
import type { IcmpLimits } from './icmp-limits.js';
import { IpPath, Way, type FamilyParts } from './ip-path.js';
import { WorkKind } from '../work.js';
import { Origin } from './observer.js';
import { steeringHash } from './steering.js';
import type { Underlay } from './underlay.js';

const { none: NOWHERE, uplink: OVER_UPLINK } = Way;
const { relayByte: WORK_RELAY_BYTE, relayWake: WORK_RELAY_WAKE } = WorkKind;

/** What a node is made of. */
export interface NodeParts {
  /** What it has of each family; null for a family that the cluster does without. */
  readonly ipv4: FamilyParts | null;
  readonly ipv6: FamilyParts | null;
  /** The host that stands for its own processes among the run's hosts; -1 for none: nobody listens on the node. */
  readonly host: number;
  readonly conntrack: ConntrackSettings;
  /** Draws for `statistic` and `numgen`, and for ports. */
  readonly picks: DrawSource;
  readonly ports: RandomStream;
  readonly cores: number;
  readonly backlogPackets: number;
  /** Rate limits on the errors that it sends, of both families. */
  readonly icmpLimits: IcmpLimits;
}

/** One node's stack. */
export class NodeStack implements PacketProcessor {
  /** Connections of both families. */
  readonly conntrack: Conntrack;
  readonly ipv4: IpPath | null;
  readonly ipv6: IpPath | null;
  /** Number of its first core; the others follow. */
  readonly firstCore: number;
  readonly cores: number;

  private readonly underlay: Underlay;
  private readonly answers: AnswerMaker;
  private uplink: Wire;
  /** Outcome of the packet in service, by core: the packet and where it goes. */
  private readonly outPacket: Int32Array;
  private readonly outWay: Int32Array;

  /** A node without its uplink yet; see `attach`. */
  constructor(underlay: Underlay, parts: NodeParts) {
    this.underlay = underlay;
    // Until it is attached, whatever leaves is lost.
    this.uplink = { send: (packet) => underlay.drops.drop(packet, DropCause.noRoute) };
    this.cores = parts.cores;
    this.conntrack = new Conntrack({ ...underlay, settings: parts.conntrack });
    this.answers = new AnswerMaker(underlay.packets, underlay.simulation, parts.icmpLimits);
    const shared = {
      conntrack: this.conntrack,
      nat: new Nat(this.conntrack, underlay.packets, underlay.work, parts.ports),
      picks: parts.picks,
      answers: this.answers,
      host: parts.host,
    };
    this.ipv4 = parts.ipv4 === null ? null : new IpPath(underlay, parts.ipv4, shared);
    this.ipv6 = parts.ipv6 === null ? null : new IpPath(underlay, parts.ipv6, shared);
    this.firstCore = underlay.cores.count;
    for (let i = 0; i < parts.cores; i++) underlay.cores.add(this, parts.backlogPackets);
    this.outPacket = new Int32Array(parts.cores).fill(-1);
    this.outWay = new Int32Array(parts.cores).fill(NOWHERE);
  }

  /** Packets that this node's kernel made itself (errors and resets). */
  get originated(): number {
    return this.answers.made;
  }

  /** The ways of the families that the node has. */
  get paths(): readonly IpPath[] {
    return [this.ipv4, this.ipv6].filter((path) => path !== null);
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

  /** A pod of the node, or a process of the node itself, sends a packet: it runs on the core of that process. */
  transmit(packet: number, host: number): void {
    const { cores, hosts, packets } = this.underlay;
    const isOwn = hosts.isNode[host] === 1;
    // The node's own processes have threads on every core; a conversation stays on one, so that its packets keep their order.
    const place = isOwn ? (packets.flow[packet]! & 0xffff) % this.cores : hosts.core[host]!;
    cores.enqueue(this.firstCore + place, packet, isOwn ? Origin.node : Origin.pod);
  }

  /** The address that a process of the node sends from, if it binds none; 0 in a family that the node does not have. */
  sourceFor(destination: IpAddress): IpAddress {
    const path = isIpv6(destination) ? this.ipv6 : this.ipv4;
    return path === null ? 0 : path.addresses.sourceFor(destination);
  }

  /** See `PacketProcessor`. */
  process(packet: number, origin: number, core: number): number {
    const { packets, work, cost, observer } = this.underlay;
    const place = core - this.firstCore;
    const path = isIpv6(packets.destination[packet]!) ? this.ipv6 : this.ipv4;
    if (path === null) {
      this.underlay.drops.drop(packet, DropCause.noRoute);
      this.outPacket[place] = -1;
      this.outWay[place] = NOWHERE;
      return 0;
    }
    const first = packets.first[packet]!;
    if (origin !== Origin.wire) {
      work.counts[WORK_RELAY_WAKE]! += packets.relayWakes[packet]!;
      work.counts[WORK_RELAY_BYTE]! += packets.relayBytes[packet]!;
    }
    path.take(packet, origin);
    const ns = cost.packetDuration(work);
    observer.processed(path.leaving, first, ns, path.tunnel.rulesCompared);
    work.clear();
    this.outPacket[place] = path.leaving;
    this.outWay[place] = path.way;
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
}
