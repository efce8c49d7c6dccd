/**
 * One Service's slices of one family: what pods and slices there are in, the writes out, with as little looked at as will do.
 *
 * After changes of pods alone, the slices that these pods touch are reconciled and the others are known to be as they should be; after anything
 * else, or where pods serve at ports of their own or hints go by CPU, all of them are.
 * Cost: O(changed pods and the endpoints of their slices), else O(pods of the Service).
 */
import type { IpFamily } from '../../net/index.js';
import type { Endpoint, EndpointSlice, Pod, Service } from '../api.js';
import { objectKey, type Store } from '../store.js';
import { DesiredEndpoints, endpointOf, fixedPortsOf, mayBeEndpoint, type NodeLookup } from './desired-endpoints.js';
import { KnownSlices } from './known-slices.js';
import type { ChangedPods } from './pod-changes.js';
import { selects, type SelectorIndex } from './selector-index.js';
import { reconcileSlices, type SliceReconcileInput, type SliceWrites } from './slice-reconcile.js';

/** What a sync works with. */
export interface SliceSyncSetup {
  readonly store: Store;
  readonly selectors: SelectorIndex;
  readonly hasNode: NodeLookup;
}

/** One sync of one family. */
export interface FamilySync extends Pick<SliceReconcileInput, 'limit' | 'newName' | 'triggerNs'> {
  readonly service: Service;
  readonly family: IpFamily;
  readonly hints: NonNullable<SliceReconcileInput['hints']>;
  /** The Service's slices of the family that the controller manages. */
  readonly existing: () => readonly EndpointSlice[];
  /** Pods that changed since the last sync of the Service. */
  readonly changed: ChangedPods;
}

/** What a sync comes to. */
export interface FamilyResult {
  readonly writes: SliceWrites;
  /** Pods that were skipped for want of their node. */
  readonly skipped: number;
  /** Whether all slices were looked at, and not only those that changed pods touch. */
  readonly complete: boolean;
}

/** What is known of a Service and family since its last sync. */
interface Memory {
  readonly service: Service;
  readonly ports: NonNullable<ReturnType<typeof fixedPortsOf>>;
  readonly slices: KnownSlices;
}

/** Syncs of all Services. */
export class SliceSyncs {
  private readonly setup: SliceSyncSetup;
  private readonly memories = new Map<string, Memory>();
  /** Syncs whose writes are not all made, and during which nothing but pods changed. */
  private readonly undisturbed = new Set<string>();

  /** @param setup store, index, nodes */
  constructor(setup: SliceSyncSetup) {
    this.setup = setup;
  }

  /** Forgets what is known of a Service: something but its pods changed. @param key the Service's */
  forget(key: string): void {
    for (const family of [4, 6]) {
      this.memories.delete(`${family} ${key}`);
      this.undisturbed.delete(`${family} ${key}`);
    }
  }

  /** Forgets what is known of all Services. */
  forgetAll(): void {
    this.memories.clear();
    this.undisturbed.clear();
  }

  /** Works out the writes of a family. */
  plan(sync: FamilySync): FamilyResult {
    const memory = this.memories.get(keyOf(sync));
    this.undisturbed.add(keyOf(sync));
    const quick = memory?.service === sync.service ? this.planChanges(sync, memory) : undefined;
    return quick ?? this.planAll(sync);
  }

  /**
   * Takes in writes that were made, or were none.
   * @param remember whether to keep what is known for the next sync
   */
  made(sync: FamilySync, { writes, skipped }: FamilyResult, remember: boolean): void {
    const key = keyOf(sync);
    // What somebody else did meanwhile is looked at in the next sync, and is not known to be as it should be.
    if (!this.undisturbed.delete(key)) return;
    const memory = this.memories.get(key);
    const written = [...writes.create, ...writes.update];
    if (memory?.service === sync.service) {
      for (const slice of writes.delete) memory.slices.remove(slice);
      for (const slice of written) memory.slices.put(slice);
      memory.slices.settle(sync.changed.keys());
      // A pod that was skipped is looked at again in the next try, though nothing may have changed by then.
      if (skipped === 0 && written.every(({ endpoints }) => endpoints.length > 0)) return;
    }
    this.memories.delete(key);
    const ports = fixedPortsOf(sync.service);
    if (!remember || skipped > 0 || ports === undefined || typeof sync.hints !== 'function') return;
    const slices = sync.existing();
    if (slices.some(({ endpoints }) => endpoints.length === 0)) return;
    this.memories.set(key, { service: sync.service, ports, slices: new KnownSlices(slices) });
  }

  private planAll(sync: FamilySync): FamilyResult {
    const { service, family } = sync;
    const { selectors, hasNode } = this.setup;
    const desired = new DesiredEndpoints(service, family, hasNode);
    const { namespace } = service.metadata;
    selectors.forEachPod(namespace, service.selector ?? {}, (pod, key) => desired.add(pod, key));
    const input = { ...sync, desired: desired.result(), existing: sync.existing() };
    return { writes: reconcileSlices(input), skipped: desired.skipped, complete: true };
  }

  /** Looks at changed pods alone; undefined when that will not do. */
  private planChanges(sync: FamilySync, { ports, slices }: Memory): FamilyResult | undefined {
    const { service, family } = sync;
    const endpoints: Endpoint[] = [];
    const touched = new Set<EndpointSlice>();
    let labels: Pod['metadata']['labels'] | undefined;
    for (const [key, came] of sync.changed) {
      const slice = slices.of(key);
      if (slice !== undefined) touched.add(slice);
      const pod = this.podOf(service, key);
      if (pod === undefined) continue;
      if (!this.setup.hasNode(pod.node) && !service.publishNotReadyAddresses) return undefined;
      const endpoint = endpointOf(service, family, pod, key);
      if (endpoint === undefined) continue;
      endpoints.push(endpoint);
      if (slice !== undefined) continue;
      // New endpoints are placed in the order of their pods, which is known of pods that came one after the other with the same labels.
      if (!came || (labels ?? pod.metadata.labels) !== pod.metadata.labels) return undefined;
      labels = pod.metadata.labels;
    }
    const existing = [...touched];
    const stay = existing.flatMap((slice) => slice.endpoints.filter(({ target }) => !sync.changed.has(target)));
    const input = { ...sync, desired: [{ ports, endpoints: [...stay, ...endpoints] }], existing };
    return { writes: reconcileSlices({ ...input, others: slices.except(touched) }), skipped: 0, complete: false };
  }

  /** A pod that the Service selects and that may be an endpoint of it. */
  private podOf({ metadata, selector }: Service, key: string): Pod | undefined {
    const pod = this.setup.store.get('pod', key);
    if (pod === undefined || !mayBeEndpoint(pod) || selector === null) return undefined;
    const inReach = pod.metadata.namespace === metadata.namespace && selects(selector, pod.metadata.labels);
    return inReach ? pod : undefined;
  }
}

function keyOf({ service, family }: Pick<FamilySync, 'service' | 'family'>): string {
  return `${family} ${objectKey(service.metadata.namespace, service.metadata.name)}`;
}
