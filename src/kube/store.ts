/**
 * The API server's store: objects by kind and key, one growing resource version over all kinds, and watches.
 *
 * A watch is told of every write after it was set up, in the order of the writes, at once (delays of the real watch
 * connection are added by whoever models them). A listener may write: what it writes is told after the event at hand
 * has reached everybody, so that nobody sees events out of order. Objects are listed in the order of their creation.
 * Left out: conflicts, since the simulator's writers never race; history of old versions. Cost: O(listeners) a write.
 */
import type {
  EndpointSlice,
  Ingress,
  IngressClass,
  Node,
  ObjectMeta,
  OtherSlice,
  Pod,
  PodSet,
  Service,
} from './api.js';
import type { Endpoints } from './endpoints-object.js';

/** The kinds of object, by the name under which the store keeps them. */
export interface ObjectsByKind {
  readonly node: Node;
  readonly service: Service;
  readonly pod: Pod;
  readonly 'pod-set': PodSet;
  readonly slice: EndpointSlice;
  readonly 'other-slice': OtherSlice;
  readonly endpoints: Endpoints;
  readonly ingress: Ingress;
  readonly 'ingress-class': IngressClass;
}

/** Name of a kind. */
export type Kind = keyof ObjectsByKind;

/** One write, as a watch sees it. */
export interface WatchEvent<T> {
  readonly type: 'added' | 'modified' | 'deleted';
  /** `namespace/name`, or the name of a Node or an IngressClass. */
  readonly key: string;
  /** The object as written; the last state of a deleted one. */
  readonly object: T;
  /** The state before, for a modified object. */
  readonly previous: T | undefined;
  /** Resource version of this write. */
  readonly version: number;
}

/** What a watch calls. */
export type WatchListener<T> = (event: WatchEvent<T>) => void;

interface Table<T> {
  readonly keyOf: (object: T) => string;
  readonly objects: Map<string, T>;
  readonly listeners: WatchListener<T>[];
}

/** Key of an object with the namespace and name given: what the store and endpoints' targets use. */
export function objectKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** All objects of one cluster. */
export class Store {
  /** Resource version of the newest write; 0 before the first. */
  version = 0;
  private readonly tables: { readonly [K in Kind]: Table<ObjectsByKind[K]> } = {
    node: table((node) => node.name),
    service: table<Service>(keyOf),
    pod: table<Pod>(keyOf),
    'pod-set': table<PodSet>(keyOf),
    slice: table<EndpointSlice>(keyOf),
    'other-slice': table<OtherSlice>(keyOf),
    endpoints: table<Endpoints>(keyOf),
    ingress: table<Ingress>(keyOf),
    'ingress-class': table((own) => own.name),
  };
  private readonly waiting: (() => void)[] = [];
  private telling = false;

  /** The object of a key, or undefined. */
  get<K extends Kind>(kind: K, key: string): ObjectsByKind[K] | undefined {
    return this.tableOf(kind).objects.get(key);
  }

  /** Number of objects of a kind. */
  count(kind: Kind): number {
    return this.tables[kind].objects.size;
  }

  /** All objects of a kind, in the order of their creation. */
  list<K extends Kind>(kind: K): IterableIterator<ObjectsByKind[K]> {
    return this.tableOf(kind).objects.values();
  }

  /** All keys and objects of a kind, in the order of their creation. */
  entries<K extends Kind>(kind: K): IterableIterator<[string, ObjectsByKind[K]]> {
    return this.tableOf(kind).objects.entries();
  }

  /** Writes an object: adds it, or replaces the one of the same key. */
  put<K extends Kind>(kind: K, object: ObjectsByKind[K]): void {
    const { keyOf: keyFor, objects, listeners } = this.tableOf(kind);
    const key = keyFor(object);
    const previous = listeners.length === 0 ? undefined : objects.get(key);
    objects.set(key, object);
    this.version++;
    if (listeners.length === 0) return;
    const type = previous === undefined ? 'added' : 'modified';
    this.tell(listeners, { type, key, object, previous, version: this.version });
  }

  /**
   * Deletes an object.
   * @returns whether there was one
   */
  remove(kind: Kind, key: string): boolean {
    const { objects, listeners } = this.tableOf(kind);
    const object = objects.get(key);
    if (object === undefined) return false;
    objects.delete(key);
    this.version++;
    this.tell(listeners, { type: 'deleted', key, object, previous: undefined, version: this.version });
    return true;
  }

  /** Has `listener` called with every later write of a kind; listeners are told in the order in which they came. */
  watch<K extends Kind>(kind: K, listener: WatchListener<ObjectsByKind[K]>): void {
    this.tableOf(kind).listeners.push(listener);
  }

  private tableOf<K extends Kind>(kind: K): Table<ObjectsByKind[K]> {
    return this.tables[kind];
  }

  private tell<T>(listeners: readonly WatchListener<T>[], event: WatchEvent<T>): void {
    if (this.telling) {
      this.waiting.push(() => {
        for (const listener of listeners) listener(event);
      });
      return;
    }
    this.telling = true;
    try {
      for (const listener of listeners) listener(event);
      for (let i = 0; i < this.waiting.length; i++) this.waiting[i]!();
    } finally {
      this.waiting.length = 0;
      this.telling = false;
    }
  }
}

function table<T>(key: (object: T) => string): Table<T> {
  return { keyOf: key, objects: new Map(), listeners: [] };
}

function keyOf(object: { readonly metadata: ObjectMeta }): string {
  return objectKey(object.metadata.namespace, object.metadata.name);
}
