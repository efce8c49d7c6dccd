/**
 * How containers of a cluster find Services: its DNS server, resolvers, hosts files and environment variables, without sending packets.
 *
 * The server is CoreDNS as kubeadm sets it up, at the cluster IP of kube-system/kube-dns; without such a Service it is assumed at the
 * address that kubeadm would give it. It answers always: whether packets reach it is another question. Node's own resolver file: one
 * made-up nameserver, unless a file is given.
 */
import {
  addressIn,
  ClusterDns,
  hostsEntries,
  hostsFilePod,
  hostsFileText,
  KUBEADM_DNS,
  linkedService,
  podResolvConf,
  serviceEnvironment,
  StoreSource,
  type Cluster,
  type ClusterDnsOptions,
  type EnvironmentVariable,
  type HostsEntry,
  type PodResolvConf,
  type ResolvConf,
  type Service,
  type Upstream,
} from '../../kube/index.js';
import { formatIp } from '../../net/index.js';
import type { Asker } from './asker.js';
import { namespaceHint } from './near-names.js';

/** The DNS server's address where the cluster has no Service for it (kubeadm: the tenth of 10.96.0.0/12). */
const ASSUMED_ADDRESS = '10.96.0.10';
/** Domain of clusters. */
export const CLUSTER_DOMAIN = 'cluster.local';
const DNS_SERVICES = ['kube-system/kube-dns', 'kube-system/coredns'];

/** A node's resolver file where none is given; the address is kept for documentation. */
const HOST_RESOLV_CONF: ResolvConf = { nameservers: ['192.0.2.53'], searches: [], options: [] };

/** Settings that a cluster's objects do not tell. */
export interface DiscoverySetup {
  readonly upstream: Upstream;
  /** The nodes' own resolver file. */
  readonly hostResolvConf: ResolvConf | undefined;
}

/** A cluster's discovery. */
export class DiscoveryLab {
  readonly server: ClusterDns;
  /** Addresses at which the server is asked. */
  readonly clusterDns: readonly string[];
  private readonly notes: readonly string[];
  private readonly cluster: Cluster;
  private readonly setup: DiscoverySetup;
  private readonly source: StoreSource;

  /** @param cluster whose store is looked at */
  constructor(cluster: Cluster, setup: DiscoverySetup) {
    this.cluster = cluster;
    this.setup = setup;
    const { store, slices, nodes } = cluster;
    this.source = new StoreSource({ store, slices, nodes });
    const service = dnsServiceOf(cluster);
    const key = service === undefined ? '' : `${service.metadata.namespace}/${service.metadata.name}`;
    const endpoints = slices.of(key).flatMap((slice) => slice.endpoints.filter(({ ready }) => ready));
    const localAddresses = endpoints.slice(0, 1).map(({ address }) => address);
    const options: ClusterDnsOptions = { ...KUBEADM_DNS, localAddresses, upstream: setup.upstream };
    this.server = new ClusterDns(this.source, options);
    this.clusterDns = service === undefined ? [ASSUMED_ADDRESS] : service.clusterIps.map(formatIp);
    this.notes = notesOf(key, endpoints.length);
  }

  /** What is assumed, and what of an asker's surroundings is strange. */
  notesFor({ namespace }: Asker): readonly string[] {
    if (this.source.hasNamespace(namespace)) return this.notes;
    const hint = namespaceHint(this.cluster.store, namespace);
    return [...this.notes, `nothing is in namespace ${namespace}${hint}`];
  }

  /** What stands in a container's resolver file. */
  resolvConf({ namespace, pod }: Asker): PodResolvConf {
    const { dnsPolicy, dnsConfig } = pod?.discovery ?? {};
    const policy = dnsPolicy === undefined ? {} : { dnsPolicy };
    const config = dnsConfig === undefined ? {} : { dnsConfig };
    return podResolvConf(
      { namespace, hostNetwork: pod?.hostNetwork ?? false, ...policy, ...config },
      {
        clusterDns: this.clusterDns.slice(0, 1),
        clusterDomain: CLUSTER_DOMAIN,
        hostResolvConf: this.setup.hostResolvConf ?? HOST_RESOLV_CONF,
      },
    );
  }

  /** A Pod's hosts file; empty where it is not known which Pod. */
  hostsText({ pod }: Asker): string {
    if (pod === undefined) return '';
    const addresses = this.cluster.families.map((family) => addressIn(pod, family)).filter((address) => address !== 0);
    return hostsFileText(hostsFilePod(pod, addresses.map(formatIp)), CLUSTER_DOMAIN);
  }

  /** The names that a container finds without DNS. */
  hosts(asker: Asker): readonly HostsEntry[] {
    return hostsEntries(this.hostsText(asker));
  }

  /** The environment variables of Services; those of a container that starts now. */
  variables({ namespace, pod }: Asker): readonly EnvironmentVariable[] {
    const services = [...this.cluster.store.list('service')].map(linkedService);
    return serviceEnvironment(services, {
      namespace,
      enableServiceLinks: pod?.discovery?.enableServiceLinks ?? true,
    });
  }
}

function dnsServiceOf({ store }: Cluster): Service | undefined {
  for (const key of DNS_SERVICES) {
    const service = store.get('service', key);
    if (service !== undefined && service.clusterIps.length > 0) return service;
  }
  return undefined;
}

function notesOf(key: string, endpoints: number): string[] {
  if (key === '') return [`no Service kube-system/kube-dns: the DNS server is assumed at ${ASSUMED_ADDRESS}`];
  if (endpoints === 0) return [`${key} has no ready endpoint: answers are those that its server would give if it had`];
  return [];
}
