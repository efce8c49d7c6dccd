/**
 * A load balancer that passes packets on to pods, past every kube-proxy: it writes the pod's address and port in place of its own, and its own
 * in place of the pod's on the way back.
 *
 * So clouds' balancers of layer 4 do it with targets that are pods' addresses and with the client's address kept (AWS NLB, target type `ip`). A new flow goes
 * to the pod that its hash falls on among those that are known; it stays there until it is over, even where the pod is no target any more. Left out: an
 * end for flows that are idle (350 s), and what the balancer itself takes of time. Cost: O(1) a packet, no allocation; memory by conversations at a time.
 */
import { slotOf } from '../../kernel/index.js';
import { Protocol, TcpFlag, type IpAddress, type PacketPool } from '../../net/index.js';
import { grown } from '../../sim/index.js';
import { placeOf, type FlowSpread } from './flow-spread.js';
import type { PodRoutes } from './pod-routes.js';
import type { PodTargets } from './pod-targets.js';

/** Passes packets of all clients on. */
export class PodBalancer implements FlowSpread {
  /** Flows given to a pod so far. */
  begun = 0;
  private readonly packets: PacketPool;
  private readonly targets: PodTargets;
  private readonly routes: PodRoutes;
  // By slot of the conversation that a flow's packets carry, the last flow in it: its handle plus 1, and where it comes from and goes.
  private flow = new Uint32Array(64);
  private client = new Uint32Array(64);
  private clientPort = new Uint16Array(64);
  private vip = new Uint32Array(64);
  private vipPort = new Uint16Array(64);
  private pod = new Uint32Array(64);
  private podPort = new Uint16Array(64);

  /** @param targets what it knows of pods, at the moment of each new flow */
  constructor(packets: PacketPool, targets: PodTargets, routes: PodRoutes) {
    this.packets = packets;
    this.targets = targets;
    this.routes = routes;
  }

  /** See `FlowSpread`: the packet's destination is a pod afterwards; 0, and nothing changed, where there is none. */
  nodeFor(packet: number): IpAddress {
    const { packets } = this;
    const flow = this.flowOf(packet);
    if (flow < 0) return 0;
    packets.destination[packet] = this.pod[flow]!;
    packets.destinationPort[packet] = this.podPort[flow]!;
    return this.routes.nodeOf(this.pod[flow]!);
  }

  /** See `FlowSpread`. */
  cameBack(packet: number): void {
    const { packets } = this;
    const flow = slotOf(packets.flow[packet]!);
    if (!this.isKnown(flow, packet) || packets.destinationPort[packet] !== this.clientPort[flow]) return;
    // What a node says of a packet carries its own address, and the ports of that packet.
    if (packets.protocol[packet] !== Protocol.icmp) {
      if (packets.source[packet] !== this.pod[flow]) return;
      packets.source[packet] = this.vip[flow]!;
    }
    if (packets.sourcePort[packet] === this.podPort[flow]) packets.sourcePort[packet] = this.vipPort[flow]!;
  }

  /** The packet's flow, a new one if need be; -1 without a pod. */
  private flowOf(packet: number): number {
    const { packets } = this;
    const flow = slotOf(packets.flow[packet]!);
    if (flow >= this.flow.length) this.growTo(flow);
    if (this.isKnown(flow, packet) && this.isSame(flow, packet)) return flow;
    const isOpening = packets.protocol[packet] !== Protocol.tcp || (packets.flags[packet]! & TcpFlag.syn) !== 0;
    return isOpening ? this.begin(packet, flow) : -1;
  }

  private begin(packet: number, flow: number): number {
    const { packets } = this;
    const vip = packets.destination[packet]!;
    const port = packets.destinationPort[packet]!;
    const { addresses, ports } = this.targets.pool(packets.protocol[packet]!, vip, port);
    if (addresses.length === 0) return -1;
    const place = placeOf(packets, packet, addresses.length);
    this.flow[flow] = packets.flow[packet]! + 1;
    this.client[flow] = packets.source[packet]!;
    this.clientPort[flow] = packets.sourcePort[packet]!;
    this.vip[flow] = vip;
    this.vipPort[flow] = port;
    this.pod[flow] = addresses[place]!;
    this.podPort[flow] = ports[place]!;
    this.begun++;
    return flow;
  }

  /** Whether the flow in a slot is that of a packet's conversation. */
  private isKnown(flow: number, packet: number): boolean {
    return this.flow[flow] === this.packets.flow[packet]! + 1;
  }

  /** Whether a packet has the addresses and ports of a flow. */
  private isSame(flow: number, packet: number): boolean {
    const { source, sourcePort, destination, destinationPort } = this.packets;
    return (
      this.client[flow] === source[packet] &&
      this.clientPort[flow] === sourcePort[packet] &&
      this.vip[flow] === destination[packet] &&
      this.vipPort[flow] === destinationPort[packet]
    );
  }

  /** Columns double until they have room for a flow. */
  private growTo(flow: number): void {
    let { length } = this.flow;
    while (length <= flow) length *= 2;
    this.flow = grown(this.flow, length);
    this.client = grown(this.client, length);
    this.clientPort = grown(this.clientPort, length);
    this.vip = grown(this.vip, length);
    this.vipPort = grown(this.vipPort, length);
    this.pod = grown(this.pod, length);
    this.podPort = grown(this.podPort, length);
  }
}
