/**
 * The bench of a laboratory: one node with a real stack and nothing around it, through which packets are taken one at a time.
 *
 * Whatever the node sends comes off its uplink at once; nobody is on the other side, but everybody may be asked for: all that is not the
 * node's own lies behind the uplink. Work has no price here, so no time passes by itself.
 */
import {
  Cores,
  CostModel,
  Device,
  Hosts,
  IcmpLimits,
  NO_ICMP_LIMITS,
  NodeStack,
  Origin,
  SYNC_WORK_NAMES,
  WORK_NAMES,
  Work,
  WorkKind,
  type CostConstant,
  type CostProfile,
  type FamilyParts,
  type IpPath,
  type Relay,
  type Underlay,
} from '../kernel/index.js';
import {
  AddressMap,
  PacketPool,
  RouteTable,
  VxlanMesh,
  isIpv6,
  parseIp,
  type IpAddress,
  type IpFamily,
} from '../net/index.js';
import type { NodeFacts } from '../proxy/index.js';
import { RandomStreams, Simulation, TimerWheels, invariant } from '../sim/index.js';
import type { FamilyKernel } from './family-kernel.js';
import type { Flow } from './flow-outcome.js';
import { LabSockets, type RelayedFlow } from './lab-sockets.js';

const FREE: CostConstant = { ns: 0, basis: 'assumed', source: 'no processing time', date: '2026-11-20' };
const FREE_PROFILE: CostProfile = {
  name: 'free',
  description: 'no processing time at all',
  packet: Object.fromEntries(WORK_NAMES.map((name) => [name, FREE])),
  sync: Object.fromEntries(SYNC_WORK_NAMES.map((name) => [name, FREE])),
  far: { rule: { ...FREE, beyond: Infinity }, ipvsServer: { ...FREE, beyond: Infinity } },
};

/** kube-proxy's and the kernel's defaults for four cores; times in nanoseconds. */
const CONNTRACK = {
  max: 131_072,
  buckets: 32_768,
  tcpEstablishedNs: 86_400e9,
  tcpCloseWaitNs: 3600e9,
  tcpTimeWaitNs: 120e9,
  udpNs: 30e9,
  udpStreamNs: 120e9,
};

/** What came of a packet: lost for a cause, or gone a way. */
export interface Passage {
  /** `DropCause`, or -1 when the packet was not lost. */
  readonly cause: number;
  /** Whether a socket of the node took it. */
  readonly delivered: boolean;
  /** Its headers when it was lost or left. */
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  /** The node's work, indexed by `WorkKind`. */
  readonly work: Float64Array;
}

/** One node on its own. */
export class LabBench {
  readonly simulation = new Simulation();
  readonly wheels = new TimerWheels(this.simulation, 'timer-tick');
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly hosts = new Hosts();
  /** The host that stands for the node's own processes. */
  readonly host: number;
  readonly stack: NodeStack;
  /** The way of the node's family through it. */
  readonly path: IpPath;
  private readonly sockets: LabSockets;
  private clientOrigin: number = Origin.wire;
  readonly underlay: Underlay;
  readonly kernel: FamilyKernel;
  private passing = -1;
  private cause = -1;
  private delivered = false;
  private headers: Omit<Passage, 'cause' | 'delivered' | 'work'> | undefined;
  private tally: Float64Array | undefined;

  /**
   * @param family the family of the node's network
   * @param node its addresses
   * @param kernel makes what the family needs of the kernel
   */
  constructor(
    family: IpFamily,
    { ip: address, localIps }: Pick<NodeFacts, 'ip' | 'localIps'>,
    kernel: (underlay: Underlay) => FamilyKernel,
  ) {
    this.host = this.hosts.add({ address, node: 0, core: 0, isNode: true });
    const { simulation, wheels, packets, hosts, host } = this;
    const sourceFor = (destination: IpAddress): IpAddress => this.path.addresses.sourceFor(destination);
    this.sockets = new LabSockets({ simulation, wheels, packets, hosts, host, sourceFor }, (packet, isClients) =>
      this.send(packet, isClients ? this.clientOrigin : Origin.node),
    );
    this.underlay = this.makeUnderlay();
    this.kernel = kernel(this.underlay);
    const own = new AddressMap();
    for (const ip of [address, ...localIps]) if (isIpv6(ip) === (family === 6)) own.set(ip, 0);
    const routes = new RouteTable();
    routes.add(family === 4 ? 0 : addressOf('::'), 0, Device.uplink, 0);
    const parts: FamilyParts = {
      ...this.kernel,
      nftablesFirst: false,
      address,
      bridgeAddress: address,
      tunnelAddress: address,
      loopbackAddress: addressOf(family === 4 ? '127.0.0.1' : '::1'),
      routes,
      own,
      tunnelMtu: 1450,
      uplinkMtu: 1500,
    };
    const streams = new RandomStreams('laboratory');
    this.stack = new NodeStack(this.underlay, {
      ipv4: family === 4 ? parts : null,
      ipv6: family === 6 ? parts : null,
      host: this.host,
      conntrack: CONNTRACK,
      picks: streams.stream('picks'),
      ports: streams.stream('ports'),
      cores: 1,
      backlogPackets: 1,
      // Probes tell nothing about one another.
      icmpLimits: new IcmpLimits(NO_ICMP_LIMITS, this.simulation, streams.stream('icmp')),
    });
    const path = family === 4 ? this.stack.ipv4 : this.stack.ipv6;
    invariant(path !== null, 'lab-family', 'the node has its own family');
    this.path = path;
    this.stack.attach({ send: (packet) => this.leaveNode(packet) });
  }

  /** The node's relay. */
  get relay(): Relay {
    return this.sockets.relay;
  }

  /**
   * Has a client talk to the node through its relay.
   * @param origin where the client's packets come from, one of `Origin`
   */
  talk(flow: Flow, origin: (typeof Origin)[keyof typeof Origin]): RelayedFlow {
    this.clientOrigin = origin;
    return this.sockets.talk(flow);
  }

  /**
   * Takes a packet of the pool through the node and gives it back.
   * @param origin one of `Origin`
   */
  pass(packet: number, origin: (typeof Origin)[keyof typeof Origin]): Passage {
    this.watch(packet);
    this.send(packet, origin);
    const { cause, delivered, headers, tally } = this;
    invariant(
      headers !== undefined && tally !== undefined,
      'lab-packet',
      'a packet neither left the node nor was lost',
    );
    return { cause, delivered, ...headers, work: tally };
  }

  private watch(packet: number): void {
    this.passing = packet;
    this.cause = -1;
    this.delivered = false;
    this.headers = undefined;
    this.tally = undefined;
  }

  private send(packet: number, origin: number): void {
    const core = this.stack.firstCore;
    this.stack.process(packet, origin, core);
    if (this.stack.carries(core)) this.stack.complete(core);
  }

  private makeUnderlay(): Underlay {
    const { simulation, wheels, packets, work, hosts } = this;
    return {
      simulation,
      wheels,
      packets,
      work,
      cost: new CostModel(FREE_PROFILE),
      cores: new Cores(simulation),
      mesh: new VxlanMesh(packets),
      hosts,
      podAt: new AddressMap(),
      drops: { drop: (packet, cause) => this.lose(packet, cause) },
      hostSink: {
        wants: (packet, host) => this.sockets.wants(packet, host),
        deliver: (packet, host) => {
          if (packets.flow[packet]! >= 0) this.sockets.deliver(packet, host);
          else this.leave(packet, true);
        },
      },
      observer: {
        processed: () => {
          this.tally ??= work.counts.slice();
        },
      },
      outer: packets.take(0),
    };
  }

  private leaveNode(packet: number): void {
    if (this.packets.flow[packet]! >= 0) this.sockets.leave(packet);
    else this.leave(packet, false);
  }

  private lose(packet: number, cause: number): void {
    if (packet === this.passing) this.cause = cause;
    this.leave(packet, false);
  }

  private leave(packet: number, delivered: boolean): void {
    const { packets } = this;
    if (packet === this.passing) {
      this.passing = -1;
      this.delivered = delivered;
      this.headers = {
        source: packets.source[packet]!,
        sourcePort: packets.sourcePort[packet]!,
        destination: packets.destination[packet]!,
        destinationPort: packets.destinationPort[packet]!,
      };
    }
    packets.release(packet);
  }
}

/** Rules compared in a tally, of iptables and nftables together. */
export function rulesIn(work: Float64Array): number {
  return work[WorkKind.rule]! + work[WorkKind.nftRule]!;
}

function addressOf(text: string): IpAddress {
  const address = parseIp(text);
  invariant(address !== undefined, 'address', () => `${text} is no address`);
  return address;
}
