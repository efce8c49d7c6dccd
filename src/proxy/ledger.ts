/**
 * The ledger: the cluster's service ports and their endpoints of one family as kube-proxy sees them, in every revision still in use.
 *
 * Mirrors kube-proxy's service and endpoint trackers (pkg/proxy servicechangetracker.go, endpointschangetracker.go,
 * 1.34-era), kept once for all nodes: nodes lag behind by different spans, so each says which revision it has seen. Revision 1 holds what
 * the store held when the ledger was made; every later write that kube-proxy's trackers would notice is one revision, slices without a
 * Service included. Cost: O(endpoints of the Service) a write.
 */
import { objectKey, type EndpointSlice, type Service, type ServicePortSpec } from '../kube/index.js';
import type { SliceIndex, Store, WatchEvent } from '../kube/index.js';
import type { IpAddress, IpFamily } from '../net/index.js';
import { invariant } from '../sim/index.js';
import { EndpointMerger, NO_ENDPOINTS } from './endpoint-merge.js';
import { KeySets } from './key-sets.js';
import { mergeChange, numberIn } from './merge-change.js';
import { PortVersions } from './port-versions.js';
import {
  isWatched,
  lastOfEachName,
  proxiedAddress,
  sameServicePort,
  servicePortOf,
  sliceDiffers,
} from './service-map.js';
import type { EndpointList, ServicePort } from './service-port.js';
import { TouchLog } from './touch-log.js';
import { TriggerLog } from './trigger-log.js';
import { UdpLog } from './udp-log.js';

/** Touched by slices of which there is no service port. */
const NO_KEY = -1;

/** Where a ledger reads. A `Cluster` is one. */
export interface LedgerSource {
  readonly store: Store;
  /** Must have been made before the ledger, so that it is told of writes first. */
  readonly slices: SliceIndex;
}

/** Service ports by revision. */
export class Ledger {
  /** The newest revision. */
  revision = 1;
  readonly family: IpFamily;
  /** What triggered the writes of slices. */
  readonly triggers = new TriggerLog();
  private readonly source: LedgerSource;
  private readonly merger: EndpointMerger;
  private readonly keysOfService = new Map<string, readonly number[]>();
  private readonly keySets = new KeySets();
  private readonly versions = new PortVersions();
  private readonly touched = new TouchLog();
  private readonly udp = new UdpLog();
  private total = 0;
  /** By key: endpoints of the port in all slices, counted as often as they stand there. */
  private readonly collected: number[] = [];
  /** Endpoints of all ports by revision, from `floor` on: the oldest revision that can still be asked for. */
  private readonly totals: number[] = [0];
  private floor = 0;
  private readonly listeners: ((revision: number) => void)[] = [];

  /**
   * @param source the cluster; what it holds becomes revision 1
   * @param family the one whose service ports and endpoints these are
   */
  constructor(source: LedgerSource, family: IpFamily) {
    this.source = source;
    this.family = family;
    this.merger = new EndpointMerger(family);
    for (const service of source.store.list('service')) this.takeService(service);
    for (const slice of source.store.list('slice')) if (this.takes(slice)) this.udp.note(1, undefined, slice, () => []);
    this.totals.push(this.total);
    source.store.watch('service', (event) =>
      this.write(() => (event.type === 'deleted' ? this.dropService(event.key) : this.takeService(event.object))),
    );
    source.store.watch('slice', (event) => {
      if (this.notices(event)) this.write(() => this.takeSlices(event));
    });
  }

  /** The oldest revision that can still be asked for, besides 0. */
  get oldest(): number {
    return this.floor;
  }

  /** Has `listener` called with every new revision. */
  listen(listener: (revision: number) => void): void {
    this.listeners.push(listener);
  }

  /** Keys of the service ports in a revision, in the order of their creation; the same array while the set is the same. */
  keysAt(revision: number): readonly number[] {
    this.check(revision);
    return this.keySets.at(revision);
  }

  /** A service port as it was in a revision; undefined when it was not there. */
  portAt(key: number, revision: number): ServicePort | undefined {
    this.check(revision);
    return this.versions.at(key, revision);
  }

  /**
   * Keys of the service ports whose Service or slices changed after `from`, up to and including `to`, ascending: those
   * whose chains a partial sync rewrites. A key may be among them though its port is the same object as before (an
   * endpoint that is not ready came); a port that was there neither in `from` nor in `to` is not.
   */
  changedBetween(from: number, to: number): number[] {
    if (from === 0) return [...this.keysAt(to)];
    this.check(from);
    const wasOrIs = (key: number): boolean => (this.portAt(key, from) ?? this.portAt(key, to)) !== undefined;
    return [...this.touched.between(from, to)].filter(wasOrIs).sort((a, b) => a - b);
  }

  /** Endpoints of all service ports in a revision, whatever their conditions: what decides on large-cluster mode. */
  endpointCountAt(revision: number): number {
    this.check(revision);
    return revision === 0 ? 0 : this.totals[revision - this.floor]!;
  }

  /**
   * Whether a sync from one revision to another has to look for stale conntrack entries: endpoints of a Service that has or had UDP
   * endpoints changed (ConntrackCleanupRequired).
   * @param from 0 for the first sync of a proxy
   */
  cleanupBetween(from: number, to: number): boolean {
    this.check(from);
    this.check(to);
    return from > 0 ? this.udp.changedBetween(from, to) : this.udp.presentAt(to);
  }

  /**
   * Drops what only revisions need that nobody can ask for any more.
   * @param inUse revisions that are in place somewhere, or about to be; ascending
   * @param through revisions above this can be asked for too
   */
  forgetUnused(inUse: readonly number[], through: number): void {
    this.versions.forgetUnused(inUse, through);
  }

  /** Drops what only revisions before `revision` need; revision 0, in which there is nothing, can always be asked for. */
  forgetBefore(revision: number): void {
    const floor = Math.min(revision, this.revision);
    if (floor <= this.floor) return;
    this.totals.splice(0, floor - this.floor);
    this.floor = floor;
    this.keySets.forgetBefore(floor);
    this.versions.forgetBefore(floor);
    this.touched.forgetThrough(floor);
    this.udp.forgetBefore(floor);
  }

  private check(revision: number): void {
    const kept = (revision >= this.floor && revision <= this.revision) || revision === 0;
    invariant(kept, 'ledger-revision', () => `revision ${revision}, kept ${this.floor} to ${this.revision}`);
  }

  /** Runs one write in a revision of its own, which is taken back when nothing was touched. */
  private write(change: () => void): void {
    const before = this.touched.length;
    this.revision++;
    change();
    if (this.touched.length === before) {
      this.revision--;
      return;
    }
    this.totals.push(this.total);
    for (const listener of this.listeners) listener(this.revision);
  }

  private takeService(service: Service): void {
    const serviceKey = objectKey(service.metadata.namespace, service.metadata.name);
    const before = this.keysOf(serviceKey);
    const after: number[] = [];
    const address = proxiedAddress(service, this.family);
    const touchedBefore = this.touched.length;
    for (const spec of address === 0 ? [] : lastOfEachName(service.ports)) {
      const key = before.find((known) => this.hasName(known, spec));
      if (key === undefined) after.push(this.add(service, address, spec));
      else {
        after.push(key);
        this.update(key, service, address, spec);
      }
    }
    for (const key of before) if (!after.includes(key)) this.drop(key);
    // A changed Service has all its chains rewritten, whichever of its ports changed.
    if (this.touched.length > touchedBefore) for (const key of before) this.touched.add(this.revision, key);
    if (after.length > 0) this.keysOfService.set(serviceKey, after);
    else this.keysOfService.delete(serviceKey);
  }

  private dropService(serviceKey: string): void {
    for (const key of this.keysOf(serviceKey)) this.drop(key);
    this.keysOfService.delete(serviceKey);
  }

  private notices({ type, object, previous }: WatchEvent<EndpointSlice>): boolean {
    if (type !== 'modified' || previous === undefined) return this.takes(object);
    return (this.takes(object) || this.takes(previous)) && sliceDiffers(previous, object);
  }

  private takeSlices({ type, object, previous }: WatchEvent<EndpointSlice>): void {
    const serviceKey = objectKey(object.metadata.namespace, object.service);
    const before = type === 'deleted' ? object : previous;
    const after = type === 'deleted' ? undefined : object;
    const [was, is] = [before, after].map((slice) => (slice !== undefined && this.takes(slice) ? slice : undefined));
    this.udp.note(this.revision, was, is, () => this.source.slices.of(serviceKey).filter((slice) => this.takes(slice)));
    if (is === undefined) this.triggers.clear(this.revision, serviceKey);
    else this.triggers.note(this.revision, serviceKey, is.triggerNs);
    const keys = this.keysOf(serviceKey);
    if (keys.length === 0) this.touched.add(this.revision, NO_KEY);
    for (const key of keys) {
      this.touched.add(this.revision, key);
      const port = this.present(key);
      const endpoints = this.mergeChange(port, before, after) ?? this.merge(port);
      if (endpoints !== port.endpoints) this.set(key, { ...port, endpoints });
    }
  }

  private takes({ family, service, metadata }: EndpointSlice): boolean {
    return family === this.family && service !== '' && isWatched(metadata);
  }

  private keysOf(serviceKey: string): readonly number[] {
    return this.keysOfService.get(serviceKey) ?? [];
  }

  private hasName(key: number, spec: ServicePortSpec): boolean {
    const port = this.present(key);
    return port.portName === spec.name && port.protocol === spec.protocol;
  }

  private add(service: Service, address: IpAddress, spec: ServicePortSpec): number {
    const key = this.versions.length;
    const bare = servicePortOf(key, service, address, spec, NO_ENDPOINTS);
    this.keySets.note(key, this.revision, true);
    this.set(key, { ...bare, endpoints: this.merge(bare) });
    return key;
  }

  private update(key: number, service: Service, address: IpAddress, spec: ServicePortSpec): void {
    const port = this.present(key);
    const after = servicePortOf(key, service, address, spec, port.endpoints);
    if (!sameServicePort(port, after)) this.set(key, after);
  }

  private drop(key: number): void {
    this.keySets.note(key, this.revision, false);
    this.set(key, undefined);
  }

  private set(key: number, port: ServicePort | undefined): void {
    const before = key < this.versions.length ? this.versions.current(key) : undefined;
    this.total += (port?.endpoints.length ?? 0) - (before?.endpoints.length ?? 0);
    this.versions.set(key, port, this.revision);
    this.touched.add(this.revision, key);
  }

  private merge({ key, namespace, service, portName, protocol, endpoints }: ServicePort): EndpointList {
    const slices = this.source.slices.of(objectKey(namespace, service));
    const list = this.merger.merge(slices, portName, protocol, endpoints);
    this.collected[key] = this.merger.collected;
    return list;
  }

  /** The endpoints of a port after one slice changed, made from those before it; undefined when that will not do. */
  private mergeChange(
    port: ServicePort,
    before: EndpointSlice | undefined,
    after: EndpointSlice | undefined,
  ): EndpointList | undefined {
    if (this.family !== 4) return undefined;
    if (before !== undefined && after !== undefined && before.service !== after.service) return undefined;
    const sides = [before, after].filter((side) => side !== undefined);
    const numbers = new Set(sides.map((side) => (this.takes(side) ? numberIn(side, port) : undefined)));
    const [number] = numbers;
    if (number === undefined || numbers.size > 1) return undefined;
    const [was = [], is = []] = [before?.endpoints, after?.endpoints];
    const total = (this.collected[port.key] ?? 0) - was.length + is.length;
    const list = mergeChange(port.endpoints, { before: was, after: is, port: number, total });
    if (list !== undefined) this.collected[port.key] = total;
    return list;
  }

  /** The newest version of a key that some Service has. */
  private present(key: number): ServicePort {
    const port = this.versions.current(key);
    invariant(port !== undefined, 'ledger-key', () => `service port ${key} is gone and still has a Service`);
    return port;
  }
}
