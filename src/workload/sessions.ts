/**
 * Sessions: a client's connections or sockets, each with at most one request under way.
 *
 * A session is a small integer into typed columns. It belongs to one client for good and is opened, used for a number of requests, closed and
 * opened again; sessions of clients without a limit come from a shared free list.
 */
import { grown } from '../sim/index.js';

/** What a session is doing. */
export const SessionState = { closed: 0, connecting: 1, idle: 2, waiting: 3 } as const;

/** All sessions of one run. */
export class Sessions {
  client = new Int32Array(64);
  handle = new Int32Array(64);
  state = new Uint8Array(64);
  /** Number of the last request on the present connection. */
  sequence = new Int32Array(64);
  /** When the request under way was due. */
  scheduledAt = new Float64Array(64);
  private free = new Int32Array(64);
  private freeCount = 0;
  private made = 0;

  /** Sessions taken and not given back. */
  get inUse(): number {
    return this.made - this.freeCount;
  }

  /** Takes a closed session for a client. */
  take(client: number): number {
    if (this.freeCount === 0 && this.made === this.client.length) this.growTo(this.made * 2);
    const session = this.freeCount > 0 ? this.free[--this.freeCount]! : this.made++;
    this.client[session] = client;
    this.state[session] = SessionState.closed;
    return session;
  }

  /** Gives a session back. */
  release(session: number): void {
    this.state[session] = SessionState.closed;
    this.free[this.freeCount++] = session;
  }

  private growTo(length: number): void {
    this.client = grown(this.client, length);
    this.handle = grown(this.handle, length);
    this.state = grown(this.state, length);
    this.sequence = grown(this.sequence, length);
    this.scheduledAt = grown(this.scheduledAt, length);
    this.free = grown(this.free, length);
  }
}
