/**
 * Two nodes with pods, flannel between them, an outside machine, and rules such as kube-proxy writes for services of one endpoint each.
 *
 * Node i has 10.50.0.i on its uplink, pods in 10.244.i.0/24, cni0 10.244.i.1 and flannel.1 10.244.i.0. Every pod and the outside machine
 * listen on port 8080 and answer each request; who they believe to talk to is noted.
 */
import {
  Device,
  FromClient,
  Hook,
  Ipvs,
  Netfilter,
  NftStore,
  Nftables,
  NodeStack,
  Owner,
  RuleStore,
  SetTable,
  Table,
} from '../../../src/kernel/index.js';
import {
  Failure,
  SYNC_WORK_NAMES,
  WORK_NAMES,
  type CostConstant,
  type CostProfile,
} from '../../../src/kernel/index.js';
import { AddressMap, DROP_CAUSES, Protocol, RouteTable, formatIpv4, parseIpv4 } from '../../../src/net/index.js';
import { MILLISECOND } from '../../../src/sim/index.js';
import { Foundation } from '../../../src/testbed/foundation.js';
import { SETTINGS } from '../conntrack/tracked.js';
import { flannelForward, flannelPostrouting, type Service, kubePostrouting, kubeServices } from './rules.js';

/** Number of a dotted-quad address. */
export function ip(text: string): number {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

/** Every unit of work costs 10 ns, so that the order of events does not hang on ties. */
const TEN: CostConstant = { ns: 10, basis: 'assumed', source: 'this test', date: '2026-11-20' };
const PROFILE: CostProfile = {
  name: 'ten',
  description: 'every unit of work costs 10 ns',
  packet: Object.fromEntries(WORK_NAMES.map((name) => [name, TEN])),
  sync: Object.fromEntries(SYNC_WORK_NAMES.map((name) => [name, TEN])),
  far: { rule: { ...TEN, beyond: Infinity }, ipvsServer: { ...TEN, beyond: Infinity } },
};
const LINK = { bandwidthBitsPerSecond: 10e9, delayNs: 10_000, queuePackets: 100 };
const FAILURES = Object.keys(Failure);
const OUTSIDE = '10.50.0.200';

/** What may differ between worlds. */
export interface WorldOptions {
  readonly overlay?: 'vxlan' | 'host-gw';
  readonly services?: readonly Service[];
  /** Without any rules the kernel tracks nothing. */
  readonly rules?: boolean;
  readonly conntrackMax?: number;
  readonly cores?: number;
  readonly backlogPackets?: number;
}

/** One packet that a node has dealt with: which node, what kind of packet, and the units of work by name. */
export interface Passage {
  readonly node: number;
  readonly first: number;
  readonly ns: number;
  readonly outerRules: number;
  readonly work: Record<string, number>;
}

/** The world. */
export class TwoNodes {
  readonly base = new Foundation({ seed: 'stack', profile: PROFILE, fromNs: 0, untilNs: 1e15 });
  readonly rules = new RuleStore();
  readonly nft = new NftStore();
  readonly netfilters: Netfilter[] = [];
  readonly passages: Passage[] = [];
  /** Source addresses that listeners saw, in order, each once in a row. */
  readonly seen: string[] = [];
  /** Addresses of the hosts that served requests, in order. */
  readonly servedBy: string[] = [];
  /** Leaves connections open after an answer. */
  keepOpen = false;
  /** What clients were told, in order. */
  readonly told: string[] = [];
  readonly outside: number;
  private readonly shared = new RouteTable();
  private readonly options: WorldOptions;
  private readonly hostOf = new Map<string, number>();

  constructor(options: WorldOptions = {}) {
    this.options = options;
    this.shareRoutes();
    for (const node of [1, 2]) this.addNode(node);
    this.outside = this.addOutside();
    this.base.bridge.join({
      traffic: {
        // A connection's note says how many bytes to send as soon as it is up.
        connected: (handle: number, bytes: number) => {
          this.told.push('connected');
          if (bytes > 0) this.base.transport.request(handle, 1, bytes);
        },
        replied: (handle: number) => {
          this.told.push('answered');
          if (!this.keepOpen) this.base.transport.close(handle);
        },
        failed: (_: number, __: number, failure: number) => this.told.push(FAILURES[failure] ?? ''),
      },
      stations: {
        take: (host: number, handle: number, sequence: number) => {
          this.servedBy.push(formatIpv4(this.base.hosts.address[host]!));
          this.base.transport.respond(handle, sequence, 200);
        },
      } as never,
      plan: { address: () => 0, port: () => 0 },
      protocol: Protocol.tcp,
    });
    this.listenIn();
  }

  /** Adds a pod that listens on port 8080. */
  pod(address: string): number {
    const host = this.base.addPod(ip(address), Number(address.split('.')[2]) - 1);
    this.listen(host);
    this.hostOf.set(address, host);
    return host;
  }

  /** Number of the host with an address. */
  host(address: string): number {
    return address === OUTSIDE ? this.outside : (this.hostOf.get(address) ?? this.pod(address));
  }

  /** Dials, sends one request and waits for what comes of it; returns what the client was told last. */
  ask(from: number, address: string, port: number, protocol: number = Protocol.tcp, bytes = 100): string {
    const { transport } = this.base;
    const handle = transport.connect(protocol, from, ip(address), port, bytes);
    if (protocol === Protocol.udp) transport.request(handle, 1, bytes);
    this.wait(500);
    return this.told.at(-1) ?? 'nothing';
  }

  /** Lets time go by. */
  wait(milliseconds: number): void {
    this.base.simulation.run(this.base.simulation.now + milliseconds * MILLISECOND);
  }

  /** Packets lost so far, by cause. */
  get lost(): Record<string, number> {
    const counts = [...this.base.drops.byCause].map((count, cause) => [DROP_CAUSES[cause], count] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  /** Sets the rules of both nodes anew, as a sync of the proxy does. */
  setServices(services: readonly Service[]): void {
    const chain = kubeServices(this.rules, services);
    for (const netfilter of this.netfilters) {
      netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, chain);
      netfilter.setBase(Table.nat, Hook.output, Owner.proxy, chain);
    }
  }

  private shareRoutes(): void {
    const vxlan = this.options.overlay !== 'host-gw';
    for (const node of [1, 2]) {
      const [subnet, uplink] = [ip(`10.244.${node}.0`), ip(`10.50.0.${node}`)];
      if (vxlan) this.shared.add(subnet, 24, Device.tunnel, subnet);
      else this.shared.add(subnet, 24, Device.uplink, uplink);
      this.base.underlay.mesh.add(subnet, uplink);
      // A network that each node believes to be behind the other one.
      if (node === 2) this.shared.add(ip('10.99.0.0'), 16, Device.uplink, uplink);
    }
    this.shared.add(ip('10.50.0.0'), 24, Device.uplink, 0);
  }

  private addNode(node: number): void {
    const { base, options } = this;
    const { simulation, wheels, packets, underlay } = base;
    const [uplink, subnet, bridge] = [ip(`10.50.0.${node}`), ip(`10.244.${node}.0`), ip(`10.244.${node}.1`)];
    const netfilter = new Netfilter(this.rules, packets, underlay.work, new SetTable(), 'walk');
    this.netfilters.push(netfilter);
    if (options.rules !== false) this.install(netfilter, node);
    const own = new AddressMap();
    for (const address of [uplink, subnet, bridge]) own.set(address, 0);
    const routes = new RouteTable(this.shared);
    routes.add(subnet, 24, Device.bridge, 0);
    if (node === 2) routes.add(ip('10.99.0.0'), 16, Device.uplink, ip('10.50.0.1'));
    const host = base.addNodeHost(uplink, 0);
    this.listen(host);
    this.hostOf.set(`10.50.0.${node}`, host);
    const stack = new NodeStack(underlay, {
      ipv4: {
        address: uplink,
        bridgeAddress: bridge,
        tunnelAddress: subnet,
        loopbackAddress: ip('127.0.0.1'),
        routes,
        own,
        netfilter,
        nftables: new Nftables(this.nft, packets, underlay.work, 'walk'),
        nftablesFirst: false,
        ipvs: new Ipvs({ simulation, wheels, packets, work: underlay.work }),
        tunnelMtu: 1450,
        uplinkMtu: 1500,
      },
      ipv6: null,
      host,
      conntrack: {
        ...SETTINGS,
        ...(options.conntrackMax === undefined ? {} : { max: options.conntrackMax, buckets: 1 }),
      },
      cores: options.cores ?? 4,
      backlogPackets: options.backlogPackets ?? 1000,
      icmpLimits: base.errorLimits.addNode(),
      picks: base.streams.stream(`picks/${node}`),
      ports: base.streams.stream(`ports/${node}`),
    });
    stack.attach(base.links.add(LINK, base.switch));
    base.switch.plug(uplink, base.links.add(LINK, stack));
    base.nodes.push(stack);
  }

  private install(netfilter: Netfilter, node: number): void {
    const { rules } = this;
    const services = kubeServices(rules, this.options.services ?? []);
    netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, services);
    netfilter.setBase(Table.nat, Hook.output, Owner.proxy, services);
    netfilter.setBase(Table.nat, Hook.postrouting, Owner.proxy, kubePostrouting(rules));
    netfilter.setBase(Table.nat, Hook.postrouting, Owner.overlay, flannelPostrouting(rules, ip(`10.244.${node}.0`)));
    netfilter.setBase(Table.filter, Hook.forward, Owner.overlay, flannelForward(rules));
  }

  /** A machine on the underlay that sends everything to node 1. */
  private addOutside(): number {
    const { base } = this;
    const host = base.addOutsider({
      address: ip(OUTSIDE),
      link: base.links.add(LINK, base.switch),
      onLink: [{ address: ip('10.50.0.0'), bits: 24 }],
      gateways: [ip('10.50.0.1')],
    });
    base.switch.plug(ip(OUTSIDE), base.links.add(LINK, { receive: (packet) => base.bridge.deliver(packet, host) }));
    this.listen(host);
    return host;
  }

  private listen(host: number): void {
    this.base.hosts.listen(host, 8080);
    if (this.base.hosts.isNode[host] === 1) this.base.bridge.serveOnNode(host, 8080, host);
    else this.base.bridge.serve(host, host);
  }

  /** Notes who servers see, and what each node does. */
  private listenIn(): void {
    const { base } = this;
    const { packets, probes, underlay } = base;
    const arrived = probes.arrived.bind(probes);
    probes.arrived = (packet) => {
      const source = formatIpv4(packets.source[packet]!);
      const isClients = packets.first[packet] !== FromClient.no;
      if (isClients && this.seen.at(-1) !== source) this.seen.push(source);
      arrived(packet);
    };
    base.nodes.forEach((stack, node) => {
      const process = stack.process.bind(stack);
      stack.process = (packet, origin, core) => {
        this.passing = node + 1;
        return process(packet, origin, core);
      };
    });
    const processed = probes.processed.bind(probes);
    probes.processed = (...told) => {
      const [, first, ns, outerRules] = told;
      const units = WORK_NAMES.map((name, kind) => [name, underlay.work.counts[kind]!] as const);
      this.passages.push({
        node: this.passing,
        first,
        ns,
        outerRules,
        work: Object.fromEntries(units.filter(([, count]) => count > 0)),
      });
      processed(...told);
    };
  }

  private passing = 0;
}
