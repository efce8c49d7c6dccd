/**
 * Lookups as requests: a session stands for a call of getaddrinfo, its request is the lookup, its answer the address.
 *
 * What a client would connect to does not matter here: a target is a name.
 */
import { RequestFailure, type ClientFabric } from '../fabric.js';
import type { LookupEnd, LookupUser } from './lookup-parts.js';
import { NamedConversations, type NamedParts } from './named-conversations.js';

/** A fabric whose requests are lookups. */
export class LookupRequests implements ClientFabric, LookupUser {
  private readonly conversations: NamedConversations;
  private parts!: NamedParts;

  /** @param names what is looked up, by target */
  constructor(names: readonly string[]) {
    this.conversations = new NamedConversations(names);
  }

  /** Completes the fabric; before that nothing may be asked of it. @param parts who looks up, and who is told */
  join(parts: NamedParts): void {
    this.parts = parts;
    this.conversations.join(parts);
  }

  /** See `ClientFabric`: nothing is sent yet. */
  connect(client: number, target: number, owner: number): number {
    return this.conversations.open(client, target, owner);
  }

  /** See `ClientFabric`: the lookup begins. */
  request(handle: number, sequence: number): void {
    this.conversations.sequence[handle] = sequence;
    if (!this.conversations.lookUp(handle)) this.conversations.fail(handle, RequestFailure.noPort);
  }

  /** See `ClientFabric`. */
  close(handle: number): void {
    this.conversations.end(handle);
  }

  /** See `ClientFabric`. */
  abort(handle: number): void {
    this.conversations.end(handle);
  }

  /** See `LookupUser`. */
  resolved(handle: number, end: LookupEnd): void {
    const { lookup, owner, sequence } = this.conversations;
    lookup[handle] = -1;
    if (end === 'found') this.parts.events.replied(handle, owner[handle]!, sequence[handle]!);
    else this.conversations.fail(handle, failureOf(end));
  }
}

/** What a request's failure is called when its name was not found. */
export function failureOf(end: LookupEnd): number {
  return end === 'no-port' ? RequestFailure.noPort : RequestFailure.unresolved;
}
