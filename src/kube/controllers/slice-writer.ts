/**
 * The slice controller's writes to the API: counted, and told apart from those of others, which the store tells of in the same way.
 *
 * Stands for kubernetes/endpointslice util/endpointslice_tracker.go as well: it knows which writes the informer has not shown yet.
 */
import type { EndpointSlice, OtherSlice } from '../api.js';
import { objectKey, type Store, type WatchEvent } from '../store.js';
import type { ApiWrite } from './api-client.js';
import type { SliceWrites } from './slice-reconcile.js';

/** API writes of slices by kind. */
export interface SliceWriteCounts {
  create: number;
  update: number;
  delete: number;
}

/** Writes slices. */
export class SliceWriter {
  readonly counts: SliceWriteCounts = { create: 0, update: 0, delete: 0 };
  private readonly store: Store;
  /** What was written and deleted from here: when it is seen, it is known. */
  private readonly written = new WeakSet<EndpointSlice | OtherSlice>();
  private readonly deleted = new WeakSet<EndpointSlice | OtherSlice>();
  /** Number of writes that are not shown yet, by Service. */
  private readonly hidden = new Map<string, number>();

  /** @param store where to write */
  constructor(store: Store) {
    this.store = store;
  }

  /** Takes in a write that the informer shows; returns whether it was made from here. */
  show({ type, object }: WatchEvent<EndpointSlice | OtherSlice>): boolean {
    if (!(type === 'deleted' ? this.deleted : this.written).has(object)) return false;
    const key = serviceOf(object);
    const left = (this.hidden.get(key) ?? 0) - 1;
    if (left > 0) this.hidden.set(key, left);
    else this.hidden.delete(key);
    return true;
  }

  /** Whether the informer has yet to show something that was written for a Service. */
  isAhead(service: string): boolean {
    return this.hidden.has(service);
  }

  /** The writes of a reconcile, to be made one after the other. */
  of(writes: SliceWrites): readonly ApiWrite[] {
    return [
      ...writes.create.map((slice) => () => this.put(slice, 'create')),
      ...writes.update.map((slice) => () => this.put(slice, 'update')),
      ...this.removals('slice', writes.delete),
    ];
  }

  /** Deletions, to be made one after the other. */
  removals(kind: 'slice' | 'other-slice', slices: readonly (EndpointSlice | OtherSlice)[]): readonly ApiWrite[] {
    return slices.map((slice) => () => {
      const { namespace, name } = slice.metadata;
      const key = objectKey(namespace, name);
      const object = this.store.get(kind, key);
      if (object === undefined) return;
      this.deleted.add(object);
      this.hide(object);
      this.counts.delete++;
      this.store.remove(kind, key);
    });
  }

  private put(slice: EndpointSlice, kind: 'create' | 'update'): void {
    this.written.add(slice);
    this.hide(slice);
    this.counts[kind]++;
    this.store.put('slice', slice);
  }

  private hide(object: EndpointSlice | OtherSlice): void {
    const key = serviceOf(object);
    this.hidden.set(key, (this.hidden.get(key) ?? 0) + 1);
  }
}

function serviceOf({ metadata, service }: EndpointSlice | OtherSlice): string {
  return objectKey(metadata.namespace, service);
}
