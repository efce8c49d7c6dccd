/** Made-up service ports in revisions, and nodes whose kernels are written to, for the tests of the ipvs mode. */
import { Ipvs, IpvsVerdict, Netfilter, RuleStore, SetTable, Work } from '../../../src/kernel/index.js';
import { CtState, type RuleContext } from '../../../src/kernel/hook.js';
import { PacketPool, Protocol } from '../../../src/net/index.js';
import { Simulation, TimerWheels } from '../../../src/sim/index.js';
import { endpointOrder } from '../../../src/proxy/endpoint-order.js';
import type { Ledger } from '../../../src/proxy/ledger.js';
import { ipvsMode } from '../../../src/proxy/modes/ipvs/mode.js';
import { SET_KINDS } from '../../../src/proxy/modes/ipvs/ip-sets.js';
import type { ModeRun, Proxier, ProxyNode, ProxyOptions, SyncReport } from '../../../src/proxy/proxier.js';
import type { EndpointList, ServicePort } from '../../../src/proxy/service-port.js';

export const CLUSTER_IPS = 0x0a600000;
export const PODS = 0x0af40000;
export const NODE_IPS = 0xc0a80001;
export const OUTSIDE = 0xcb007109;

export const OPTIONS: ProxyOptions = {
  scheduler: 'rr',
  clusterCidr: { address: PODS, bits: 16 },
  masqueradeAll: false,
  minSyncPeriodNs: 0,
  syncPeriodNs: 30e9,
  burst: 2,
};

/** Endpoints at pod numbers, port 8080, sorted as a ledger sorts them; pod `n` runs on node `n % 4`. */
export function endpoints(pods: readonly number[]): EndpointList {
  const sorted = [...pods].sort((a, b) => endpointOrder(PODS + a, 8080) - endpointOrder(PODS + b, 8080));
  return {
    length: sorted.length,
    address: Uint32Array.from(sorted, (pod) => PODS + pod),
    port: new Uint16Array(sorted.length).fill(8080),
    node: Int32Array.from(sorted, (pod) => pod % 4),
  };
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
    affinitySeconds: 0,
    endpoints: endpoints(pods),
    ...changes,
  };
}

/** A ledger with the given revisions, the first of which is 1. */
export function ledgerOf(...revisions: readonly (readonly ServicePort[])[]): Ledger {
  const at = (revision: number): readonly ServicePort[] => revisions[revision - 1] ?? [];
  const portAt = (key: number, revision: number): ServicePort | undefined =>
    at(revision).find((port) => port.key === key);
  const view: Pick<Ledger, 'portAt' | 'changedBetween'> = {
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
    const ip = NODE_IPS + index;
    this.proxyNode = { index, name: `n${index}`, ip, netfilter: this.netfilter, ipvs: this.ipvs };
    this.proxier = cluster.run.proxier(this.proxyNode);
  }

  /** Syncs to a revision. */
  sync(revision: number): SyncReport {
    const report = this.proxier.prepare(revision);
    this.proxier.commit();
    return report;
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
  readonly run: ModeRun;
  readonly nodes: TestNode[];

  constructor(ledger: Ledger, nodes = 1, options: Partial<ProxyOptions> = {}) {
    this.run = ipvsMode.start({ ledger, rules: this.store, options: { ...OPTIONS, ...options } });
    this.nodes = Array.from({ length: nodes }, (_, index) => new TestNode(this, index));
  }

  get first(): TestNode {
    const node = this.nodes[0];
    if (node === undefined) throw new Error('no node');
    return node;
  }
}
