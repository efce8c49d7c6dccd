/**
 * The EndpointSlice controller: which Services to reconcile when, and the writes.
 *
 * Mirrors pkg/controller/endpointslice endpointslice_controller.go (after mid 2024); one reconcile for each family that a Service
 * is wanted in. A Service's change queues it at once, a pod's change queues the Services that select it after the batch period, and a slice that
 * somebody else wrote or deleted after a second at least. Its own writes queue nothing; while the informer has not shown them, a sync fails and is
 * tried again a second later. Writes go out one after the other within the API client's limit; a Service is worked on by one of five workers.
 * Left out: refused writes. A sync takes no time of its own.
 */
import { SECOND, type Nanoseconds, type Simulation } from '../../sim/index.js';
import type { IpFamily } from '../../net/index.js';
import type { EndpointSlice, Node, OtherSlice, Pod, Service } from '../api.js';
import { familiesOf } from '../service-families.js';
import { objectKey, type WatchEvent } from '../store.js';
import { ApiClient, type ApiWrite } from './api-client.js';
import { WORKERS, type ControllerPace } from './controller-pace.js';
import { generatedName } from './generated-name.js';
import type { IndexedStore } from './informer-cache.js';
import { LookedAtPods } from './looked-at-pods.js';
import { NodeFacts } from './node-facts.js';
import { PodChanges, concernedBy, type ChangedPods } from './pod-changes.js';
import { ServiceQueue, SLICE_RETRY, type SyncResult } from './service-queue.js';
import { MANAGED_BY, MANAGED_BY_LABEL } from './slice-labels.js';
import { SliceWriter, type SliceWriteCounts } from './slice-writer.js';
import { SliceSyncs, type FamilyResult, type FamilySync } from './slice-sync.js';
import { hasTopologyMode } from './topology-hints.js';
import { TrafficHints } from './traffic-hints.js';
import { TriggerTimes } from './trigger-times.js';
import { overloaded } from './zone-shares.js';

/** What the controller works on. */
export interface EndpointSliceSetup extends IndexedStore {
  /** What the controller sees of the store; the store itself when nothing is said. */
  readonly seen?: IndexedStore;
  /** Endpoints up to which slices are filled (100). */
  readonly limit: number;
  /** Nodes by index, for hints; none when nothing is said. */
  readonly nodes?: readonly Node[];
  /** CPU of nodes that do not say it, in thousandths, for hints by CPU; 0 when nothing is said. */
  readonly nodeCpuMillis?: number;
  /** Families of the cluster, the primary one first; IPv4 alone when nothing is said. */
  readonly families?: readonly IpFamily[];
  /** Feature gate PreferSameTrafficDistribution; on when nothing is said. */
  readonly preferSame?: boolean;
}

/** Least pause before a Service is looked at whose slices somebody else changed. */
const FOREIGN_CHANGE_DELAY: Nanoseconds = SECOND;

/** Keeps every Service's slices in step with its pods. */
export class EndpointSliceController {
  /** Slices written since the cluster was made, or since the caller set them to zero. */
  readonly writes: SliceWriteCounts;
  /** Syncs by how they ended: error is a pod without node, stale an informer that lags behind. */
  readonly syncs = { success: 0, error: 0, stale: 0 };
  private readonly setup: EndpointSliceSetup;
  private readonly seen: IndexedStore;
  private readonly families: readonly IpFamily[];
  private readonly hints: TrafficHints;
  private readonly nodes: NodeFacts;
  private readonly plans: SliceSyncs;
  private readonly changes = new PodChanges();
  private readonly triggers = new TriggerTimes();
  private readonly looks: LookedAtPods;
  /** Ready endpoints by the zone that their hints name, of Services with hints by CPU: by key, then by family. */
  private readonly hinted = new Map<string, Map<IpFamily, ReadonlyMap<string, number>>>();
  private client = new ApiClient();
  private queue: ServiceQueue | undefined;
  private simulation: Simulation | undefined;
  private pace: ControllerPace = {};
  private readonly writer: SliceWriter;
  private named = 0;

  /** @param setup store, indexes and limit */
  constructor(setup: EndpointSliceSetup) {
    const { store, nodes = [], families = [4], nodeCpuMillis = 0, preferSame = true } = setup;
    this.setup = setup;
    this.seen = setup.seen ?? setup;
    this.writer = new SliceWriter(store);
    this.writes = this.writer.counts;
    this.families = families;
    this.nodes = new NodeFacts(store, nodes, nodeCpuMillis, () => this.nodesChanged());
    this.hints = new TrafficHints(this.nodes.zoneOf, preferSame);
    this.plans = new SliceSyncs({ ...this.seen, hasNode: this.nodes.has });
    this.looks = new LookedAtPods(this.seen);
    const { store: informed } = this.seen;
    informed.watch('service', (event) => this.serviceChanged(event));
    informed.watch('pod', (event) => this.podChanged(event));
    informed.watch('slice', (event) => this.sliceChanged(event));
    informed.watch('other-slice', (event) => this.sliceChanged(event));
  }

  /** Reconciles every Service now, one after the other, as far as it has a selector. */
  reconcileAll(): void {
    for (const key of [...this.setup.store.entries('service')].map(([name]) => name)) this.sync(key);
  }

  /**
   * Begins to react to changes, by events of the simulation. Changes before this are not noticed: see `reconcileAll`.
   * @param simulation clock and events
   * @param pace batching, lag and limits
   */
  start(simulation: Simulation, pace: ControllerPace): void {
    this.simulation = simulation;
    this.pace = pace;
    const sync = (key: string): SyncResult => this.sync(key);
    const name = 'endpoint-slice-sync';
    this.queue = new ServiceQueue({ simulation, name, workers: WORKERS, retryNs: SLICE_RETRY, sync });
    this.client = new ApiClient(simulation, pace.requests, 'endpoint-slice-write');
  }

  private serviceChanged(event: WatchEvent<Service>): void {
    this.plans.forget(event.key);
    this.queue?.add(event.key, 0);
  }

  private podChanged(event: WatchEvent<Pod>): void {
    const { queue, pace } = this;
    if (queue === undefined) return;
    const { selectors } = this.seen;
    this.changes.note(event, selectors);
    for (const key of concernedBy(event, selectors)) queue.add(key, pace.batchPeriodNs ?? 0);
  }

  /** Somebody else wrote or deleted a slice that is the controller's, or was, or gave it to another Service. */
  private sliceChanged(event: WatchEvent<EndpointSlice> | WatchEvent<OtherSlice>): void {
    const { object, previous = object } = event;
    if (this.writer.show(event) || (!isManaged(object) && !isManaged(previous))) return;
    const delayNs = Math.max(FOREIGN_CHANGE_DELAY, this.pace.batchPeriodNs ?? 0);
    for (const { metadata, service } of new Set([object, previous])) {
      const key = objectKey(metadata.namespace, service);
      this.plans.forget(key);
      this.queue?.add(key, delayNs);
    }
  }

  /** Services whose zones have too few endpoints by now are looked at again. */
  private nodesChanged(): void {
    this.plans.forgetAll();
    for (const [key, families] of this.hinted) {
      if ([...families.values()].some((own) => overloaded(own, this.nodes.shares))) this.queue?.add(key, 0);
    }
  }

  private sync(key: string): SyncResult {
    const service = this.seen.store.get('service', key);
    if (service === undefined) return this.drop(key);
    if (service.type === 'ExternalName' || !hasSelector(service)) return 'done';
    if (this.writer.isAhead(key)) {
      this.syncs.stale++;
      return 'failed';
    }
    const changed = this.changes.take(key);
    const lookedAt = this.looks.of(key, service, changed, this.simulation !== undefined);
    const triggerNs = this.triggers.of(key, service.metadata.createdNs, lookedAt);
    const families = familiesOf(service, this.families);
    const syncs = families.map((family) => this.familySync(key, service, family, changed, triggerNs));
    const results = syncs.map((sync) => this.plans.plan(sync));
    const writes = results.flatMap((result) => this.writer.of(result.writes));
    // What nobody wants comes by somebody else's hand, after which everything is looked at.
    if (results.some(({ complete }) => complete)) writes.push(...this.unwanted(key, families));
    const settle = (): 'done' | 'failed' => this.settle(key, syncs, results);
    const finish = (): void => this.queue?.finish(key, settle());
    return this.client.run(writes, finish) ? settle() : 'busy';
  }

  private familySync(
    key: string,
    service: Service,
    family: IpFamily,
    changed: ChangedPods,
    triggerNs: Nanoseconds | undefined,
  ): FamilySync {
    const { hints, nodes } = this;
    const topology = { shares: nodes.shares, zoneOf: hints.zoneOf.bind(hints), forZone: hints.forZone.bind(hints) };
    return {
      service,
      family,
      changed,
      triggerNs,
      limit: this.setup.limit,
      newName: () => `${service.metadata.name}-${generatedName(this.named++)}`,
      hints: hasTopologyMode(service) ? topology : hints.of(service),
      existing: () => this.existing(key).filter((slice) => slice.family === family),
    };
  }

  /** All writes of a sync are made. */
  private settle(key: string, syncs: readonly FamilySync[], results: readonly FamilyResult[]): 'done' | 'failed' {
    const hinted = new Map<IpFamily, ReadonlyMap<string, number>>();
    results.forEach((result, i) => {
      const { topology } = result.writes;
      if (topology !== undefined && typeof topology !== 'string') hinted.set(syncs[i]!.family, topology);
      // What is seen later than written cannot be known by the writes alone.
      this.plans.made(syncs[i]!, result, this.simulation !== undefined && this.seen.store === this.setup.store);
    });
    if (hinted.size > 0) this.hinted.set(key, hinted);
    else this.hinted.delete(key);
    const failed = results.some(({ skipped }) => skipped > 0);
    this.syncs[failed ? 'error' : 'success']++;
    return failed ? 'failed' : 'done';
  }

  /** A Service is gone: its slices go with it, which is the garbage collector's work upstream; it knows of those too that are not shown yet. */
  private drop(key: string): SyncResult {
    this.changes.take(key);
    this.triggers.forget(key);
    this.looks.forget(key);
    this.hinted.delete(key);
    const writes = this.unwanted(key, [], this.setup);
    return this.client.run(writes, () => this.queue?.finish(key, 'done')) ? 'done' : 'busy';
  }

  /** Slices of a Service that are the controller's. */
  private existing(key: string, { slices }: IndexedStore = this.seen): readonly EndpointSlice[] {
    return slices.of(key).filter((slice) => isManaged(slice) && slice.metadata.deleting !== true);
  }

  /** Deletions of slices of families, and of address types, that the Service is not wanted in. */
  private unwanted(key: string, families: readonly IpFamily[], from: IndexedStore = this.seen): readonly ApiWrite[] {
    const slices = this.existing(key, from).filter(({ family }) => !families.includes(family));
    return [...this.writer.removals('slice', slices), ...this.writer.removals('other-slice', this.others(key))];
  }

  /** The same of address types that no Service wants any more. */
  private others(key: string): readonly OtherSlice[] {
    const all = [...this.seen.store.list('other-slice')];
    return all.filter(
      (slice) =>
        isManaged(slice) && key === objectKey(slice.metadata.namespace, slice.service) && !slice.metadata.deleting,
    );
  }
}

function isManaged({ metadata }: EndpointSlice | OtherSlice): boolean {
  return metadata.labels[MANAGED_BY_LABEL] === MANAGED_BY;
}

/** Whether the slice controller looks after a Service; an empty selector counts as none. */
export function hasSelector(service: Service): boolean {
  return service.selector !== null && Object.keys(service.selector).length > 0;
}
