/**
 * Lookups as requests: a session stands for a call of getaddrinfo, its request is the lookup, its answer the address.
 *
 * What a client would connect to does not matter here: a target is a name.
 */
import { grown } from '../../sim/index.js';
import { RequestFailure, type ClientFabric, type ConversationEvents } from '../fabric.js';
import type { LookupEnd, LookupUser } from './lookup-parts.js';
import type { Lookups } from './lookups.js';

/** A fabric whose requests are lookups. */
export class LookupRequests implements ClientFabric, LookupUser {
  private readonly names: readonly string[];
  private parts!: { readonly lookups: Lookups; readonly events: ConversationEvents };
  private client = new Int32Array(64);
  private target = new Int32Array(64);
  private owner = new Int32Array(64);
  private sequence = new Int32Array(64);
  /** The lookup under way; -1 for none. */
  private lookup = new Int32Array(64);
  private readonly free: number[] = [];
  private made = 0;

  /** @param names what is looked up, by target */
  constructor(names: readonly string[]) {
    this.names = names;
  }

  /** Completes the fabric; before that nothing may be asked of it. @param parts who looks up, and who is told */
  join(parts: { readonly lookups: Lookups; readonly events: ConversationEvents }): void {
    this.parts = parts;
  }

  /** See `ClientFabric`: nothing is sent yet. */
  connect(client: number, target: number, owner: number): number {
    const handle = this.free.pop() ?? this.made++;
    if (handle === this.client.length) this.growTo(handle * 2);
    this.client[handle] = client;
    this.target[handle] = target;
    this.owner[handle] = owner;
    this.lookup[handle] = -1;
    return handle;
  }

  /** See `ClientFabric`: the lookup begins. */
  request(handle: number, sequence: number): void {
    const { lookups, events } = this.parts;
    this.sequence[handle] = sequence;
    const lookup = lookups.start(this.client[handle]!, this.names[this.target[handle]!]!, handle);
    this.lookup[handle] = lookup;
    if (lookup >= 0) return;
    this.free.push(handle);
    events.failed(handle, this.owner[handle]!, RequestFailure.noPort);
  }

  /** See `ClientFabric`. */
  close(handle: number): void {
    if (this.lookup[handle]! >= 0) this.parts.lookups.cancel(this.lookup[handle]!);
    this.free.push(handle);
  }

  /** See `ClientFabric`. */
  abort(handle: number): void {
    this.close(handle);
  }

  /** See `LookupUser`. */
  resolved(handle: number, end: LookupEnd): void {
    const { events } = this.parts;
    const owner = this.owner[handle]!;
    this.lookup[handle] = -1;
    if (end === 'found') {
      events.replied(handle, owner, this.sequence[handle]!);
      return;
    }
    this.free.push(handle);
    events.failed(handle, owner, failureOf(end));
  }

  private growTo(length: number): void {
    this.client = grown(this.client, length);
    this.target = grown(this.target, length);
    this.owner = grown(this.owner, length);
    this.sequence = grown(this.sequence, length);
    this.lookup = grown(this.lookup, length);
  }
}

/** What a request's failure is called when its name was not found. */
export function failureOf(end: LookupEnd): number {
  return end === 'no-port' ? RequestFailure.noPort : RequestFailure.unresolved;
}
