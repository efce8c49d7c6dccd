/**
 * The resolver's configuration that the kubelet gives to a Pod's containers.
 *
 * Mirrors GetPodDNS of the kubelet (pkg/kubelet/network/dns/dns.go, 1.34): policy, then dnsConfig appended without duplicates, then the
 * limits. An option of dnsConfig takes the place of one of the same name; the kubelet writes options in no fixed order, here they stand in
 * the order of their first mention.
 */
import type { PodDiscovery, PodDnsConfig } from '../api.js';
import type { ResolvConf } from './resolv-conf.js';

/** Settings of the kubelet. */
export interface KubeletDns {
  /** --cluster-dns; empty: not set. */
  readonly clusterDns: readonly string[];
  /** --cluster-domain without dots around; empty: not set. */
  readonly clusterDomain: string;
  /** What the file named by --resolv-conf says; undefined where the kubelet is told not to read any. */
  readonly hostResolvConf: ResolvConf | undefined;
  /** Families of the node's addresses: whose loopback stands in for a host's file that is not read. */
  readonly nodeFamilies?: readonly (4 | 6)[];
  readonly limits?: ResolvConfLimits;
}

/** What the kubelet lets through. */
export interface ResolvConfLimits {
  readonly nameservers: number;
  readonly searches: number;
  /** Characters of the search list with its spaces. */
  readonly searchCharacters: number;
  /** Characters of one search domain. */
  readonly domainCharacters: number;
}

/** Since ExpandedDNSConfig (on by default from 1.26, stable in 1.28). */
export const RESOLV_CONF_LIMITS: ResolvConfLimits = {
  nameservers: 3,
  searches: 32,
  searchCharacters: 2048,
  domainCharacters: 253,
};

/** Before that, as in 1.20. */
export const LEGACY_RESOLV_CONF_LIMITS: ResolvConfLimits = {
  nameservers: 3,
  searches: 6,
  searchCharacters: 256,
  domainCharacters: Infinity,
};

/** A Pod as far as its resolver goes. */
export interface ResolvingPod extends Pick<PodDiscovery, 'dnsPolicy' | 'dnsConfig'> {
  readonly namespace: string;
  readonly hostNetwork: boolean;
}

/** A Pod's configuration, and the events that the kubelet would record. */
export interface PodResolvConf extends ResolvConf {
  readonly events: readonly PodDnsEvent[];
}

/** A warning on the Pod. */
export interface PodDnsEvent {
  readonly reason: 'MissingClusterDNS' | 'DNSConfigForming';
  readonly message: string;
}

const EMPTY: ResolvConf = { nameservers: [], searches: [], options: [] };

/** What stands in a Pod's `/etc/resolv.conf`. */
export function podResolvConf(pod: ResolvingPod, kubelet: KubeletDns): PodResolvConf {
  const events: PodDnsEvent[] = [];
  const base = baseOf(pod, kubelet, events);
  return { ...withinLimits(appended(base, pod.dnsConfig), kubelet.limits ?? RESOLV_CONF_LIMITS, events), events };
}

function baseOf(pod: ResolvingPod, kubelet: KubeletDns, events: PodDnsEvent[]): ResolvConf {
  const { dnsPolicy: policy = 'ClusterFirst', hostNetwork, namespace } = pod;
  if (policy === 'None') return EMPTY;
  const wantsCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !hostNetwork);
  if (wantsCluster && kubelet.clusterDns.length > 0) {
    const { clusterDns: nameservers, clusterDomain: domain, hostResolvConf } = kubelet;
    const host = hostResolvConf?.searches ?? [];
    const own = domain === '' ? [] : [`${namespace}.svc.${domain}`, `svc.${domain}`, domain];
    return { nameservers, searches: domain === '' ? host : unique([...own, ...host]), options: ['ndots:5'] };
  }
  if (wantsCluster) {
    const fallback = `Falling back to "Default" policy.`;
    const message = `kubelet does not have ClusterDNS IP configured and cannot create Pod using "${policy}" policy. ${fallback}`;
    events.push({ reason: 'MissingClusterDNS', message });
  }
  return kubelet.hostResolvConf ?? loopback(kubelet.nodeFamilies ?? [4]);
}

/** Where no file is read, lookups go to the machine itself, and nowhere else. */
function loopback(families: readonly (4 | 6)[]): ResolvConf {
  const nameservers = families.length === 0 ? ['127.0.0.1'] : families.map((own) => (own === 4 ? '127.0.0.1' : '::1'));
  return { nameservers, searches: ['.'], options: [] };
}

function appended(base: ResolvConf, config: PodDnsConfig | undefined): ResolvConf {
  if (config === undefined) return base;
  const options = new Map<string, string>();
  for (const option of base.options) {
    const [name = '', ...value] = option.split(':');
    options.set(name, value.join(':'));
  }
  for (const { name, value = '' } of config.options ?? []) options.set(name, value);
  return {
    nameservers: unique([...base.nameservers, ...(config.nameservers ?? [])]),
    searches: unique([...base.searches, ...(config.searches ?? [])]),
    options: Array.from(options, ([name, value]) => (value === '' ? name : `${name}:${value}`)),
  };
}

function withinLimits(conf: ResolvConf, limits: ResolvConfLimits, events: PodDnsEvent[]): ResolvConf {
  const nameservers = conf.nameservers.slice(0, limits.nameservers);
  if (nameservers.length < conf.nameservers.length) {
    const applied = `the applied nameserver line is: ${nameservers.join(' ')}`;
    const message = `Nameserver limits were exceeded, some nameservers have been omitted, ${applied}`;
    events.push({ reason: 'DNSConfigForming', message });
  }
  const few = conf.searches.slice(0, limits.searches);
  const searches = few.filter(({ length }) => length <= limits.domainCharacters);
  while (searches.join(' ').length > limits.searchCharacters) searches.pop();
  if (searches.length < conf.searches.length) {
    const applied = `the applied search line is: ${searches.join(' ')}`;
    const message = `Search Line limits were exceeded, some search paths have been omitted, ${applied}`;
    events.push({ reason: 'DNSConfigForming', message });
  }
  return { nameservers, searches, options: conf.options };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
