/**
 * From a case's kube-proxy, which is one for both families, to the options of one family's proxier.
 *
 * Mirrors cmd/kube-proxy/app server_linux.go (getLocalDetectors, 1.34-era): prefixes are sorted by family, and the detector of a
 * family is made from that family's range. `nodePortAddresses: primary` becomes the node range of the family, in which a node
 * has its primary address and no other.
 */
import { familyOf, type IpFamily, type IpPrefix } from '../net/index.js';
import type { LocalDetector, ProxyOptions } from '../proxy/modes/index.js';
import type { Case, ClusterOptions, ProxyCase } from './case.js';

/**
 * The options of one family.
 * @param family one of the cluster's
 * @param plan cluster and kube-proxy of the case
 * @param subnets pod subnet of each node in that family, by index; looked at for NodeCIDR only
 */
export function proxyOptions(
  family: IpFamily,
  { proxy, cluster }: Pick<Case, 'proxy' | 'cluster'>,
  subnets: readonly IpPrefix[],
): ProxyOptions {
  const own = (prefixes: readonly IpPrefix[]): readonly IpPrefix[] =>
    prefixes.filter(({ address }) => familyOf(address) === family);
  const addresses = proxy.nodePortAddresses;
  return {
    scheduler: proxy.scheduler,
    detector: detector(proxy, family === 4 ? cluster.podCidr : cluster.podCidr6, subnets),
    masqueradeAll: proxy.masqueradeAll,
    masqueradeBit: proxy.masqueradeBit,
    nodePortAddresses: addresses === 'primary' ? [nodeRange(family, cluster)] : own(addresses),
    localhostNodePorts: proxy.localhostNodePorts,
    nfacctCounters: proxy.nfacctCounters,
    randomFully: proxy.randomFully,
    conntrackTcpBeLiberal: proxy.conntrackTcpBeLiberal,
    serviceCidrs: [family === 4 ? cluster.serviceCidr : cluster.serviceCidr6],
    strictArp: proxy.strictArp,
    excludeCidrs: own(proxy.excludeCidrs),
    minSyncPeriodNs: proxy.minSyncPeriodNs,
    syncPeriodNs: proxy.syncPeriodNs,
    burst: proxy.burst,
  };
}

function nodeRange(family: IpFamily, { nodeCidr, nodeCidr6 }: ClusterOptions): IpPrefix {
  return family === 4 ? nodeCidr : nodeCidr6;
}

function detector(
  { detectLocalMode, localInterface }: ProxyCase,
  podCidr: IpPrefix,
  subnets: readonly IpPrefix[],
): ProxyOptions['detector'] {
  switch (detectLocalMode) {
    case 'ClusterCIDR':
      return { kind: 'source', prefix: podCidr };
    case 'NodeCIDR':
      return subnets.map((prefix): LocalDetector => ({ kind: 'source', prefix }));
    case 'BridgeInterface':
      return { kind: 'interface', name: localInterface };
    case 'InterfaceNamePrefix':
      return { kind: 'interface', name: `${localInterface}+` };
    case 'None':
      return { kind: 'none' };
  }
}
