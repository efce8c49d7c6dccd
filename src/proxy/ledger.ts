/**
 * The ledger: the cluster's service ports and their endpoints as kube-proxy sees them, in every revision still in use.
 *
 * Mirrors kube-proxy's service and endpoint trackers (pkg/proxy servicechangetracker.go, endpointschangetracker.go,
 * v1.30), kept once for all nodes: nodes lag behind by different spans, so each says which revision it has seen.
 * Revision 1 holds what the store held when the ledger was made; every later write that kube-proxy's trackers would
 * notice is one revision. Cost: O(endpoints of the Service) a write.
 */
import {
  objectKey,
  type EndpointSlice,
  type Service,
  type ServicePortSpec,
  type SliceIndex,
  type Store,
} from '../kube/index.js';
import { invariant } from '../sim/index.js';
import { EndpointMerger, NO_ENDPOINTS } from './endpoint-merge.js';
import { KeySets } from './key-sets.js';
import { PortVersions } from './port-versions.js';
import { isProxied, sameServicePort, servicePortOf, sliceDiffers } from './service-map.js';
import type { ServicePort } from './service-port.js';
import { TouchLog } from './touch-log.js';

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
  private readonly source: LedgerSource;
  private readonly merger = new EndpointMerger();
  private readonly keysOfService = new Map<string, readonly number[]>();
  private readonly keySets = new KeySets();
  private readonly versions = new PortVersions();
  private readonly touched = new TouchLog();
  /** By key: endpoints of the newest version, whatever their conditions. */
  private readonly known: number[] = [];
  private total = 0;
  /** Endpoints of all ports by revision, from `floor` on: the oldest revision that can still be asked for. */
  private readonly totals: number[] = [0];
  private floor = 0;
  private readonly listeners: ((revision: number) => void)[] = [];

  /** @param source the cluster; what it holds becomes revision 1 */
  constructor(source: LedgerSource) {
    this.source = source;
    for (const service of source.store.list('service')) this.takeService(service);
    this.totals.push(this.total);
    source.store.watch('service', (event) =>
      this.write(() => (event.type === 'deleted' ? this.dropService(event.key) : this.takeService(event.object))),
    );
    source.store.watch('slice', (event) => {
      if (event.previous !== undefined && !sliceDiffers(event.previous, event.object)) return;
      this.write(() => this.takeSlices(event.object));
    });
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

  /** Drops what only revisions before `revision` need; revision 0, in which there is nothing, can always be asked for. */
  forgetBefore(revision: number): void {
    const floor = Math.min(revision, this.revision);
    if (floor <= this.floor) return;
    this.totals.splice(0, floor - this.floor);
    this.floor = floor;
    this.keySets.forgetBefore(floor);
    this.versions.forgetBefore(floor);
    this.touched.forgetThrough(floor);
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
    let changed = false;
    for (const spec of isProxied(service) ? service.ports : []) {
      const key = before.find((known) => this.hasName(known, spec));
      if (key === undefined) after.push(this.add(service, spec, serviceKey));
      else {
        after.push(key);
        if (this.update(key, service, spec)) changed = true;
      }
    }
    for (const key of before) {
      if (!after.includes(key)) this.drop(key);
      // A changed Service has all its chains rewritten, whichever of its ports changed.
      else if (changed) this.touched.add(this.revision, key);
    }
    if (after.length > 0) this.keysOfService.set(serviceKey, after);
    else this.keysOfService.delete(serviceKey);
  }

  private dropService(serviceKey: string): void {
    for (const key of this.keysOf(serviceKey)) this.drop(key);
    this.keysOfService.delete(serviceKey);
  }

  private takeSlices(slice: EndpointSlice): void {
    const serviceKey = objectKey(slice.metadata.namespace, slice.service);
    for (const key of this.keysOf(serviceKey)) {
      this.touched.add(this.revision, key);
      const port = this.present(key);
      const endpoints = this.merge(serviceKey, port);
      this.count(key, this.merger.known);
      if (endpoints !== port.endpoints) this.set(key, { ...port, endpoints });
    }
  }

  private keysOf(serviceKey: string): readonly number[] {
    return this.keysOfService.get(serviceKey) ?? [];
  }

  private hasName(key: number, spec: ServicePortSpec): boolean {
    const port = this.present(key);
    return port.portName === spec.name && port.protocol === spec.protocol;
  }

  private add(service: Service, spec: ServicePortSpec, serviceKey: string): number {
    const key = this.versions.length;
    const bare = servicePortOf(key, service, spec, NO_ENDPOINTS);
    const endpoints = this.merge(serviceKey, bare);
    this.known.push(0);
    this.count(key, this.merger.known);
    this.keySets.note(key, this.revision, true);
    this.set(key, { ...bare, endpoints });
    return key;
  }

  private update(key: number, service: Service, spec: ServicePortSpec): boolean {
    const port = this.present(key);
    if (sameServicePort(port, service, spec)) return false;
    this.set(key, servicePortOf(key, service, spec, port.endpoints));
    return true;
  }

  private drop(key: number): void {
    this.count(key, 0);
    this.keySets.note(key, this.revision, false);
    this.set(key, undefined);
  }

  private set(key: number, port: ServicePort | undefined): void {
    this.versions.set(key, port, this.revision);
    this.touched.add(this.revision, key);
  }

  private merge(serviceKey: string, { portName, protocol, endpoints }: ServicePort): ServicePort['endpoints'] {
    return this.merger.merge(this.source.slices.of(serviceKey), portName, protocol, endpoints);
  }

  private count(key: number, endpoints: number): void {
    this.total += endpoints - this.known[key]!;
    this.known[key] = endpoints;
  }

  /** The newest version of a key that some Service has. */
  private present(key: number): ServicePort {
    const port = this.versions.current(key);
    invariant(port !== undefined, 'ledger-key', () => `service port ${key} is gone and still has a Service`);
    return port;
  }
}
