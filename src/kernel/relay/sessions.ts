/**
 * Sessions of all relays: a client's conversation and the one with a backend that belongs to it, side by side in typed columns.
 */
import { grown } from '../../sim/index.js';

/** States of a session: given back, in the line of its port, being dialled, or relayed. */
export const SessionState = { free: 0, waiting: 1, dialling: 2, open: 3 } as const;

/** Sessions of one protocol. */
export class RelaySessions {
  /** By `SessionState`. */
  state = new Uint8Array(64);
  /** Host of the relay, and its listener. */
  host = new Int32Array(64);
  listener = new Int32Array(64);
  /** The client as the relay sees it, and the handles of both conversations; -1 for none. */
  clientAddress = new Uint32Array(64);
  clientPort = new Uint16Array(64);
  client = new Int32Array(64);
  backend = new Int32Array(64);
  /** Backends tried in vain. */
  tries = new Uint8Array(64);
  /** Last message of the client, its bytes while it waits for a backend (else -1), and the number that it has towards the backend. */
  asked = new Int32Array(64);
  waitingBytes = new Int32Array(64);
  sent = new Int32Array(64);
  /** What is added to the client's numbers: those that earlier conversations of a UDP session have used up. */
  before = new Int32Array(64);
  /** Wake-ups of the process that the next packet pays for. */
  owedWakes = new Uint8Array(64);
  /** 1 when the client has closed. */
  clientGone = new Uint8Array(64);
  /** Next session in the line of the same listener; -1 for none. */
  next = new Int32Array(64);

  /** Sessions begun so far. */
  begun = 0;

  private free = new Int32Array(64);
  private freeCount = 0;
  private made = 0;

  /** Sessions made so far, those given back included: all numbers are below. */
  get count(): number {
    return this.made;
  }

  /** Sessions at present. */
  get inUse(): number {
    return this.made - this.freeCount;
  }

  /** A new session in state `waiting`, nothing asked yet. */
  take(): number {
    if (this.freeCount === 0 && this.made === this.state.length) this.growTo(this.made * 2);
    const session = this.freeCount > 0 ? this.free[--this.freeCount]! : this.made++;
    this.begun++;
    this.state[session] = SessionState.waiting;
    this.client[session] = -1;
    this.backend[session] = -1;
    this.tries[session] = 0;
    this.asked[session] = 0;
    this.waitingBytes[session] = -1;
    this.sent[session] = 0;
    this.before[session] = 0;
    this.owedWakes[session] = 0;
    this.clientGone[session] = 0;
    this.next[session] = -1;
    return session;
  }

  /** Gives a session back; its columns stay readable until the next `take`. */
  release(session: number): void {
    this.state[session] = SessionState.free;
    this.free[this.freeCount++] = session;
  }

  private growTo(length: number): void {
    this.state = grown(this.state, length);
    this.host = grown(this.host, length);
    this.listener = grown(this.listener, length);
    this.clientAddress = grown(this.clientAddress, length);
    this.clientPort = grown(this.clientPort, length);
    this.client = grown(this.client, length);
    this.backend = grown(this.backend, length);
    this.tries = grown(this.tries, length);
    this.asked = grown(this.asked, length);
    this.waitingBytes = grown(this.waitingBytes, length);
    this.sent = grown(this.sent, length);
    this.before = grown(this.before, length);
    this.owedWakes = grown(this.owedWakes, length);
    this.clientGone = grown(this.clientGone, length);
    this.next = grown(this.next, length);
    this.free = grown(this.free, length);
  }
}
