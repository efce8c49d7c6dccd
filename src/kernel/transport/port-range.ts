/**
 * Source ports of one host: which one the next connection gets.
 *
 * The range is ip_local_port_range, by default 32768 to 60999. A port is in use while its connection lives and, after a
 * TCP connection that this side closed, for another 60 s (TIME_WAIT, include/net/tcp.h TCP_TIMEWAIT_LEN). Ports are given out in
 * turn, so a port is reused as late as possible; the kernel begins at a hash and steps by two. One bitmap serves all destinations, where
 * the kernel would let two connections to different destinations share a port.
 * Cost: O(1) while ports are plenty; 4 KB a host with the default range, and 10 bytes a port that rests.
 */
import { SECOND, grown, type Nanoseconds } from '../../sim/index.js';

/** First and last port of a range. */
export interface PortBounds {
  readonly first: number;
  readonly last: number;
}

/** Linux's default ip_local_port_range. */
export const DEFAULT_PORTS: PortBounds = { first: 32_768, last: 60_999 };

const TIME_WAIT = 60 * SECOND;

/** Source ports of one host. */
export class PortRange {
  private readonly first: number;
  private readonly count: number;
  /** One bit a port. */
  private readonly used: Uint32Array;
  private next = 0;
  private inUse = 0;
  /** A ring of ports in TIME_WAIT, the first to wake in front. */
  private resting = new Uint16Array(16);
  private restingUntil = new Float64Array(16);
  private restHead = 0;
  private restCount = 0;

  /** @param bounds the range */
  constructor({ first, last }: PortBounds = DEFAULT_PORTS) {
    this.first = first;
    this.count = last - first + 1;
    this.used = new Uint32Array(Math.ceil(this.count / 32));
  }

  /**
   * Takes a port.
   * @param now the present time
   * @returns the port, or -1 when none is free
   */
  take(now: Nanoseconds): number {
    this.wake(now);
    if (this.inUse === this.count) return -1;
    while (this.isUsed(this.next)) this.next = this.next + 1 === this.count ? 0 : this.next + 1;
    const port = this.next;
    this.flip(port);
    this.inUse++;
    this.next = port + 1 === this.count ? 0 : port + 1;
    return this.first + port;
  }

  /**
   * Gives a port back.
   * @param port what `take` returned
   * @param rest whether it rests in TIME_WAIT first
   * @param now the present time
   */
  release(port: number, rest: boolean, now: Nanoseconds): void {
    if (!rest) {
      this.free(port - this.first);
      return;
    }
    if (this.restCount === this.resting.length) this.growRing();
    const place = (this.restHead + this.restCount++) & (this.resting.length - 1);
    this.resting[place] = port - this.first;
    this.restingUntil[place] = now + TIME_WAIT;
  }

  private wake(now: Nanoseconds): void {
    while (this.restCount > 0 && this.restingUntil[this.restHead]! <= now) {
      this.free(this.resting[this.restHead]!);
      this.restHead = (this.restHead + 1) & (this.resting.length - 1);
      this.restCount--;
    }
  }

  private free(port: number): void {
    this.flip(port);
    this.inUse--;
  }

  private isUsed(port: number): boolean {
    return ((this.used[port >> 5]! >>> (port & 31)) & 1) === 1;
  }

  private flip(port: number): void {
    this.used[port >> 5]! ^= 1 << (port & 31);
  }

  private growRing(): void {
    const length = this.resting.length;
    const resting = grown(this.resting, length * 2);
    const restingUntil = grown(this.restingUntil, length * 2);
    // What stands before the head follows what stands behind it.
    for (let i = 0; i < this.restHead; i++) {
      resting[length + i] = this.resting[i]!;
      restingUntil[length + i] = this.restingUntil[i]!;
    }
    this.resting = resting;
    this.restingUntil = restingUntil;
  }
}
