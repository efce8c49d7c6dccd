/**
 * The ip_vs connections of one node: typed columns and a hash over (protocol, client address, client port).
 *
 * Mirrors ip_vs_conn_tab (Linux 6.1): one entry a connection serves both directions, the newest first in its chain.
 * The kernel never resizes its chains; here the table grows, and what the kernel's chains cost is counted by `ConnectionChains`.
 * Persistence templates are entries with client port 0. Cost: O(1) a lookup, nothing allocated but growth.
 */
import { grown } from '../../sim/index.js';

/** No connection. */
export const NO_CONNECTION = -1;

const FIRST_ROWS = 32;

/** Connections of one node; a connection is a row number. */
export class ConnectionTable {
  clientAddress = new Uint32Array(0);
  clientPort = new Uint16Array(0);
  virtualAddress = new Uint32Array(0);
  virtualPort = new Uint16Array(0);
  protocol = new Uint8Array(0);
  /** Row of its real server, and the port that packets go to there; a template of a group of ports has port 0. */
  server = new Int32Array(0);
  serverPort = new Uint16Array(0);
  /** One of `ConnectionState`. */
  state = new Uint8Array(0);
  /** 1 while it counts as active for its server. */
  active = new Uint8Array(0);
  /** 1 for a persistence template. */
  template = new Uint8Array(0);
  /** 1 while its flow has a conntrack entry, which ends when it does (IP_VS_CONN_F_NFCT). */
  tracked = new Uint8Array(0);
  /** The template that it hangs on, or `NO_CONNECTION`; and for a template how many hang on it. */
  control = new Int32Array(0);
  controlled = new Int32Array(0);
  /** Span without packets after which it goes, and when that will be. */
  timeoutNs = new Float64Array(0);
  deadlineNs = new Float64Array(0);

  /** Entries, templates included. */
  count = 0;
  /** Rows ever used: entries are among rows 0 to `rows` - 1. */
  rows = 0;
  /** 0 for a free row, 1 for an entry, 2 for one that is hidden. */
  live = new Uint8Array(0);
  /** For the owner of the timers: when the row's timer fires. */
  armedNs = new Float64Array(0);

  private next = new Int32Array(0);
  private heads = new Int32Array(FIRST_ROWS).fill(NO_CONNECTION);
  private free = new Int32Array(0);
  private freeCount = 0;

  /** The newest entry of a key, or `NO_CONNECTION`; `template` is 1 for a template, 0 for a connection. */
  find(
    protocol: number,
    client: number,
    clientPort: number,
    virtual: number,
    virtualPort: number,
    template: number,
  ): number {
    if (this.count === 0) return NO_CONNECTION;
    let row = this.heads[this.bucket(protocol, client, clientPort)]!;
    while (row >= 0) {
      if (
        this.clientPort[row] === clientPort &&
        this.clientAddress[row] === client &&
        this.virtualPort[row] === virtualPort &&
        this.virtualAddress[row] === virtual &&
        this.protocol[row] === protocol &&
        // Only where the port is 0 are there both.
        (clientPort !== 0 || this.template[row] === template)
      ) {
        return row;
      }
      row = this.next[row]!;
    }
    return NO_CONNECTION;
  }

  /**
   * The first connection of that client's address and port at or after a row in its chain; `from` -1 starts the
   * chain.
   */
  candidate(protocol: number, client: number, clientPort: number, from: number): number {
    if (this.count === 0) return NO_CONNECTION;
    let row = from < 0 ? this.heads[this.bucket(protocol, client, clientPort)]! : this.next[from]!;
    while (row >= 0) {
      if (
        this.clientPort[row] === clientPort &&
        this.clientAddress[row] === client &&
        this.protocol[row] === protocol
      ) {
        return row;
      }
      row = this.next[row]!;
    }
    return NO_CONNECTION;
  }

  /** Makes an entry and puts it first in its chain; state, server and timing are the caller's part. */
  insert(
    protocol: number,
    client: number,
    clientPort: number,
    virtual: number,
    virtualPort: number,
    template: number,
  ): number {
    const row = this.freeCount > 0 ? this.free[--this.freeCount]! : this.fresh();
    this.protocol[row] = protocol;
    this.clientAddress[row] = client;
    this.clientPort[row] = clientPort;
    this.virtualAddress[row] = virtual;
    this.virtualPort[row] = virtualPort;
    this.template[row] = template;
    this.live[row] = 1;
    this.control[row] = NO_CONNECTION;
    this.controlled[row] = 0;
    this.count++;
    if (this.count > this.heads.length) this.rehash();
    this.hang(row);
    return row;
  }

  /** Makes an entry unfindable; it lives on until it is released. */
  hide(row: number): void {
    const bucket = this.bucket(this.protocol[row]!, this.clientAddress[row]!, this.clientPort[row]!);
    let place = this.heads[bucket]!;
    if (place === row) {
      this.heads[bucket] = this.next[row]!;
    } else {
      while (place >= 0 && this.next[place] !== row) place = this.next[place]!;
      if (place < 0) return;
      this.next[place] = this.next[row]!;
    }
    this.live[row] = 2;
  }

  /** Removes an entry; its row will be used again. */
  release(row: number): void {
    if (this.live[row] === 1) this.hide(row);
    this.live[row] = 0;
    this.free[this.freeCount++] = row;
    this.count--;
  }

  private hang(row: number): void {
    const bucket = this.bucket(this.protocol[row]!, this.clientAddress[row]!, this.clientPort[row]!);
    this.next[row] = this.heads[bucket]!;
    this.heads[bucket] = row;
  }

  /** Doubles the chains. Entries keep their order: an answer belongs to the newest of several that it may belong to. */
  private rehash(): void {
    const chains = this.heads;
    this.heads = new Int32Array(chains.length * 2).fill(NO_CONNECTION);
    for (const newest of chains) {
      let oldest = NO_CONNECTION;
      for (let row = newest, older: number; row >= 0; row = older) {
        older = this.next[row]!;
        this.next[row] = oldest;
        oldest = row;
      }
      for (let row = oldest, newer: number; row >= 0; row = newer) {
        newer = this.next[row]!;
        this.hang(row);
      }
    }
  }

  private bucket(protocol: number, client: number, clientPort: number): number {
    let mixed = Math.imul((client | 0) ^ Math.imul(clientPort | (protocol << 16), 0x9e3779b1), 0x85ebca6b);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 13)) & (this.heads.length - 1);
  }

  private fresh(): number {
    if (this.rows === this.state.length) this.growTo(Math.max(FIRST_ROWS, this.rows * 2));
    return this.rows++;
  }

  private growTo(length: number): void {
    this.clientAddress = grown(this.clientAddress, length);
    this.clientPort = grown(this.clientPort, length);
    this.virtualAddress = grown(this.virtualAddress, length);
    this.virtualPort = grown(this.virtualPort, length);
    this.protocol = grown(this.protocol, length);
    this.server = grown(this.server, length);
    this.serverPort = grown(this.serverPort, length);
    this.state = grown(this.state, length);
    this.active = grown(this.active, length);
    this.template = grown(this.template, length);
    this.tracked = grown(this.tracked, length);
    this.control = grown(this.control, length);
    this.controlled = grown(this.controlled, length);
    this.timeoutNs = grown(this.timeoutNs, length);
    this.deadlineNs = grown(this.deadlineNs, length);
    this.live = grown(this.live, length);
    this.armedNs = grown(this.armedNs, length);
    this.next = grown(this.next, length);
    this.free = grown(this.free, length);
  }
}
