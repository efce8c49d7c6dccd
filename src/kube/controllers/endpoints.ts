/**
 * The Endpoints controller: one Endpoints object for each Service with a selector.
 *
 * Mirrors pkg/controller/endpoint endpoints_controller.go (2024-25). It is queued as the slice controller is, writes the whole object with every change,
 * and leaves out addresses beyond a number (1,000 since 1.22), which an annotation says. A write that changes nothing is none: the API server keeps
 * the version. While the informer has not shown its last write, a sync fails and is tried again, 5 ms later at first. Left out: Endpoints that are left
 * over from before the controller ran. Cost: O(addresses) a write.
 */
import { MILLISECOND, SECOND, type Simulation } from '../../sim/index.js';
import type { Pod, Service } from '../api.js';
import type { Addresses, EndpointAddresses, Endpoints } from '../endpoints-object.js';
import type { Store } from '../store.js';
import { sameAddress } from './address-list.js';
import { ApiClient, type ApiWrite } from './api-client.js';
import { WORKERS, type ControllerPace } from './controller-pace.js';
import { portsKey } from './desired-endpoints.js';
import { EndpointSubsets } from './endpoint-subsets.js';
import { PodChanges, concernedBy, type ChangedPods } from './pod-changes.js';
import type { IndexedStore } from './informer-cache.js';
import { LookedAtPods } from './looked-at-pods.js';
import { sameLabels, selects, type Labels } from './selector-index.js';
import { ServiceQueue, type SyncResult } from './service-queue.js';
import { HEADLESS_LABEL } from './slice-labels.js';
import { TriggerTimes } from './trigger-times.js';

/** What the controller works on. */
export interface EndpointsSetup {
  readonly store: Store;
  /** What the controller sees of the store, and its index, which must have been made before, so that it is told of writes first. */
  readonly seen: Pick<IndexedStore, 'store' | 'selectors'>;
  /** Most addresses of an object; `OVER_CAPACITY` when nothing is said, Infinity for what was before 1.22. */
  readonly capacity?: number;
}

/** Addresses beyond which an Endpoints object is truncated (v1.22 and later). */
export const OVER_CAPACITY = 1000;

/** Label of the objects that the controller writes (v1.33 and later), and its value. */
const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';
const MANAGED_BY = 'endpoint-controller';

const RETRY = { first: 5 * MILLISECOND, longest: 1000 * SECOND };

/** Keeps every Service's Endpoints in step with its pods. */
export class EndpointsController {
  /** Objects written since the cluster was made. */
  readonly writes = { create: 0, update: 0, delete: 0 };
  private readonly setup: EndpointsSetup;
  private readonly subsets = new Map<string, EndpointSubsets>();
  private readonly changes = new PodChanges();
  private readonly triggers = new TriggerTimes();
  private readonly looks: LookedAtPods;
  private readonly written = new WeakSet<Endpoints>();
  /** The last write of an object that the informer has not shown yet. */
  private readonly hidden = new Map<string, Endpoints>();
  private client = new ApiClient();
  private queue: ServiceQueue | undefined;
  private pace: ControllerPace = {};

  /** @param setup store, index and capacity */
  constructor(setup: EndpointsSetup) {
    this.setup = setup;
    const { store, selectors } = setup.seen;
    this.looks = new LookedAtPods(setup.seen);
    store.watch('service', ({ key }) => {
      this.subsets.delete(key);
      this.queue?.add(key, 0);
    });
    store.watch('pod', (event) => {
      if (this.queue === undefined) return;
      this.changes.note(event, selectors);
      for (const key of concernedBy(event, selectors)) this.queue.add(key, this.pace.batchPeriodNs ?? 0);
    });
    store.watch('endpoints', ({ type, key, object }) => {
      if (this.hidden.get(key) === object) this.hidden.delete(key);
      // What somebody else wrote is compared in the next sync, whenever that comes.
      if (!this.written.has(object) || type === 'deleted') this.subsets.delete(key);
      if (type === 'deleted') this.queue?.add(key, 0);
    });
  }

  /** Reconciles every Service now. */
  reconcileAll(): void {
    for (const key of [...this.setup.seen.store.entries('service')].map(([name]) => name)) this.sync(key);
  }

  /** Begins to react to changes, by events of the simulation; see `EndpointSliceController.start`. */
  start(simulation: Simulation, pace: ControllerPace): void {
    this.pace = pace;
    const sync = (key: string): SyncResult => this.sync(key);
    this.queue = new ServiceQueue({ simulation, name: 'endpoints-sync', workers: WORKERS, retryNs: RETRY, sync });
    this.client = new ApiClient(simulation, pace.requests, 'endpoints-write');
  }

  private sync(key: string): SyncResult {
    const { store } = this.setup;
    const service = this.setup.seen.store.get('service', key);
    const before = store.get('endpoints', key);
    if (service === undefined) return this.drop(key, before);
    if (service.type === 'ExternalName' || Object.keys(service.selector ?? {}).length === 0) return 'done';
    const changed = this.changes.of(key);
    const lookedAt = this.looks.of(key, service, changed, this.queue !== undefined);
    // Upstream tells the trigger before it finds that it lags: the next try has none to tell.
    const triggerNs = this.triggers.of(key, service.metadata.createdNs, lookedAt);
    if (this.hidden.has(key)) return 'failed';
    this.changes.take(key);
    const own = this.subsetsOf(key, service, changed);
    if (own.state === 'settled') return 'done';
    const hasChanged = own.state === 'changed';
    own.state = 'settled';
    const { subsets, truncated } = own.list(this.setup.capacity ?? OVER_CAPACITY);
    const { namespace, name } = service.metadata;
    const metadata = { namespace, name, labels: labelsOf(service) };
    const wanted: Endpoints = { metadata, subsets, truncated, ...(triggerNs !== undefined && { triggerNs }) };
    // What has no room may have changed.
    if (before !== undefined && (truncated || !hasChanged) && isSame(before, wanted)) return 'done';
    return this.write(key, () => {
      this.writes[before === undefined ? 'create' : 'update']++;
      this.written.add(wanted);
      this.hidden.set(key, wanted);
      this.setup.store.put('endpoints', wanted);
    });
  }

  private drop(key: string, before: Endpoints | undefined): SyncResult {
    this.triggers.forget(key);
    this.looks.forget(key);
    this.changes.take(key);
    this.hidden.delete(key);
    this.subsets.delete(key);
    if (before === undefined) return 'done';
    return this.write(key, () => {
      this.writes.delete++;
      this.setup.store.remove('endpoints', key);
    });
  }

  private write(key: string, write: ApiWrite): SyncResult {
    return this.client.run([write], () => this.queue?.finish(key, 'done')) ? 'done' : 'busy';
  }

  /** The Service's subsets, brought up to date; kept while the clock runs and nothing but pods changes. */
  private subsetsOf(key: string, service: Service, changed: ChangedPods): EndpointSubsets {
    const { store, selectors } = this.setup.seen;
    const known = this.subsets.get(key);
    const { namespace } = service.metadata;
    const selector = service.selector ?? {};
    if (known?.service === service) {
      for (const podKey of changed.keys()) {
        const pod = store.get('pod', podKey);
        const isSelected = pod?.metadata.namespace === namespace && selects(selector, pod.metadata.labels);
        known.change(podKey, isSelected ? pod : undefined);
      }
      return known;
    }
    const pods: [string, Pod][] = [];
    selectors.forEachPod(namespace, selector, (pod, podKey) => pods.push([podKey, pod]));
    const made = new EndpointSubsets(service, pods);
    if (this.queue !== undefined) this.subsets.set(key, made);
    return made;
  }
}

/** The Service's labels, and those of the controller. */
function labelsOf({ metadata, clusterIp }: Service): Labels {
  const { [HEADLESS_LABEL]: _headless, ...labels } = metadata.labels;
  const own = { ...labels, [MANAGED_BY_LABEL]: MANAGED_BY };
  return clusterIp === 0 ? { ...own, [HEADLESS_LABEL]: '' } : own;
}

/** Whether writing `b` over `a` changes nothing. */
function isSame(a: Endpoints, b: Endpoints): boolean {
  // What was not truncated is compared without its trigger: a sync without a change leaves the object alone.
  const sameTrigger = a.triggerNs === b.triggerNs || !(a.truncated || b.truncated);
  return (
    a.truncated === b.truncated &&
    sameTrigger &&
    sameLabels(a.metadata.labels, b.metadata.labels) &&
    a.subsets.length === b.subsets.length &&
    a.subsets.every((subset, i) => sameSubset(subset, b.subsets[i]!))
  );
}

function sameSubset(a: EndpointAddresses, b: EndpointAddresses): boolean {
  return portsKey(a.ports) === portsKey(b.ports) && sameList(a.ready, b.ready) && sameList(a.notReady, b.notReady);
}

function sameList(a: Addresses, b: Addresses): boolean {
  if (a.length !== b.length) return false;
  const others = b[Symbol.iterator]();
  for (const own of a) {
    const other = others.next();
    if (other.done === true || !sameAddress(own, other.value)) return false;
  }
  return true;
}
