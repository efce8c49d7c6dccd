/**
 * Source ports of one host: which one the next connection gets.
 *
 * The range is Linux's default ip_local_port_range, 32768 to 60999. A port is in use while its connection lives and, after a TCP connection that this side
 * closed, for another 60 s (TIME_WAIT, include/net/tcp.h TCP_TIMEWAIT_LEN). Ports are given out in turn, so a port is reused as
 * late as possible; the kernel begins at a hash and steps by two. One bitmap serves all destinations, where the kernel
 * would let two connections to different destinations share a port. Cost: O(1) while ports are plenty.
 */
import { SECOND, type Nanoseconds } from '../../sim/index.js';

const FIRST_PORT = 32768;
const PORTS = 60999 - FIRST_PORT + 1;
const TIME_WAIT = 60 * SECOND;

/** Source ports of one host. */
export class PortRange {
  private readonly used = new Uint8Array(PORTS);
  private readonly resting = new Uint16Array(PORTS);
  private readonly restingUntil = new Float64Array(PORTS);
  private restHead = 0;
  private restCount = 0;
  private next = 0;
  private inUse = 0;

  /**
   * Takes a port.
   * @param now the present time
   * @returns the port, or -1 when none is free
   */
  take(now: Nanoseconds): number {
    this.wake(now);
    if (this.inUse === PORTS) return -1;
    while (this.used[this.next]) this.next = this.next + 1 === PORTS ? 0 : this.next + 1;
    const port = this.next;
    this.used[port] = 1;
    this.inUse++;
    this.next = port + 1 === PORTS ? 0 : port + 1;
    return FIRST_PORT + port;
  }

  /**
   * Gives a port back.
   * @param port what `take` returned
   * @param rest whether it rests in TIME_WAIT first
   * @param now the present time
   */
  release(port: number, rest: boolean, now: Nanoseconds): void {
    const index = port - FIRST_PORT;
    if (!rest) {
      this.used[index] = 0;
      this.inUse--;
      return;
    }
    const place = (this.restHead + this.restCount++) % PORTS;
    this.resting[place] = index;
    this.restingUntil[place] = now + TIME_WAIT;
  }

  private wake(now: Nanoseconds): void {
    while (this.restCount > 0 && this.restingUntil[this.restHead]! <= now) {
      this.used[this.resting[this.restHead]!] = 0;
      this.inUse--;
      this.restHead = this.restHead + 1 === PORTS ? 0 : this.restHead + 1;
      this.restCount--;
    }
  }
}
