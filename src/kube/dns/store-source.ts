/**
 * The cluster's store as its DNS server reads it: Services, slices and Pods as they are at the moment of the question.
 *
 * Nothing is copied: a name costs O(endpoints of its Service). Reverse names are looked up in an index of addresses that is made when
 * first asked for and again after a change, O(Services and endpoints of the cluster). Namespaces are those that objects are in, and the
 * four that every cluster has. A server with a view of its own, late by the delay of its watch, is given a store of its own.
 */
import type { IpAddress } from '../../net/index.js';
import type { EndpointSlice, Node, Service } from '../api.js';
import type { SliceIndex } from '../slice-index.js';
import { objectKey, type Store } from '../store.js';
import type { DnsEndpoint, DnsService, DnsSlice, DnsSource } from './record-source.js';

/** What to read. */
export interface StoreSourceSetup {
  readonly store: Store;
  readonly slices: SliceIndex;
  /** By index. */
  readonly nodes: readonly Node[];
  /** Unix time in seconds, for the zones' serial; 1 where nobody cares. */
  readonly clockSeconds?: () => number;
}

/** A cluster's store as a DNS server's source. */
export class StoreSource implements DnsSource {
  readonly synced = true;
  private readonly setup: StoreSourceSetup;
  private modified: number;
  private readonly namespaces = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);
  private reverse: ReverseIndex | undefined;

  /** @param setup the store, its slices by Service, and the nodes */
  constructor(setup: StoreSourceSetup) {
    this.setup = setup;
    const { store } = setup;
    this.modified = this.now();
    for (const { metadata } of store.list('service')) this.namespaces.add(metadata.namespace);
    for (const { metadata } of store.list('pod')) this.namespaces.add(metadata.namespace);
    store.watch('service', ({ object }) => this.changed(object.metadata.namespace));
    store.watch('slice', ({ object }) => this.changed(object.metadata.namespace));
    store.watch('pod', ({ object }) => {
      this.namespaces.add(object.metadata.namespace);
      this.reverse = undefined;
    });
  }

  /** Unix time of the last change, in seconds. */
  get serial(): number {
    return this.modified;
  }

  hasNamespace(namespace: string): boolean {
    return this.namespaces.has(namespace);
  }

  service(namespace: string, name: string): DnsService | undefined {
    const service = this.setup.store.get('service', objectKey(namespace, name));
    return service === undefined ? undefined : serviceOf(service);
  }

  slices(namespace: string, service: string): Iterable<DnsSlice> {
    return this.setup.slices.of(objectKey(namespace, service)).map((slice) => this.sliceOf(slice));
  }

  servicesAt(address: IpAddress): Iterable<DnsService> {
    return (this.index().services.get(address) ?? []).map(serviceOf);
  }

  slicesWith(address: IpAddress): Iterable<DnsSlice> {
    return (this.index().slices.get(address) ?? []).map((slice) => this.sliceOf(slice));
  }

  podNamespaces(address: IpAddress): Iterable<string> {
    return this.index().pods.get(address) ?? [];
  }

  private changed(namespace: string): void {
    this.modified = this.now();
    this.namespaces.add(namespace);
    this.reverse = undefined;
  }

  private sliceOf({ metadata, service, ports, endpoints }: EndpointSlice): DnsSlice {
    const { nodes } = this.setup;
    const ready: DnsEndpoint[] = [];
    for (const { ready: isReady, address, target, node, hostname = '' } of endpoints) {
      if (!isReady) continue;
      const podName = target.slice(target.indexOf('/') + 1);
      ready.push({ address, hostname, podName, zone: nodes[node]?.zone ?? '' });
    }
    return { namespace: metadata.namespace, service, ports, endpoints: ready };
  }

  private now(): number {
    return this.setup.clockSeconds?.() ?? 1;
  }

  private index(): ReverseIndex {
    return (this.reverse ??= reverseIndex(this.setup.store));
  }
}

interface ReverseIndex {
  readonly services: ReadonlyMap<IpAddress, readonly Service[]>;
  readonly slices: ReadonlyMap<IpAddress, readonly EndpointSlice[]>;
  readonly pods: ReadonlyMap<IpAddress, readonly string[]>;
}

function serviceOf({ metadata, type, headless, clusterIps, ports, externalName = '' }: Service): DnsService {
  const kind = type === 'ExternalName' ? type : headless ? 'Headless' : 'ClusterIP';
  return { namespace: metadata.namespace, name: metadata.name, kind, clusterIps, externalName, ports };
}

function reverseIndex(store: Store): ReverseIndex {
  const services = new Map<IpAddress, Service[]>();
  const slices = new Map<IpAddress, EndpointSlice[]>();
  const pods = new Map<IpAddress, string[]>();
  for (const service of store.list('service')) for (const own of service.clusterIps) add(services, own, service);
  for (const slice of store.list('slice')) {
    for (const { ready, address } of slice.endpoints) if (ready) add(slices, address, slice);
  }
  for (const { metadata, ip, terminating, phase } of store.list('pod')) {
    const isGone = terminating || phase === 'Succeeded' || phase === 'Failed';
    if (ip !== 0 && !isGone) add(pods, ip, metadata.namespace);
  }
  return { services, slices, pods };
}

function add<T>(map: Map<IpAddress, T[]>, address: IpAddress, value: T): void {
  const group = map.get(address);
  if (group === undefined) map.set(address, [value]);
  else if (group.at(-1) !== value) group.push(value);
}
