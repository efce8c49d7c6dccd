/**
 * A container's `/etc/hosts` as the kubelet writes it (pkg/kubelet/kubelet_pods.go, 1.34), and what its names stand for.
 *
 * Names of the file are found without a single DNS query: `hosts: files dns` is the order of glibc's default and of what images ship, and
 * musl knows no other. A name matches the whole entry, without regard to case; search domains are not tried. The file does not change while
 * the Pod lives.
 */
import { familyOf, parseIp, type IpAddress } from '../../net/index.js';
import type { HostAlias, Pod } from '../api.js';
import { sameName } from './domain-name.js';

/** A Pod as far as its hosts file goes. */
export interface HostsFilePod {
  readonly namespace: string;
  readonly name: string;
  /** spec.hostname and spec.subdomain; empty for none. */
  readonly hostname: string;
  readonly subdomain: string;
  /** Addresses as text, the primary one first. */
  readonly addresses: readonly string[];
  readonly hostAliases: readonly HostAlias[];
  readonly hostNetwork: boolean;
}

/** A line of the file. */
export interface HostsEntry {
  readonly address: IpAddress;
  readonly names: readonly string[];
}

const HEADER = '# Kubernetes-managed hosts file.\n';
const HOST_NETWORK_HEADER = '# Kubernetes-managed hosts file (host network).\n';
const LINES = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

/** Longest name that the kernel takes for a host, without its end. */
const LONGEST_HOSTNAME = 63;

/**
 * The file of a Pod.
 * @param clusterDomain such as `cluster.local`
 * @param nodeHosts the node's own file, for Pods in the node's network
 */
export function hostsFileText(pod: HostsFilePod, clusterDomain: string, nodeHosts = ''): string {
  const aliases = aliasLines(pod.hostAliases);
  if (pod.hostNetwork) return `${HOST_NETWORK_HEADER}${nodeHosts}${aliases}`;
  const { subdomain, namespace } = pod;
  const hostname = podHostname(pod);
  const qualified = subdomain === '' ? '' : `${hostname}.${subdomain}.${namespace}.svc.${clusterDomain}\t`;
  const own = pod.addresses.map((address) => `${address}\t${qualified}${hostname}`);
  return `${HEADER}${[...LINES, ...own].map((line) => `${line}\n`).join('')}${aliases}`;
}

/** What the host is called inside the Pod: spec.hostname or the Pod's name, cut to 63 characters. */
export function podHostname({ name, hostname }: { readonly name: string; readonly hostname: string }): string {
  const full = hostname === '' ? name : hostname;
  return full.length <= LONGEST_HOSTNAME ? full : full.slice(0, LONGEST_HOSTNAME).replace(/[-.]+$/, '');
}

/** The entries of a file; comments and lines without an address are passed over. */
export function hostsEntries(text: string): readonly HostsEntry[] {
  return text.split('\n').flatMap((line) => {
    const [first = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const address = parseIp(first);
    return address === undefined || names.length === 0 ? [] : [{ address, names }];
  });
}

/**
 * Addresses that a file gives to a name.
 * @param families the families that are asked for
 */
export function addressesInHosts(
  entries: readonly HostsEntry[],
  name: string,
  families: readonly (4 | 6)[],
): readonly IpAddress[] {
  const own = name.replace(/\.$/, '');
  const found = entries.filter(({ names }) => names.some((other) => sameName(other, own)));
  return found.map(({ address }) => address).filter((address) => families.includes(familyOf(address)));
}

/** A Pod of the store as its hosts file needs it. @param addresses of the Pod, as text */
export function hostsFilePod(pod: Pod, addresses: readonly string[]): HostsFilePod {
  const { metadata, hostname = '', subdomain = '', hostNetwork, discovery } = pod;
  const hostAliases = discovery?.hostAliases ?? [];
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    hostname,
    subdomain,
    addresses,
    hostAliases,
    hostNetwork,
  };
}

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames }) => `${[ip, ...hostnames].join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}
