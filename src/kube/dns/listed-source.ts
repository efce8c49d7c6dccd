/**
 * A cluster as lists of what its DNS server reads: for tests, for what somebody wrote down, for a snapshot.
 *
 * Cost: one pass over the lists; then O(1) a name, O(slices) a reverse name.
 */
import type { IpAddress } from '../../net/index.js';
import { objectKey } from '../store.js';
import type { DnsService, DnsSlice, DnsSource } from './record-source.js';

/** A Pod's address. */
export interface DnsPod {
  readonly namespace: string;
  readonly address: IpAddress;
}

/** What there is. */
export interface ListedCluster {
  readonly services: readonly DnsService[];
  readonly slices: readonly DnsSlice[];
  readonly pods?: readonly DnsPod[];
  /** undefined: every namespace exists. */
  readonly hasNamespace?: (namespace: string) => boolean;
  readonly serial?: number;
  /** True when nothing is said. */
  readonly synced?: boolean;
}

const NONE: readonly DnsSlice[] = [];

/** A source over lists. */
export class ListedSource implements DnsSource {
  readonly synced: boolean;
  readonly serial: number;
  private readonly cluster: ListedCluster;
  private readonly byName: ReadonlyMap<string, DnsService>;
  private readonly byService: ReadonlyMap<string, readonly DnsSlice[]>;

  /** @param cluster the lists; they are read now and must not change */
  constructor(cluster: ListedCluster) {
    this.cluster = cluster;
    this.synced = cluster.synced ?? true;
    this.serial = cluster.serial ?? 1;
    this.byName = new Map(cluster.services.map((service) => [objectKey(service.namespace, service.name), service]));
    const byService = new Map<string, DnsSlice[]>();
    for (const slice of cluster.slices) {
      const key = objectKey(slice.namespace, slice.service);
      const group = byService.get(key);
      if (group === undefined) byService.set(key, [slice]);
      else group.push(slice);
    }
    this.byService = byService;
  }

  hasNamespace(namespace: string): boolean {
    return this.cluster.hasNamespace?.(namespace) ?? true;
  }

  service(namespace: string, name: string): DnsService | undefined {
    return this.byName.get(objectKey(namespace, name));
  }

  slices(namespace: string, service: string): Iterable<DnsSlice> {
    return this.byService.get(objectKey(namespace, service)) ?? NONE;
  }

  servicesAt(address: IpAddress): Iterable<DnsService> {
    return this.cluster.services.filter(({ clusterIps }) => clusterIps.includes(address));
  }

  slicesWith(address: IpAddress): Iterable<DnsSlice> {
    return this.cluster.slices.filter(({ endpoints }) => endpoints.some((endpoint) => endpoint.address === address));
  }

  podNamespaces(address: IpAddress): Iterable<string> {
    const pods = this.cluster.pods ?? [];
    return pods.filter((pod) => pod.address === address).map(({ namespace }) => namespace);
  }
}
