/**
 * The mirroring controller: slices of the Endpoints that somebody wrote for a Service without selector.
 *
 * Mirrors pkg/controller/endpointslicemirroring endpointslicemirroring_controller.go (2024-25). Endpoints are queued at once when they change, or when
 * their Service comes, goes, gets or loses a selector; and when somebody else changed a mirrored slice. Those with the label skip-mirror, those of a
 * leader election and those of a Service with selector or without Service have no mirrored slices. Left out: refused writes. Cost: O(addresses) a sync.
 */
import { SECOND, type Nanoseconds, type Simulation } from '../../sim/index.js';
import type { Endpoint, EndpointSlice, ObjectMeta } from '../api.js';
import type { Addresses, Endpoints } from '../endpoints-object.js';
import { objectKey, type Store, type WatchEvent } from '../store.js';
import { ApiClient } from './api-client.js';
import { WORKERS, type ControllerPace } from './controller-pace.js';
import { generatedName } from './generated-name.js';
import type { IndexedStore } from './informer-cache.js';
import { MIRRORED_BY, mirrorEndpoints, type EndpointsSubset, type MirroredSlice } from './mirroring.js';
import { ServiceQueue, type SyncResult } from './service-queue.js';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from './slice-labels.js';
import { SliceWriter, type SliceWriteCounts } from './slice-writer.js';

/** What the controller works on. */
export interface MirroringSetup {
  readonly store: Store;
  /** What the controller sees of the store, and its index, which must have been made before, so that it is told of writes first. */
  readonly seen: Pick<IndexedStore, 'store' | 'slices'>;
  /** Most addresses of a subset that are mirrored; 1,000 when nothing is said. */
  readonly addressesPerSubset?: number;
}

const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const TRIGGER_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';
const RETRY = { first: SECOND, longest: 100 * SECOND };

/** An endpoint as mirroring compares it: `target` is always there. */
type Member = Endpoint;

/** Keeps mirrored slices in step with Endpoints. */
export class MirroringController {
  /** Slices written since the cluster was made. */
  readonly writes: SliceWriteCounts;
  /** Addresses left out of the newest sync of each Endpoints object, of which an event tells. */
  readonly skipped = new Map<string, number>();
  private readonly setup: MirroringSetup;
  private readonly writer: SliceWriter;
  /** Number of mirrored slices, by key of their Service: most have none. */
  private readonly mirrored = new Map<string, number>();
  private client = new ApiClient();
  private queue: ServiceQueue | undefined;
  private simulation: Simulation | undefined;
  private pace: ControllerPace = {};
  private named = 0;

  /** @param setup store and index */
  constructor(setup: MirroringSetup) {
    const { store } = setup.seen;
    this.setup = setup;
    this.writer = new SliceWriter(setup.store);
    this.writes = this.writer.counts;
    for (const slice of store.list('slice')) this.count(slice, 1);
    store.watch('endpoints', ({ key, object, previous }) => {
      if (isMirrored(object) || (previous !== undefined && isMirrored(previous))) this.enqueue(key);
    });
    store.watch('service', ({ type, key, object, previous }) => {
      const had = previous !== undefined && previous.selector !== null;
      if (type === 'modified' ? had !== (object.selector !== null) : object.selector === null) this.enqueue(key);
    });
    store.watch('slice', (event) => this.sliceChanged(event));
  }

  /** Mirrors all Endpoints now, one after the other. */
  reconcileAll(): void {
    for (const key of [...this.setup.seen.store.entries('endpoints')].map(([name]) => name)) this.sync(key);
  }

  /** Begins to react to changes, by events of the simulation; see `EndpointSliceController.start`. */
  start(simulation: Simulation, pace: ControllerPace): void {
    this.simulation = simulation;
    this.pace = pace;
    this.client = new ApiClient(simulation, pace.requests, 'mirroring-write');
  }

  private enqueue(key: string): void {
    // A Service without Endpoints and mirrored slices has nothing to be done for it.
    if (!this.mirrored.has(key) && this.setup.seen.store.get('endpoints', key) === undefined) return;
    this.add(key, 0);
  }

  /** Queues Endpoints; the queue is made when it is needed, since most clusters mirror nothing. */
  private add(key: string, delayNs: Nanoseconds): void {
    const { simulation } = this;
    if (simulation === undefined) return;
    const sync = (own: string): SyncResult => this.sync(own);
    this.queue ??= new ServiceQueue({ simulation, name: 'mirroring-sync', workers: WORKERS, retryNs: RETRY, sync });
    this.queue.add(key, delayNs);
  }

  private sliceChanged(event: WatchEvent<EndpointSlice>): void {
    const { type, object, previous } = event;
    if (previous !== undefined) this.count(previous, -1);
    this.count(object, type === 'deleted' ? -1 : 1);
    if (this.writer.show(event)) return;
    const delayNs = this.pace.batchPeriodNs ?? 0;
    for (const slice of new Set([object, previous ?? object])) {
      if (isMirror(object) || isMirror(previous ?? object)) this.add(keyOf(slice), delayNs);
    }
  }

  private count(slice: EndpointSlice, by: number): void {
    if (!isMirror(slice)) return;
    const key = keyOf(slice);
    const count = (this.mirrored.get(key) ?? 0) + by;
    if (count === 0) this.mirrored.delete(key);
    else this.mirrored.set(key, count);
  }

  private sync(key: string): SyncResult {
    const { addressesPerSubset } = this.setup;
    const { store, slices } = this.setup.seen;
    const endpoints = store.get('endpoints', key);
    const service = store.get('service', key);
    const wanted = endpoints !== undefined && isMirrored(endpoints) && service?.selector === null;
    const existing = this.mirrored.has(key) ? slices.of(key).filter(isMirror) : [];
    this.skipped.delete(key);
    if (!wanted) return this.run(key, this.writer.removals('slice', existing));
    if (this.writer.isAhead(key)) return 'failed';
    const { metadata } = endpoints;
    const writes = mirrorEndpoints<Member>({
      labels: metadata.labels,
      annotations: mirroredAnnotations(metadata),
      subsets: endpoints.subsets.map((subset): EndpointsSubset<Member> => {
        return { ports: subset.ports, endpoints: [...members(subset.ready, true), ...members(subset.notReady, false)] };
      }),
      existing: existing.map((slice): MirroredSlice<Member> => {
        const { metadata: own, family, ports, endpoints: held } = slice;
        return {
          name: own.name,
          family,
          labels: own.labels,
          annotations: own.annotations ?? {},
          ports,
          endpoints: held,
        };
      }),
      ...(addressesPerSubset !== undefined && { addressesPerSubset }),
      deleting: metadata.deleting === true,
    });
    if (writes.skipped > 0) this.skipped.set(key, writes.skipped);
    const byName = new Map(existing.map((slice) => [slice.metadata.name, slice]));
    return this.run(
      key,
      this.writer.of({
        create: writes.create.map((slice) => this.sliceOf(endpoints, slice)),
        update: writes.update.map((slice) => this.sliceOf(endpoints, slice)),
        delete: writes.delete.flatMap(({ name }) => byName.get(name) ?? []),
      }),
    );
  }

  private run(key: string, writes: readonly (() => void)[]): SyncResult {
    return this.client.run(writes, () => this.queue?.finish(key, 'done')) ? 'done' : 'busy';
  }

  private sliceOf({ metadata }: Endpoints, slice: MirroredSlice<Member>): EndpointSlice {
    const { namespace, name } = metadata;
    const { annotations = {}, family, ports, endpoints } = slice;
    const own = {
      namespace,
      name: slice.name === '' ? `${name}-${generatedName(this.named++)}` : slice.name,
      labels: { ...slice.labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MIRRORED_BY },
    };
    const annotated = Object.keys(annotations).length === 0 ? own : { ...own, annotations };
    return { metadata: annotated, family, service: name, ports, endpoints };
  }
}

/** Whether Endpoints are mirrored, as far as they say it themselves. */
export function isMirrored({ metadata: { labels, annotations = {} } }: Endpoints): boolean {
  return labels[SKIP_LABEL] !== 'true' && !Object.hasOwn(annotations, LEADER_ANNOTATION);
}

function isMirror({ metadata }: EndpointSlice): boolean {
  return metadata.labels[MANAGED_BY_LABEL] === MIRRORED_BY;
}

function keyOf({ metadata, service }: EndpointSlice): string {
  return objectKey(metadata.namespace, service);
}

function mirroredAnnotations({ annotations = {} }: ObjectMeta): Readonly<Record<string, string>> {
  const { [LAST_APPLIED_ANNOTATION]: _applied, [TRIGGER_ANNOTATION]: _trigger, ...rest } = annotations;
  return rest;
}

/** Addresses as endpoints. The controller writes the condition `ready` alone, of which readers make the others. */
function members(addresses: Addresses, ready: boolean): readonly Member[] {
  return [...addresses].map((own) => ({ ...own, ready, serving: true, terminating: false, hints: null }));
}
