/** Connections through a balancer that ends them: a client's conversation and the one with a target that belongs to it, side by side in typed columns. */
import { grown } from '../../sim/index.js';

/** All such connections of one run. */
export class BalancedConnections {
  /** Handles of both conversations; -1 for none. */
  client = new Int32Array(64);
  backend = new Int32Array(64);
  /** Last message of the client, and its bytes while it waits for the target's end to be up, else -1. */
  asked = new Int32Array(64);
  waitingBytes = new Int32Array(64);
  /** 1 once the target's end is up. */
  isUp = new Uint8Array(64);
  /** 1 once a header was sent, and its bytes in the message that was sent last. */
  isGreeted = new Uint8Array(64);
  headerBytes = new Uint8Array(64);
  private free = new Int32Array(64);
  private freeCount = 0;
  private made = 0;

  /** Connections at present. */
  get inUse(): number {
    return this.made - this.freeCount;
  }

  /** A new connection, dialled nowhere yet. */
  take(client: number): number {
    if (this.freeCount === 0 && this.made === this.client.length) this.growTo(this.made * 2);
    const connection = this.freeCount > 0 ? this.free[--this.freeCount]! : this.made++;
    this.client[connection] = client;
    this.backend[connection] = -1;
    this.waitingBytes[connection] = -1;
    this.isUp[connection] = 0;
    this.isGreeted[connection] = 0;
    this.headerBytes[connection] = 0;
    return connection;
  }

  /** Gives a connection back. */
  release(connection: number): void {
    this.client[connection] = -1;
    this.free[this.freeCount++] = connection;
  }

  private growTo(length: number): void {
    this.client = grown(this.client, length);
    this.backend = grown(this.backend, length);
    this.asked = grown(this.asked, length);
    this.waitingBytes = grown(this.waitingBytes, length);
    this.isUp = grown(this.isUp, length);
    this.isGreeted = grown(this.isGreeted, length);
    this.headerBytes = grown(this.headerBytes, length);
    this.free = grown(this.free, length);
  }
}
