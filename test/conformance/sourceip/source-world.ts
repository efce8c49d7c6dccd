/**
 * The topology of a file as a running world: nodes with flannel and kube-proxy in iptables mode, pods, and a machine outside.
 *
 * Everybody listens on the ports that endpoints have and that cases dial directly. A service with external policy Local has, besides what kube-proxy
 * does for it, a forwarder on every node that sends its node port to the endpoint and marks nothing: it takes what kube-proxy leaves.
 */
import { Hook, Owner, Table } from '../../../src/kernel/index.js';
import {
  Cluster,
  SERVICE_DEFAULTS,
  type ClusterObjects,
  type EndpointSlice,
  type Service,
} from '../../../src/kube/index.js';
import {
  addressBits,
  familyOf,
  formatIp,
  inPrefix,
  networkOf,
  parseIp,
  Protocol,
  type IpAddress,
  type IpPrefix,
} from '../../../src/net/index.js';
import type { ClusterOptions } from '../../../src/scenario/case.js';
import { ClusterProxies } from '../../../src/testbed/cluster-proxies.js';
import { Foundation } from '../../../src/testbed/foundation.js';
import { SyncProbe } from '../../../src/testbed/sync-probe.js';
import { PLAIN_PRICES, prefix, S, smallCase } from '../../testbed/small-case.js';
import type { SourceCase, Topology, TopologyService } from './case-file.js';

/** What became of a connection. */
export interface Seen {
  readonly reachable: boolean;
  readonly source: string | null;
}

const LINK = { bandwidthBitsPerSecond: 10e9, delayNs: 10_000, queuePackets: 1000 };
/** A SYN that is never answered is given up after about 127 s. */
const LONG_ENOUGH = 200 * S;

/** One case's world. */
export class SourceWorld {
  private readonly base = new Foundation({ seed: 'source', profile: PLAIN_PRICES, fromNs: 0, untilNs: 1e15 });
  private readonly topology: Topology;
  private readonly cluster: Cluster;
  private readonly hosts = new Map<string, number>();
  private connected = false;
  private peer: IpAddress | null = null;
  private readonly user: number;

  constructor(each: SourceCase, lookup: 'walk' | 'index') {
    this.topology = each.topology;
    const plan = smallCase({ cluster: this.options(each), proxy: { mode: 'iptables', lookup } });
    this.cluster = new Cluster(plan.cluster);
    const { base } = this;
    const proxies = new ClusterProxies(base, this.cluster, plan, new SyncProbe(base.simulation));
    this.user = base.transport.join({
      connected: () => void (this.connected = true),
      accepted: (handle) => void (this.peer = base.transport.peerAddress(handle)),
      failed: () => undefined,
      replied: () => undefined,
      requested: () => undefined,
      ended: () => undefined,
    });
    this.addHosts(plan.cluster.nodeCidr, plan.cluster.nodeCidr6);
    this.listen(portOf(each.target));
    proxies.syncAll();
    this.addForwarders(proxies);
    this.checkAddresses();
  }

  /** Opens a connection and waits for what comes of it. */
  dial(client: string, target: string): Seen {
    const host = this.hosts.get(client);
    if (host === undefined) throw new Error(`there is no client ${client}`);
    const { transport, simulation } = this.base;
    transport.connect(Protocol.tcp, host, ip(addressPart(target)), portOf(target), 0, this.user);
    simulation.run(simulation.now + LONG_ENOUGH);
    this.base.checkConservation();
    return { reachable: this.connected, source: this.peer === null ? null : formatIp(this.peer) };
  }

  private options({ backend, flannelMasquerade }: SourceCase): Partial<ClusterOptions> {
    const { nodes, clusterCidr, outside } = this.topology;
    if (backend !== 'vxlan' && backend !== 'host-gw') throw new Error(`there is no backend ${backend}`);
    if (flannelMasquerade !== 'iptables' && flannelMasquerade !== 'nftables') {
      throw new Error(`flannel does not masquerade with ${flannelMasquerade}`);
    }
    const [podCidr, serviceCidr] = [prefix(clusterCidr), prefix(outside.prefix)];
    const nodeCidr = commonPrefix([...nodes.map((node) => ip(node.ip)), ip(outside.ip)]);
    const nodeSubnetBits = prefix(nodes[0]!.podCidr).bits;
    const family = familyOf(podCidr.address);
    const ranges =
      family === 4
        ? { podCidr, serviceCidr, nodeCidr, nodeSubnetBits }
        : { podCidr6: podCidr, serviceCidr6: serviceCidr, nodeCidr6: nodeCidr, nodeSubnetBits6: nodeSubnetBits };
    const objects = this.objects();
    return { ...ranges, ipFamilies: [family], nodes: nodes.length, overlay: backend, flannelMasquerade, objects };
  }

  private objects(): ClusterObjects {
    const { nodes, pods, services } = this.topology;
    return {
      nodes: nodes.map(({ name, ip: address }, index) => ({ name, index, ip: ip(address), secondIp: 0, zone: '' })),
      pods: pods.map(({ name, ip: address, node }) => ({
        metadata: { namespace: 'default', name, labels: {} },
        ip: ip(address),
        secondIp: 0,
        hostNetwork: false,
        node: this.nodeIndex(node),
        phase: 'Running',
        ready: true,
        terminating: false,
        ports: [],
      })),
      podSets: [],
      services: services.map(serviceOf),
      slices: services.map((service, index) => this.sliceOf(service, index)),
    };
  }

  private sliceOf({ endpoint }: TopologyService, index: number): EndpointSlice {
    const address = ip(addressPart(endpoint));
    const owner = this.topology.pods.find((pod) => ip(pod.ip) === address);
    if (owner === undefined) throw new Error(`${endpoint} is no pod`);
    const labels = { 'kubernetes.io/service-name': `service-${index}` };
    return {
      metadata: { namespace: 'default', name: `service-${index}-1`, labels },
      family: familyOf(address),
      service: `service-${index}`,
      ports: [{ name: '', protocol: Protocol.tcp, port: portOf(endpoint) }],
      endpoints: [
        {
          address,
          node: this.nodeIndex(owner.node),
          target: `default/${owner.name}`,
          ready: true,
          serving: true,
          terminating: false,
          hints: null,
        },
      ],
    };
  }

  private nodeIndex(name: string): number {
    const index = this.topology.nodes.findIndex((node) => node.name === name);
    if (index < 0) throw new Error(`there is no node ${name}`);
    return index;
  }

  private addHosts(...onLink: readonly IpPrefix[]): void {
    const { base, topology } = this;
    topology.nodes.forEach(({ name }, index) => this.hosts.set(name, base.nodeHosts[index]!));
    for (const { name, ip: address, node } of topology.pods) {
      this.hosts.set(name, base.addPod(ip(address), this.nodeIndex(node)));
    }
    const { ip: address, via, prefix: routed } = topology.outside;
    const link = base.links.add(LINK, base.switch);
    const outside = base.addOutsider({
      address: ip(address),
      link,
      onLink,
      gateways: [ip(via)],
      routed: [prefix(routed)],
    });
    const arrive = (packet: number): void => base.bridge.deliver(packet, outside);
    base.switch.plug(ip(address), base.links.add(LINK, { receive: arrive }));
    this.hosts.set('outside', outside);
  }

  /** Everybody listens on the endpoints' ports, and on the target's where that is no port of a service. */
  private listen(target: number): void {
    const { services } = this.topology;
    const serving = services.map(({ endpoint }) => portOf(endpoint));
    const taken = services.flatMap(({ port, nodePort }) => [port, nodePort]);
    const ports = new Set(taken.includes(target) ? serving : [...serving, target]);
    for (const host of this.hosts.values()) {
      for (const port of ports) this.base.hosts.listen(host, port, Protocol.tcp, this.user);
    }
  }

  private addForwarders({ families, stores }: ClusterProxies): void {
    for (const { nodePort, endpoint, policy } of this.topology.services) {
      if (policy !== 'Local' || nodePort === undefined) continue;
      const target = { kind: 'dnat', address: ip(addressPart(endpoint)), port: portOf(endpoint) } as const;
      const match = { destinationLocal: true, protocol: Protocol.tcp, destinationPort: nodePort };
      const chain = stores.rules.addChain('PREROUTING', [{ ...match, target }]);
      for (const { netfilter } of families[0]!.nodes) {
        netfilter.setBase(Table.nat, Hook.prerouting, Owner.overlay, chain);
      }
    }
  }

  /** The world has the addresses that the topology says. */
  private checkAddresses(): void {
    this.topology.nodes.forEach((node, index) => {
      const stack = this.base.nodes[index]!;
      const parts = (stack.ipv4 ?? stack.ipv6)?.parts;
      const built = [parts?.address, parts?.tunnelAddress, parts?.bridgeAddress].map((each) => formatIp(each ?? 0));
      const wanted = [node.ip, node.flannelIp, node.bridgeIp];
      if (built.join() !== wanted.join()) throw new Error(`${node.name} has ${built.join()}, not ${wanted.join()}`);
    });
  }
}

function serviceOf({ clusterIp, port, nodePort, endpoint, policy }: TopologyService, index: number): Service {
  const address = clusterIp === undefined ? 0 : ip(clusterIp);
  return {
    ...SERVICE_DEFAULTS,
    metadata: { namespace: 'default', name: `service-${index}`, labels: {} },
    type: nodePort === undefined ? 'ClusterIP' : 'NodePort',
    clusterIp: address,
    clusterIps: address === 0 ? [] : [address],
    headless: false,
    selector: null,
    ports: [
      {
        name: '',
        protocol: Protocol.tcp,
        port: port ?? portOf(endpoint),
        targetPort: portOf(endpoint),
        nodePort: nodePort ?? 0,
      },
    ],
    externalTrafficPolicy: policy,
  };
}

function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

function addressPart(text: string): string {
  return text.slice(0, text.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function portOf(text: string): number {
  return Number(text.slice(text.lastIndexOf(':') + 1));
}

/** The longest prefix that holds all addresses, with room for a few more. */
function commonPrefix(addresses: readonly IpAddress[]): IpPrefix {
  const first = addresses[0]!;
  for (let bits = addressBits(familyOf(first)) - 8; bits > 0; bits--) {
    const network = networkOf(first, bits);
    if (addresses.every((address) => inPrefix(address, network, bits))) return { address: network, bits };
  }
  throw new Error('the underlay has no common prefix');
}
