/**
 * The foundation of a run: clock, chance, packets, wires, cores and sockets, joined but without nodes or cluster.
 *
 * Everything that all nodes share is made here once; benches and tests build their small worlds on it as well.
 */
import {
  Cores,
  CostModel,
  Hosts,
  Transport,
  Work,
  type CostProfile,
  type NodeStack,
  type PacketOutput,
  type Underlay,
} from '../kernel/index.js';
import { AddressMap, Links, PacketPool, Switch, VxlanMesh, type Link } from '../net/index.js';
import { RandomStreams, Simulation, TimerWheels, invariant } from '../sim/index.js';
import { DropCounter } from './drop-counter.js';
import { Probes } from './probes.js';
import { SocketBridge } from './socket-bridge.js';

/** A machine outside of the cluster: its wire, and the node through which it reaches the cluster. */
interface Outsider {
  readonly link: Link;
  readonly entry: number;
}

/** Everything below the cluster. */
export class Foundation implements PacketOutput {
  readonly simulation = new Simulation();
  readonly streams: RandomStreams;
  readonly packets = new PacketPool();
  readonly drops: DropCounter;
  readonly links: Links;
  readonly switch: Switch;
  readonly wheels: TimerWheels;
  readonly hosts = new Hosts();
  readonly probes: Probes;
  readonly bridge: SocketBridge;
  readonly transport: Transport;
  readonly underlay: Underlay;
  /** Stacks of the nodes, by index; the caller adds them. */
  readonly nodes: NodeStack[] = [];
  private readonly outsiders = new Map<number, Outsider>();
  /** Pods added so far, by node. */
  private readonly podsAdded: number[] = [];

  /**
   * @param options seed, prices, and the measured time in nanoseconds
   */
  constructor(options: {
    readonly seed: string;
    readonly profile: CostProfile;
    readonly fromNs: number;
    readonly untilNs: number;
  }) {
    const { simulation, packets, hosts } = this;
    const work = new Work();
    this.streams = new RandomStreams(options.seed);
    this.drops = new DropCounter(packets);
    this.links = new Links(simulation, packets, this.drops);
    this.switch = new Switch(packets, this.drops);
    this.wheels = new TimerWheels(simulation, 'timer-tick');
    this.probes = new Probes({ simulation, packets, work }, options.fromNs, options.untilNs);
    this.bridge = new SocketBridge(hosts);
    this.transport = new Transport({
      simulation,
      wheels: this.wheels,
      packets,
      hosts,
      output: this,
      clients: this.bridge,
      servers: this.bridge,
      observer: this.probes,
    });
    this.underlay = {
      simulation,
      wheels: this.wheels,
      packets,
      work,
      cost: new CostModel(options.profile),
      cores: new Cores(simulation),
      mesh: new VxlanMesh(packets),
      hosts,
      podAt: new AddressMap(),
      drops: this.drops,
      hostSink: this.bridge,
      observer: this.probes,
      outer: packets.take(0),
    };
  }

  /** Adds a pod of a node; each node deals its pods out over its cores. */
  addPod(address: number, node: number): number {
    const added = this.podsAdded[node] ?? 0;
    this.podsAdded[node] = added + 1;
    const core = added % this.nodes[node]!.cores;
    const host = this.hosts.add({ address, node, core });
    this.underlay.podAt.set(address, host);
    return host;
  }

  /** A pod is gone. */
  removePod(host: number): void {
    this.hosts.remove(host);
    // Another pod may have the address already.
    const address = this.hosts.address[host]!;
    if (this.underlay.podAt.get(address) === host) this.underlay.podAt.delete(address);
  }

  /**
   * Adds a machine outside of the cluster.
   * @param address its address
   * @param link the wire that it sends on
   * @param entry address of the node that all its packets go to first: the one whose node port it dials
   */
  addOutsider(address: number, link: Link, entry: number): number {
    const host = this.hosts.add({ address, node: -1, core: -1 });
    this.outsiders.set(host, { link, entry });
    return host;
  }

  /** See `PacketOutput`. */
  transmit(packet: number, host: number): void {
    const node = this.hosts.node[host]!;
    if (node >= 0) {
      this.nodes[node]!.transmit(packet, host);
      return;
    }
    const outsider = this.outsiders.get(host);
    invariant(outsider !== undefined, 'host-has-wire', () => `host ${host} is on no node and has no wire`);
    this.packets.nextHop[packet] = outsider.entry;
    outsider.link.send(packet);
  }

  /**
   * Checks that every packet is accounted for: sent = delivered + dropped + in flight.
   * @throws InvariantError when one is not
   */
  checkConservation(): void {
    this.links.check();
    const sent = this.transport.segments.sent + this.nodes.reduce((sum, node) => sum + node.originated, 0);
    const inFlight = this.packets.inUse - 1; // the row of the outer header is taken for good
    const gone = this.bridge.delivered + this.drops.total;
    invariant(
      sent === gone + inFlight,
      'packets-conserved',
      () => `sent ${sent}, delivered ${this.bridge.delivered}, dropped ${this.drops.total}, in flight ${inFlight}`,
    );
    const onTheirWay = this.links.inFlight + this.underlay.cores.inFlight;
    invariant(
      inFlight === onTheirWay,
      'packets-in-flight',
      () => `${inFlight} packets in the pool, ${onTheirWay} on wires and cores`,
    );
  }
}
