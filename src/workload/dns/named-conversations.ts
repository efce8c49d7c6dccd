/**
 * Conversations of clients that know their targets by name: who talks to whom, the lookup under way and the request that waits.
 *
 * Typed columns by handle; a handle is given out again once its conversation is over.
 */
import { grown } from '../../sim/index.js';
import type { ConversationEvents } from '../fabric.js';
import type { Lookups } from './lookups.js';

/** Who looks up, and who is told how conversations go. */
export interface NamedParts {
  readonly lookups: Lookups;
  readonly events: ConversationEvents;
}

/** The conversations of one fabric. */
export class NamedConversations {
  client = new Int32Array(64);
  target = new Int32Array(64);
  owner = new Int32Array(64);
  /** The request that waits; 0 for none. */
  sequence = new Int32Array(64);
  /** The lookup under way; -1 for none. */
  lookup = new Int32Array(64);
  private readonly names: readonly string[];
  private parts!: NamedParts;
  private readonly free: number[] = [];
  private made = 0;

  /** @param names what is looked up, by target */
  constructor(names: readonly string[]) {
    this.names = names;
  }

  /** Completes it; before that nothing may be looked up or ended. */
  join(parts: NamedParts): void {
    this.parts = parts;
  }

  /** A new conversation, without lookup or request. @returns its handle */
  open(client: number, target: number, owner: number): number {
    const handle = this.free.pop() ?? this.made++;
    if (handle === this.client.length) this.growTo(handle * 2);
    this.client[handle] = client;
    this.target[handle] = target;
    this.owner[handle] = owner;
    this.sequence[handle] = 0;
    this.lookup[handle] = -1;
    return handle;
  }

  /** Begins to look the target's name up. @returns false when the client has no port left; the conversation is still there */
  lookUp(handle: number): boolean {
    const name = this.names[this.target[handle]!]!;
    const lookup = this.parts.lookups.start(this.client[handle]!, name, handle);
    this.lookup[handle] = lookup;
    return lookup >= 0;
  }

  /** Ends a conversation, and the lookup that is under way. */
  end(handle: number): void {
    if (this.lookup[handle]! >= 0) this.parts.lookups.cancel(this.lookup[handle]!);
    this.free.push(handle);
  }

  /** Ends a conversation without lookup, and tells its owner why. @param failure one of `RequestFailure` */
  fail(handle: number, failure: number): void {
    this.free.push(handle);
    this.parts.events.failed(handle, this.owner[handle]!, failure);
  }

  private growTo(length: number): void {
    this.client = grown(this.client, length);
    this.target = grown(this.target, length);
    this.owner = grown(this.owner, length);
    this.sequence = grown(this.sequence, length);
    this.lookup = grown(this.lookup, length);
  }
}
