/**
 * Connections by name: a client looks its target's name up before it connects, each time.
 *
 * A conversation has one handle from the lookup on; a request that comes before the address is there waits for it.
 */
import { grown } from '../../sim/index.js';
import { RequestFailure, type ClientFabric, type ConversationEvents } from '../fabric.js';
import { failureOf } from './lookup-requests.js';
import type { LookupEnd, LookupUser } from './lookup-parts.js';
import type { Lookups } from './lookups.js';

/** A fabric that looks up before it connects. */
export class NamedConnections implements ClientFabric, ConversationEvents, LookupUser {
  private readonly inner: ClientFabric;
  private readonly names: readonly string[];
  private parts!: { readonly lookups: Lookups; readonly events: ConversationEvents };
  private client = new Int32Array(64);
  private target = new Int32Array(64);
  private owner = new Int32Array(64);
  /** The lookup under way, and the connection behind it; -1 for none. */
  private lookup = new Int32Array(64);
  private connection = new Int32Array(64);
  /** The request that waits for its connection, 0 for none, and its size. */
  private sequence = new Int32Array(64);
  private bytes = new Int32Array(64);
  private readonly free: number[] = [];
  private made = 0;

  /**
   * @param inner what connects
   * @param names what is looked up, by target
   */
  constructor(inner: ClientFabric, names: readonly string[]) {
    this.inner = inner;
    this.names = names;
  }

  /** Completes the fabric; before that nothing may be asked of it. @param parts who looks up, and who is told */
  join(parts: { readonly lookups: Lookups; readonly events: ConversationEvents }): void {
    this.parts = parts;
  }

  /** See `ClientFabric`: the lookup begins. */
  connect(client: number, target: number, owner: number): number {
    const handle = this.free.pop() ?? this.made++;
    if (handle === this.client.length) this.growTo(handle * 2);
    this.client[handle] = client;
    this.target[handle] = target;
    this.owner[handle] = owner;
    this.connection[handle] = -1;
    this.sequence[handle] = 0;
    const lookup = this.parts.lookups.start(client, this.names[target]!, handle);
    this.lookup[handle] = lookup;
    if (lookup >= 0) return handle;
    this.free.push(handle);
    return -1;
  }

  /** See `ClientFabric`. */
  request(handle: number, sequence: number, bytes: number): void {
    if (this.connection[handle]! >= 0) {
      this.inner.request(this.connection[handle]!, sequence, bytes);
      return;
    }
    this.sequence[handle] = sequence;
    this.bytes[handle] = bytes;
  }

  /** See `ClientFabric`. */
  close(handle: number): void {
    const connection = this.leave(handle);
    if (connection >= 0) this.inner.close(connection);
  }

  /** See `ClientFabric`. */
  abort(handle: number): void {
    const connection = this.leave(handle);
    if (connection >= 0) this.inner.abort(connection);
  }

  /** See `LookupUser`: with the address the connection is opened. */
  resolved(handle: number, end: LookupEnd): void {
    this.lookup[handle] = -1;
    const isFound = end === 'found';
    const connection = isFound ? this.inner.connect(this.client[handle]!, this.target[handle]!, handle) : -1;
    if (connection < 0) {
      this.lose(handle, isFound ? RequestFailure.noPort : failureOf(end));
      return;
    }
    this.connection[handle] = connection;
    const sequence = this.sequence[handle]!;
    if (sequence > 0) this.inner.request(connection, sequence, this.bytes[handle]!);
  }

  /** See `ConversationEvents`. */
  connected(_connection: number, handle: number): void {
    this.parts.events.connected(handle, this.owner[handle]!);
  }

  /** See `ConversationEvents`. */
  replied(_connection: number, handle: number, sequence: number): void {
    this.parts.events.replied(handle, this.owner[handle]!, sequence);
  }

  /** See `ConversationEvents`. */
  failed(_connection: number, handle: number, failure: number): void {
    this.lose(handle, failure);
  }

  private lose(handle: number, failure: number): void {
    this.free.push(handle);
    this.parts.events.failed(handle, this.owner[handle]!, failure);
  }

  private leave(handle: number): number {
    if (this.lookup[handle]! >= 0) this.parts.lookups.cancel(this.lookup[handle]!);
    this.free.push(handle);
    return this.connection[handle]!;
  }

  private growTo(length: number): void {
    this.client = grown(this.client, length);
    this.target = grown(this.target, length);
    this.owner = grown(this.owner, length);
    this.lookup = grown(this.lookup, length);
    this.connection = grown(this.connection, length);
    this.sequence = grown(this.sequence, length);
    this.bytes = grown(this.bytes, length);
  }
}
