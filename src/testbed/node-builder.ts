/** Builds a node: its tables, its stack, and its wires to the switch. */
import { Ipvs, Netfilter, NodeStack, SetTable, type RuleStore } from '../kernel/index.js';
import type { Cluster } from '../kube/index.js';
import { AddressMap } from '../net/index.js';
import type { ProxyNode } from '../proxy/index.js';
import type { ClusterOptions, ProxyCase } from '../scenario/case.js';
import type { Foundation } from './foundation.js';
import type { Overlay } from './overlay.js';

/** Largest IP packet of the uplink, and what VXLAN takes of it (flannel: device MTU less 50). */
const UPLINK_MTU = 1500;
const TUNNEL_MTU = UPLINK_MTU - 50;

/** What nodes are built from. */
export interface NodeBuilderSetup {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly overlay: Overlay;
  readonly rules: RuleStore;
  readonly options: ClusterOptions;
  readonly lookup: ProxyCase['lookup'];
}

/** Builds node `index`, plugs it into the switch and adds it to the foundation. */
export function buildNode(setup: NodeBuilderSetup, index: number): ProxyNode {
  const { base, cluster, overlay, options } = setup;
  const { simulation, wheels, packets, underlay, streams } = base;
  const { ip, name } = cluster.nodes[index]!;
  const subnet = cluster.podAddresses.subnet(index);
  const bridgeAddress = cluster.podAddresses.gateway(index);
  const netfilter = new Netfilter(setup.rules, packets, underlay.work, new SetTable(), setup.lookup);
  const ipvs = new Ipvs({ simulation, wheels, packets, work: underlay.work });
  const own = new AddressMap();
  for (const address of [ip, bridgeAddress, subnet.address]) own.set(address, 0);
  overlay.install(index, netfilter);
  const stack = new NodeStack(underlay, {
    address: ip,
    bridgeAddress,
    tunnelAddress: subnet.address,
    routes: overlay.routes(index),
    own,
    netfilter,
    ipvs,
    conntrack: options.conntrack,
    cores: options.coresPerNode,
    backlogPackets: options.backlogPackets,
    tunnelMtu: TUNNEL_MTU,
    uplinkMtu: UPLINK_MTU,
    picks: streams.stream(`node/${index}/statistic`),
    ports: streams.stream(`node/${index}/nat-ports`),
  });
  stack.attach(base.links.add(options.link, base.switch));
  base.switch.plug(ip, base.links.add(options.link, stack));
  base.nodes.push(stack);
  return { index, name, ip, netfilter, ipvs };
}
