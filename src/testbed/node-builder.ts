/** Builds a node: its tables in each family, its stack, and its wires to the switch. */
import { ConnectionChains, KUBE_PROXY_SYSCTLS, NodeStack, type FamilyParts, type NodeParts } from '../kernel/index.js';
import type { Cluster } from '../kube/index.js';
import type { IpFamily } from '../net/index.js';
import type { ProxyNode } from '../proxy/index.js';
import type { ClusterOptions, ProxyCase } from '../scenario/case.js';
import { familyKernel, type IpvsChoices, type RuleStores } from './family-kernel.js';
import type { Foundation } from './foundation.js';
import type { Overlay } from './overlay.js';

/** What nodes are built from. */
export interface NodeBuilderSetup {
  readonly base: Foundation;
  readonly cluster: Cluster;
  /** One for each family of the cluster, the primary one first. */
  readonly overlays: readonly Overlay[];
  readonly stores: RuleStores;
  readonly options: ClusterOptions;
  readonly ipvsTimeouts: ProxyCase['ipvsTimeouts'];
}

/**
 * Builds node `index`, plugs it into the switch and adds it to the foundation.
 * @returns what the proxy of each family knows of it, in the order of the overlays
 */
export function buildNode(setup: NodeBuilderSetup, index: number): readonly ProxyNode[] {
  const { base, cluster, overlays, stores, options } = setup;
  const node = cluster.nodes[index]!;
  const host = base.addNodeHost(node.ip, node.secondIp);
  const relay = base.relays.add(host);
  const parts = new Map<IpFamily, FamilyParts>();
  const ipvs = ipvsChoices(setup, index);
  const proxyNodes = overlays.map((overlay): ProxyNode => {
    const kernel = familyKernel(base.underlay, stores, ipvs);
    overlay.install(index, kernel);
    const network = overlay.network(index);
    // flanneld starts behind kube-proxy, through which it reaches the API: what it registers stands first.
    parts.set(overlay.family, { ...kernel, ...network, nftablesFirst: options.flannelMasquerade === 'nftables' });
    const facts = { index, name: node.name, zone: node.zone, ip: network.address, localIps: overlay.localIps(index) };
    return { ...facts, ...kernel, relay };
  });
  const stack = new NodeStack(base.underlay, nodeParts(setup, index, host, parts));
  stack.attach(base.links.add(options.link, base.switch));
  const wire = base.links.add(options.link, stack);
  for (const { ip } of proxyNodes) base.switch.plug(ip, wire);
  base.nodes.push(stack);
  return proxyNodes;
}

/** What both families of a node's ip_vs have in common, as its kernel has it and kube-proxy sets it. */
function ipvsChoices({ base, options, ipvsTimeouts }: NodeBuilderSetup, index: number): IpvsChoices {
  const { loadFactor, tableBits, connReuseMode, reuseRules } = options.ipvs;
  return {
    random: base.streams.stream(`node/${index}/ipvs`),
    loadActiveFactor: loadFactor,
    sysctls: { ...KUBE_PROXY_SYSCTLS, connReuseMode, reuseRules },
    timeouts: ipvsTimeouts,
    chains: new ConnectionChains(tableBits),
  };
}

function nodeParts(
  { base, options }: NodeBuilderSetup,
  index: number,
  host: number,
  parts: ReadonlyMap<IpFamily, FamilyParts>,
): NodeParts {
  const { streams } = base;
  return {
    ipv4: parts.get(4) ?? null,
    ipv6: parts.get(6) ?? null,
    host,
    conntrack: options.conntrack,
    cores: options.coresPerNode,
    backlogPackets: options.backlogPackets,
    icmpLimits: base.errorLimits.addNode(),
    picks: streams.stream(`node/${index}/statistic`),
    ports: streams.stream(`node/${index}/nat-ports`),
  };
}
