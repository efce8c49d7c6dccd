/**
 * Conversations: TCP connections and UDP exchanges, with the state of both ends side by side in typed columns.
 *
 * A conversation is named by a handle that packets carry: slot and generation, so that a late packet of an older
 * conversation in the same slot is known as such. The two ends never read each other's columns except through packets.
 */
import { grown } from '../../sim/index.js';

const SLOT_BITS = 22;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const GENERATIONS = 1 << (31 - SLOT_BITS);

/** The slot that a handle names: one of as many as were ever open at a time, whichever conversation is in it by now. */
export function slotOf(handle: number): number {
  return handle & SLOT_MASK;
}

/** States of an end. */
export const EndState = { closed: 0, synSent: 1, synReceived: 2, established: 3, finWait: 4 } as const;

/** All conversations of one run. */
export class Conversations {
  protocol = new Uint8Array(256);
  /** Bytes of the headers of its packets. */
  headerBytes = new Uint8Array(256);
  /** The client's end: whose it is, host, address, port, what it dialled, state, retransmissions of what is outstanding. */
  clientUser = new Uint8Array(256);
  clientHost = new Int32Array(256);
  clientAddress = new Uint32Array(256);
  clientPort = new Uint16Array(256);
  remoteAddress = new Uint32Array(256);
  remotePort = new Uint16Array(256);
  clientState = new Uint8Array(256);
  tries = new Uint8Array(256);
  /** Request awaiting its answer (numbers from 1), 0 for none; of UDP the last one, answered or not. Its size in bytes, and the last answer's. */
  outstanding = new Int32Array(256);
  requestBytes = new Uint16Array(256);
  heardBytes = new Uint16Array(256);
  /** The client's note to itself, given to `connect`. */
  owner = new Int32Array(256);
  /** The server's end: whose it is, host (-1 for none), its address and port, and the client as the server sees it. */
  serverUser = new Uint8Array(256);
  serverHost = new Int32Array(256);
  serverAddress = new Uint32Array(256);
  serverPort = new Uint16Array(256);
  peerAddress = new Uint32Array(256);
  peerPort = new Uint16Array(256);
  serverState = new Uint8Array(256);
  /** Last request taken up and last one answered by the server, and the answer's size. */
  taken = new Int32Array(256);
  answered = new Int32Array(256);
  answerBytes = new Uint16Array(256);
  /** 1 when the request under way was acknowledged on its own, because its answer took long: what each end knows of it. */
  ackSent = new Uint8Array(256);
  ackSeen = new Uint8Array(256);
  /** Times that the server has sent its last answer again. */
  answerTries = new Uint8Array(256);

  private generation = new Uint16Array(256);
  private open = new Uint8Array(256);
  private free = new Int32Array(256);
  private freeCount = 0;
  private made = 0;

  /** Conversations open at present. */
  get inUse(): number {
    return this.made - this.freeCount;
  }

  /** Takes a slot with both ends closed. */
  take(): number {
    const slot = this.freeCount > 0 ? this.free[--this.freeCount]! : this.fresh();
    this.open[slot] = 1;
    this.clientState[slot] = EndState.closed;
    this.tries[slot] = 0;
    this.outstanding[slot] = 0;
    this.serverHost[slot] = -1;
    this.serverState[slot] = EndState.closed;
    this.taken[slot] = 0;
    this.answered[slot] = 0;
    this.ackSent[slot] = 0;
    this.ackSeen[slot] = 0;
    return slot;
  }

  /** Gives a slot back; packets that still carry its handle no longer find it. */
  release(slot: number): void {
    this.open[slot] = 0;
    this.generation[slot] = (this.generation[slot]! + 1) % GENERATIONS;
    this.free[this.freeCount++] = slot;
  }

  /** The handle of a slot, for packets and owners. */
  handle(slot: number): number {
    return (this.generation[slot]! << SLOT_BITS) | slot;
  }

  /** The slot of a handle, or -1 when that conversation is over. */
  slot(handle: number): number {
    if (handle < 0) return -1;
    const slot = slotOf(handle);
    return this.open[slot] === 1 && this.generation[slot] === handle >>> SLOT_BITS ? slot : -1;
  }

  private fresh(): number {
    if (this.made === this.protocol.length) this.growTo(this.made * 2);
    if (this.made > SLOT_MASK) throw new RangeError(`more than ${SLOT_MASK} conversations at a time`);
    return this.made++;
  }

  private growTo(length: number): void {
    this.protocol = grown(this.protocol, length);
    this.headerBytes = grown(this.headerBytes, length);
    this.clientUser = grown(this.clientUser, length);
    this.clientHost = grown(this.clientHost, length);
    this.clientAddress = grown(this.clientAddress, length);
    this.clientPort = grown(this.clientPort, length);
    this.remoteAddress = grown(this.remoteAddress, length);
    this.remotePort = grown(this.remotePort, length);
    this.clientState = grown(this.clientState, length);
    this.tries = grown(this.tries, length);
    this.outstanding = grown(this.outstanding, length);
    this.requestBytes = grown(this.requestBytes, length);
    this.heardBytes = grown(this.heardBytes, length);
    this.owner = grown(this.owner, length);
    this.serverUser = grown(this.serverUser, length);
    this.serverHost = grown(this.serverHost, length);
    this.serverAddress = grown(this.serverAddress, length);
    this.serverPort = grown(this.serverPort, length);
    this.peerAddress = grown(this.peerAddress, length);
    this.peerPort = grown(this.peerPort, length);
    this.serverState = grown(this.serverState, length);
    this.taken = grown(this.taken, length);
    this.answered = grown(this.answered, length);
    this.answerBytes = grown(this.answerBytes, length);
    this.ackSent = grown(this.ackSent, length);
    this.ackSeen = grown(this.ackSeen, length);
    this.answerTries = grown(this.answerTries, length);
    this.generation = grown(this.generation, length);
    this.open = grown(this.open, length);
    this.free = grown(this.free, length);
  }
}
