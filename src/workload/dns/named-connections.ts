/**
 * Connections by name: a client looks its target's name up before it connects, each time.
 *
 * A conversation has one handle from the lookup on; a request that comes before the address is there waits for it.
 */
import { grown } from '../../sim/index.js';
import { RequestFailure, type ClientFabric, type ConversationEvents } from '../fabric.js';
import type { LookupEnd, LookupUser } from './lookup-parts.js';
import { failureOf } from './lookup-requests.js';
import { NamedConversations, type NamedParts } from './named-conversations.js';

/** A fabric that looks up before it connects. */
export class NamedConnections implements ClientFabric, ConversationEvents, LookupUser {
  private readonly inner: ClientFabric;
  private readonly conversations: NamedConversations;
  private parts!: NamedParts;
  /** The connection behind a lookup; -1 for none. */
  private connection = new Int32Array(64);
  /** Size of the request that waits for its connection. */
  private bytes = new Int32Array(64);

  /**
   * @param inner what connects
   * @param names what is looked up, by target
   */
  constructor(inner: ClientFabric, names: readonly string[]) {
    this.inner = inner;
    this.conversations = new NamedConversations(names);
  }

  /** Completes the fabric; before that nothing may be asked of it. @param parts who looks up, and who is told */
  join(parts: NamedParts): void {
    this.parts = parts;
    this.conversations.join(parts);
  }

  /** See `ClientFabric`: the lookup begins. */
  connect(client: number, target: number, owner: number): number {
    const { conversations } = this;
    const handle = conversations.open(client, target, owner);
    if (handle >= this.connection.length) this.growTo(handle * 2);
    this.connection[handle] = -1;
    if (conversations.lookUp(handle)) return handle;
    conversations.end(handle);
    return -1;
  }

  /** See `ClientFabric`. */
  request(handle: number, sequence: number, bytes: number): void {
    if (this.connection[handle]! >= 0) {
      this.inner.request(this.connection[handle]!, sequence, bytes);
      return;
    }
    this.conversations.sequence[handle] = sequence;
    this.bytes[handle] = bytes;
  }

  /** See `ClientFabric`. */
  close(handle: number): void {
    this.conversations.end(handle);
    if (this.connection[handle]! >= 0) this.inner.close(this.connection[handle]!);
  }

  /** See `ClientFabric`. */
  abort(handle: number): void {
    this.conversations.end(handle);
    if (this.connection[handle]! >= 0) this.inner.abort(this.connection[handle]!);
  }

  /** See `LookupUser`: with the address the connection is opened. */
  resolved(handle: number, end: LookupEnd): void {
    const { conversations, inner } = this;
    const { client, target, lookup, sequence } = conversations;
    lookup[handle] = -1;
    const isFound = end === 'found';
    const connection = isFound ? inner.connect(client[handle]!, target[handle]!, handle) : -1;
    if (connection < 0) {
      conversations.fail(handle, isFound ? RequestFailure.noPort : failureOf(end));
      return;
    }
    this.connection[handle] = connection;
    if (sequence[handle]! > 0) inner.request(connection, sequence[handle]!, this.bytes[handle]!);
  }

  /** See `ConversationEvents`. */
  connected(_connection: number, handle: number): void {
    this.parts.events.connected(handle, this.conversations.owner[handle]!);
  }

  /** See `ConversationEvents`. */
  replied(_connection: number, handle: number, sequence: number): void {
    this.parts.events.replied(handle, this.conversations.owner[handle]!, sequence);
  }

  /** See `ConversationEvents`. */
  failed(_connection: number, handle: number, failure: number): void {
    this.conversations.fail(handle, failure);
  }

  private growTo(length: number): void {
    this.connection = grown(this.connection, length);
    this.bytes = grown(this.bytes, length);
  }
}
