/** The slice controller's writes to the API: counted, and told apart from those of others, which the store tells of in the same way. */
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

  /** @param store where to write */
  constructor(store: Store) {
    this.store = store;
  }

  /** Whether a write that a watch tells of was made from here. */
  isOwn({ type, object }: WatchEvent<EndpointSlice | OtherSlice>): boolean {
    return type === 'deleted' ? this.deleted.has(object) : this.written.has(object);
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
      this.counts.delete++;
      this.store.remove(kind, key);
    });
  }

  private put(slice: EndpointSlice, kind: 'create' | 'update'): void {
    this.written.add(slice);
    this.counts[kind]++;
    this.store.put('slice', slice);
  }
}
