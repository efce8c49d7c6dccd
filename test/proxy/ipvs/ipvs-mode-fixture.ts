/** Made-up service ports in revisions, and nodes whose kernels are written to, for the tests of the ipvs mode. */
import { Ipvs, IpvsVerdict, Netfilter, RuleStore, SetTable, Work } from '../../../src/kernel/index.js';
import { CtState, type RuleContext } from '../../../src/kernel/hook.js';
import { PacketPool, Protocol, parseIp, type IpFamily } from '../../../src/net/index.js';
import { Simulation, TimerWheels } from '../../../src/sim/index.js';
import { endpointOrder } from '../../../src/proxy/endpoint-order.js';
import type { Ledger } from '../../../src/proxy/ledger.js';
import { ipvsMode } from '../../../src/proxy/modes/ipvs/mode.js';
import { SET_KINDS } from '../../../src/proxy/modes/ipvs/ip-sets.js';
import type { ModeRun, ModeSetup, Proxier, ProxyNode, ProxyOptions, SyncReport } from '../../../src/proxy/proxier.js';
import { EndpointCondition, type EndpointList, type ServicePort } from '../../../src/proxy/service-port.js';

export const CLUSTER_IPS = 0x0a600000;
export const PODS = 0x0af40000;
export const NODE_IPS = 0xc0a80001;
export const OUTSIDE = 0xcb007109;

export const CLUSTER_CIDR = { kind: 'source', prefix: { address: PODS, bits: 16 } } as const;

export const OPTIONS: ProxyOptions = {
  scheduler: 'rr',
  detector: CLUSTER_CIDR,
  masqueradeAll: false,
  masqueradeBit: 14,
  nodePortAddresses: [],
  localhostNodePorts: true,
  nfacctCounters: false,
  randomFully: true,
  conntrackTcpBeLiberal: false,
  serviceCidrs: [],
  strictArp: false,
  excludeCidrs: [],
  minSyncPeriodNs: 0,
  syncPeriodNs: 30e9,
  burst: 2,
};

/** Endpoints at pod numbers, port 8080, ready, sorted as a ledger sorts them; pod `n` runs on node `n % 4`. */
export function endpoints(pods: readonly number[], changes: Partial<EndpointList> = {}): EndpointList {
  const sorted = [...pods].sort((a, b) => endpointOrder(PODS + a, 8080) - endpointOrder(PODS + b, 8080));
  return {
    length: sorted.length,
    address: Uint32Array.from(sorted, (pod) => PODS + pod),
    port: new Uint16Array(sorted.length).fill(8080),
    node: Int32Array.from(sorted, (pod) => pod % 4),
    conditions: new Uint8Array(sorted.length).fill(EndpointCondition.ready | EndpointCondition.serving),
    hints: null,
    ...changes,
  };
}

/** An address of either family. */
export function address(text: string): number {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

/** A TCP service port at CLUSTER_IPS + key, port 80. */
export function servicePort(key: number, pods: readonly number[], changes: Partial<ServicePort> = {}): ServicePort {
  return {
    key,
    namespace: 'ns',
    service: `s${key}`,
    portName: 'p',
    displayName: `ns/s${key}:p`,
    protocol: Protocol.tcp,
    clusterIp: CLUSTER_IPS + key,
    port: 80,
    nodePort: 0,
    externalIps: [],
    loadBalancerVips: [],
    sourceRanges: [],
    affinitySeconds: 0,
    internalLocal: false,
    externalLocal: false,
    healthCheckNodePort: 0,
    endpoints: endpoints(pods),
    ...changes,
  };
}

/** A ledger with the given revisions, the first of which is 1. */
export function ledgerOf(...revisions: readonly (readonly ServicePort[])[]): Ledger {
  return familyLedger(4, revisions);
}

/** The same in a family. */
export function familyLedger(family: IpFamily, revisions: readonly (readonly ServicePort[])[]): Ledger {
  const at = (revision: number): readonly ServicePort[] => revisions[revision - 1] ?? [];
  const portAt = (key: number, revision: number): ServicePort | undefined =>
    at(revision).find((port) => port.key === key);
  const view: Pick<Ledger, 'family' | 'portAt' | 'changedBetween'> = {
    family,
    portAt,
    changedBetween: (from, to) => {
      const keys = new Set([...at(from), ...at(to)].map((port) => port.key));
      return [...keys].filter((key) => portAt(key, from) !== portAt(key, to)).sort((a, b) => a - b);
    },
  };
  return view as Ledger;
}

/** A node with its kernel and its proxier. */
export class TestNode implements RuleContext {
  readonly simulation = new Simulation();
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly sets = new SetTable();
  readonly netfilter: Netfilter;
  readonly ipvs: Ipvs;
  readonly proxyNode: ProxyNode;
  proxier: Proxier;
  state: number = CtState.new;
  fromPod = true;
  dnatAddress = 0;
  dnatPort = 0;
  masquerade = 0;
  inAddress = 0;

  constructor(cluster: TestCluster, index: number) {
    this.netfilter = new Netfilter(
      cluster.store,
      this.packets,
      this.work,
      this.sets,
      index % 2 === 0 ? 'index' : 'walk',
    );
    const wheels = new TimerWheels(this.simulation, 'timers');
    this.ipvs = new Ipvs({ simulation: this.simulation, wheels, packets: this.packets, work: this.work });
    const v6 = cluster.family === 6;
    const ip = v6 ? address(`fd00::${index + 1}`) : NODE_IPS + index;
    const localIps = [address(v6 ? '::1' : '127.0.0.1'), ip];
    const facts = { index, name: `n${index}`, zone: `z${index % 2}`, ip, localIps };
    // The mode writes neither nftables nor relays.
    const kernel = { netfilter: this.netfilter, ipvs: this.ipvs } as ProxyNode;
    this.proxyNode = { ...facts, ...kernel };
    this.proxier = cluster.run.proxier(this.proxyNode);
  }

  /** Syncs to a revision. */
  sync(revision: number): SyncReport {
    const report = this.proxier.prepare(revision, 0, false);
    this.proxier.commit();
    return report;
  }

  now(): number {
    return this.simulation.now;
  }

  isLocal(address: number): boolean {
    return address === this.proxyNode.ip || this.ipvs.isBound(address);
  }

  draw(): number {
    return 0;
  }

  packet(source: number, destination: number, port: number, protocol: number = Protocol.tcp): number {
    const packet = this.packets.take(0);
    this.packets.source[packet] = source;
    this.packets.sourcePort[packet] = 40000;
    this.packets.destination[packet] = destination;
    this.packets.destinationPort[packet] = port;
    this.packets.protocol[packet] = protocol;
    this.packets.flags[packet] = 2;
    return packet;
  }

  /** Pod number that a new connection from a client port goes to; -1 when ip_vs has none for it. */
  connect(destination: number, port: number, clientPort: number, protocol: number = Protocol.tcp): number {
    const packet = this.packet(OUTSIDE, destination, port, protocol);
    this.packets.sourcePort[packet] = clientPort;
    const verdict = this.ipvs.localIn(packet);
    return verdict === IpvsVerdict.forwarded ? this.packets.destination[packet]! - PODS : -1;
  }

  /** Pod numbers of a virtual server's list, front first. */
  list(destination: number, port: number, protocol: number = Protocol.tcp): number[] {
    const service = this.ipvs.service(protocol, destination, port);
    if (service === null) return [];
    const rows = [...service.order.subarray(0, service.count)].reverse();
    return rows.map((row) => this.ipvs.servers.address[row]! - PODS);
  }

  /** Sizes of the sets in place, by name, those with entries only. */
  setSizes(): Record<string, number> {
    const sizes = SET_KINDS.map((kind, handle) => [kind.name, this.sets.at(handle).size] as const);
    return Object.fromEntries(sizes.filter(([, size]) => size > 0));
  }
}

/** A run of the mode with its nodes. */
export class TestCluster {
  readonly store = new RuleStore();
  readonly family: IpFamily;
  readonly run: ModeRun;
  readonly nodes: TestNode[];

  constructor(ledger: Ledger, nodes = 1, options: Partial<ProxyOptions> = {}) {
    this.family = ledger.family;
    const setup = {
      family: ledger.family,
      ledger,
      rules: this.store,
      options: { ...OPTIONS, ...options },
    } as ModeSetup;
    this.run = ipvsMode.start(setup);
    this.nodes = Array.from({ length: nodes }, (_, index) => new TestNode(this, index));
  }

  get first(): TestNode {
    const node = this.nodes[0];
    if (node === undefined) throw new Error('no node');
    return node;
  }
}
