/**
 * The small world of a trace: all nodes of a case's cluster with overlay and kube-proxy as a run has them, rules walked one by one, servers on
 * every endpoint, and no traffic but what the trace sends.
 */
import { Device, type NodeStack } from '../../kernel/index.js';
import { addressIn, Cluster, type Node, type Pod } from '../../kube/index.js';
import {
  addressBits,
  familyOf,
  formatIp,
  inPrefix,
  parseIp,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  type RouteTable,
} from '../../net/index.js';
import { invariant } from '../../sim/index.js';
import type { Case } from '../../scenario/index.js';
import { ClusterProxies } from '../cluster-proxies.js';
import { Foundation } from '../foundation.js';
import { SyncProbe } from '../sync-probe.js';
import type { FlowSpread } from '../ways-in/index.js';
import type { Place } from './place.js';

/** Nothing of a trace is measured by the run's own probes. */
const NEVER_NS = 2 ** 52;

/** A case's cluster, ready for one connection. */
export class TraceWorld {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly proxies: ClusterProxies;
  readonly plan: Case;
  readonly seed: string;
  private readonly places = new Map<number, Place>();
  /** Machines outside, by address. */
  private readonly outsiders = new Map<IpAddress, number>();

  /**
   * Builds the cluster and brings every node's proxy up to date.
   * @param plan the case; its mode is what runs
   * @param seed seed of all chance
   * @throws CaseError or ClusterError when the case does not fit together
   */
  constructor(plan: Case, seed: string) {
    this.plan = { ...plan, proxy: { ...plan.proxy, lookup: 'walk' } };
    this.seed = seed;
    this.base = new Foundation({
      seed,
      profile: plan.profile,
      fromNs: NEVER_NS,
      untilNs: NEVER_NS,
      icmp: plan.cluster.icmp,
    });
    const { base } = this;
    // Pods of which no node is known must be somewhere to answer.
    this.cluster = new Cluster({ ...plan.cluster, keepAddresses: 'placed' });
    this.proxies = new ClusterProxies(base, this.cluster, this.plan, new SyncProbe(base.simulation));
    for (const { index, name } of this.cluster.nodes) {
      this.places.set(base.nodeHosts[index]!, { name, node: name });
    }
    this.addNodeRoutes();
    for (const pod of this.cluster.pods()) this.addPod(pod);
    this.proxies.syncAll();
  }

  /** The nodes by index. */
  get nodes(): readonly NodeStack[] {
    return this.base.nodes;
  }

  /** Name of a node. */
  nodeName(index: number): string {
    return this.cluster.nodes[index]?.name ?? '';
  }

  /** What a host is called and where it is. */
  place(host: number): Place {
    const place = this.places.get(host);
    invariant(place !== undefined, 'trace-host', () => `host ${host} has no name`);
    return place;
  }

  /** The host of an address: a pod's, a node's or that of a machine outside; -1 for nobody's. */
  hostAt(address: IpAddress): number {
    const pod = this.base.underlay.podAt.get(address);
    if (pod >= 0) return pod;
    const node = this.nodeAt(address);
    return node === undefined ? (this.outsiders.get(address) ?? -1) : this.base.nodeHosts[node.index]!;
  }

  /** The node that an address is one of. */
  nodeAt(address: IpAddress): Node | undefined {
    return this.cluster.nodes.find(({ ip, secondIp }) => ip === address || (secondIp !== 0 && secondIp === address));
  }

  /** The ranges of a family, by what they are for. */
  rangesOf(family: IpFamily): Readonly<Record<'pod' | 'service' | 'node', IpPrefix>> {
    const { cluster } = this.plan;
    return family === 4
      ? { pod: cluster.podCidr, service: cluster.serviceCidr, node: cluster.nodeCidr }
      : { pod: cluster.podCidr6, service: cluster.serviceCidr6, node: cluster.nodeCidr6 };
  }

  /** Adds a pod that no Service selects, to send from. */
  addClient(node: number): number {
    const { ip, secondIp } = this.cluster.placeClient(node);
    const host = this.base.addPod(ip, node, secondIp);
    this.places.set(host, { name: 'a client pod', node: this.nodeName(node) });
    return host;
  }

  /**
   * Adds a machine outside of the cluster.
   * @param gateway address of the node to which it sends what is for cluster, pod and virtual addresses
   * @param more `spread` chooses that node, where several could take it; `name`: what it is called; `secondAddress`: its address of the other family
   */
  addOutsider(
    address: IpAddress,
    gateway: IpAddress,
    more: { readonly spread?: FlowSpread | undefined; readonly name?: string; readonly secondAddress?: IpAddress } = {},
  ): number {
    const { base, plan } = this;
    const { spread, name = formatIp(address), secondAddress = 0 } = more;
    const addresses = [address, secondAddress].filter((own) => own !== 0);
    const onLink = addresses.flatMap((own) => this.wireOf(own));
    const link = base.links.add(plan.cluster.link, base.switch);
    const gateways = [gateway];
    const host = base.addOutsider({ address, secondAddress, link, onLink, gateways, ...(spread && { spread }) });
    const arrive = (packet: number): void => base.bridge.deliver(packet, host);
    const wire = base.links.add(plan.cluster.link, { receive: arrive });
    for (const own of addresses) {
      base.switch.plug(own, wire);
      this.outsiders.set(own, host);
    }
    this.places.set(host, { name, node: '' });
    return host;
  }

  /** What a machine outside reaches directly in the family of its address; nodes get a way back to it. */
  private wireOf(address: IpAddress): readonly IpPrefix[] {
    const family = familyOf(address);
    const { node: underlay } = this.rangesOf(family);
    if (!inPrefix(address, underlay.address, underlay.bits)) this.addDefaultRoutes(family);
    return [underlay, ...this.strayNodes(family).map((own) => ({ address: own, bits: addressBits(family) }))];
  }

  /** Everything that is on no other route leaves by the uplink, as in a cluster whose nodes have a default route. */
  private addDefaultRoutes(family: IpFamily): void {
    const everything = parseIp(family === 4 ? '0.0.0.0' : '::');
    invariant(everything !== undefined, 'default-route', 'the unspecified addresses are addresses');
    for (const node of this.nodes) {
      const path = family === 4 ? node.ipv4 : node.ipv6;
      path?.parts.routes.add(everything, 0, Device.uplink, 0);
    }
  }

  private addPod(pod: Pod): void {
    if (pod.ip === 0 || pod.node < 0 || pod.hostNetwork) return;
    const host = this.base.addPod(pod.ip, pod.node, pod.secondIp);
    const { namespace, name } = pod.metadata;
    this.places.set(host, { name: `${namespace}/${name}`, node: this.nodeName(pod.node) });
    for (const address of [pod.ip, pod.secondIp]) if (address !== 0) this.addPodRoutes(address, pod.node);
  }

  /** A pod that is not in its node's subnet has a route of its own, as network plugins write it that do not go by subnets. */
  private addPodRoutes(address: IpAddress, owner: number): void {
    const family = familyOf(address);
    if (!this.cluster.families.includes(family)) return;
    const pods = this.cluster.podAddressesIn(family);
    if (pods.nodeOf(address) === owner) return;
    const { address: subnet } = pods.subnet(owner);
    for (const [index, routes] of this.routesOf(family).entries()) {
      if (index === owner) routes?.add(address, addressBits(family), Device.bridge, 0);
      else if (this.plan.cluster.overlay === 'vxlan') routes?.add(address, addressBits(family), Device.tunnel, subnet);
      else routes?.add(address, addressBits(family), Device.uplink, addressIn(this.cluster.nodes[owner]!, family));
    }
  }

  /** Nodes are on one wire, also those with addresses outside of the range. */
  private addNodeRoutes(): void {
    for (const family of this.cluster.families) {
      for (const address of this.strayNodes(family)) {
        for (const routes of this.routesOf(family)) routes?.add(address, addressBits(family), Device.uplink, 0);
      }
    }
  }

  /** Addresses of nodes that are not in the range of nodes. */
  private strayNodes(family: IpFamily): readonly IpAddress[] {
    const { node: range } = this.rangesOf(family);
    const own = this.cluster.nodes.map((node) => addressIn(node, family));
    return own.filter((address) => address !== 0 && !inPrefix(address, range.address, range.bits));
  }

  /** The nodes' routes, by index. */
  private routesOf(family: IpFamily): readonly (RouteTable | undefined)[] {
    return this.nodes.map((node) => (family === 4 ? node.ipv4 : node.ipv6)?.parts.routes);
  }
}
