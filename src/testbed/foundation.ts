/**
 * The foundation of a run: clock, chance, packets, wires, cores and sockets, joined but without nodes or cluster.
 *
 * Everything that all nodes share is made here once; benches and tests build their small worlds on it as well.
 */
import {
  Cores,
  CostModel,
  Hosts,
  Relays,
  Transport,
  Work,
  type CostProfile,
  type IcmpSettings,
  type NodeStack,
  type PacketOutput,
  type Underlay,
} from '../kernel/index.js';
import {
  AddressMap,
  Links,
  PacketPool,
  Switch,
  VxlanMesh,
  inPrefix,
  isIpv6,
  type IpAddress,
  type IpPrefix,
  type Link,
} from '../net/index.js';
import { RandomStreams, Simulation, TimerWheels, invariant } from '../sim/index.js';
import { DropCounter } from './drop-counter.js';
import { ErrorLimits } from './error-limits.js';
import { Probes } from './probes.js';
import { SocketBridge } from './socket-bridge.js';
import type { FlowSpread } from './ways-in/flow-spread.js';

/** A machine outside of the cluster, on the underlay. */
export interface OutsiderSpec {
  readonly address: IpAddress;
  /** Address of the other family; 0 without. */
  readonly secondAddress?: IpAddress;
  /** The wire that it sends on. */
  readonly link: Link;
  /** Prefixes of the underlay: who is in them is reached directly. */
  readonly onLink: readonly IpPrefix[];
  /** Address of a node, of each family at most one: what is routed is sent there. */
  readonly gateways: readonly IpAddress[];
  /** Which node takes what is routed, in place of `gateways`; absent: those. */
  readonly spread?: FlowSpread;
  /** Prefixes that are routed; absent: everything else. */
  readonly routed?: readonly IpPrefix[];
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
  private readonly outsiders = new Map<number, OutsiderSpec>();
  /** Hosts that stand for the nodes themselves, by node. */
  readonly nodeHosts: number[] = [];
  /** The relays of the nodes, for proxies that work in user space. */
  readonly relays: Relays;
  /** Rate limits on the ICMP errors of nodes and pods. */
  readonly errorLimits: ErrorLimits;
  /** Pods added so far, by node. */
  private readonly podsAdded: number[] = [];

  /**
   * @param options seed, prices, the measured time in nanoseconds, and the rate limits on ICMP errors (default: Linux's own)
   */
  constructor(options: {
    readonly seed: string;
    readonly profile: CostProfile;
    readonly fromNs: number;
    readonly untilNs: number;
    readonly icmp?: IcmpSettings;
  }) {
    const { simulation, packets, hosts } = this;
    const work = new Work();
    this.streams = new RandomStreams(options.seed);
    this.errorLimits = new ErrorLimits(simulation, this.streams, options.icmp);
    this.drops = new DropCounter(packets);
    this.links = new Links(simulation, packets, this.drops);
    this.switch = new Switch(packets, this.drops);
    this.wheels = new TimerWheels(simulation, 'timer-tick');
    const cost = new CostModel(options.profile);
    this.probes = new Probes({ simulation, packets, work, cost }, options.fromNs, options.untilNs);
    this.bridge = new SocketBridge(hosts);
    this.transport = new Transport({
      simulation,
      wheels: this.wheels,
      packets,
      hosts,
      output: this,
      user: this.bridge,
      observer: this.probes,
    });
    this.bridge.attach(this.transport);
    this.relays = new Relays({ simulation, wheels: this.wheels, transport: this.transport });
    this.underlay = {
      simulation,
      wheels: this.wheels,
      packets,
      work,
      cost,
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

  /**
   * Adds the host that stands for the next node itself, with all its addresses; its stack is added to `nodes` next.
   * @returns its number
   */
  addNodeHost(address: IpAddress, secondAddress: IpAddress): number {
    const host = this.hosts.add({ address, secondAddress, node: this.nodes.length, core: 0, isNode: true });
    this.nodeHosts.push(host);
    return host;
  }

  /**
   * Adds a pod of a node; each node deals its pods out over its cores.
   * @param secondAddress its address of the other family; 0 without
   */
  addPod(address: IpAddress, node: number, secondAddress: IpAddress = 0): number {
    const added = this.podsAdded[node] ?? 0;
    this.podsAdded[node] = added + 1;
    const core = added % this.nodes[node]!.cores;
    const host = this.hosts.add({ address, secondAddress, node, core });
    this.underlay.podAt.set(address, host);
    if (secondAddress !== 0) this.underlay.podAt.set(secondAddress, host);
    return host;
  }

  /** A pod is gone. */
  removePod(host: number): void {
    this.hosts.remove(host);
    const { podAt } = this.underlay;
    for (const address of [this.hosts.address[host]!, this.hosts.secondAddress[host]!]) {
      // Another pod may have the address already.
      if (address !== 0 && podAt.get(address) === host) podAt.delete(address);
    }
  }

  /** Adds a machine outside of the cluster. */
  addOutsider(outsider: OutsiderSpec): number {
    const { address, secondAddress = 0 } = outsider;
    const host = this.hosts.add({ address, secondAddress, node: -1, core: -1 });
    this.outsiders.set(host, outsider);
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
    this.packets.nextHop[packet] = nextHop(outsider, this.packets.destination[packet]!, packet);
    outsider.link.send(packet);
  }

  /** See `PacketOutput`: of pods; nodes see to their own errors in their stacks. */
  mayTell(host: number, address: IpAddress): boolean {
    return this.hosts.isNode[host] === 1 || this.errorLimits.podMayTell(host, address);
  }

  /** See `PacketOutput`. */
  sourceFor(host: number, destination: IpAddress): IpAddress {
    return this.nodes[this.hosts.node[host]!]!.sourceFor(destination);
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

/** Whom a machine outside sends a packet to on the wire; what is neither there nor routed goes to its own address, where nobody takes it. */
function nextHop(
  { onLink, gateways, routed, spread }: OutsiderSpec,
  destination: IpAddress,
  packet: number,
): IpAddress {
  const isIn = ({ address, bits }: IpPrefix): boolean => inPrefix(destination, address, bits);
  if (onLink.some(isIn) || routed?.some(isIn) === false) return destination;
  if (spread !== undefined) return spread.nodeFor(packet) || destination;
  return gateways.find((gateway) => isIpv6(gateway) === isIpv6(destination)) ?? destination;
}
