/**
 * How long each endpoint was ready within the measured time: what its load has to be held against.
 */
import { grown } from '../sim/index.js';

/** Ready spans of all servers of one run. */
export class ReadyTimes {
  private readonly fromNs: number;
  private readonly untilNs: number;
  /** Since when a server is ready, or -1; and its ready time within the measured time so far. */
  private since = new Float64Array(64).fill(-1);
  private total = new Float64Array(64);

  /**
   * @param fromNs end of the warm-up
   * @param untilNs end of the measured time
   */
  constructor(fromNs: number, untilNs: number) {
    this.fromNs = fromNs;
    this.untilNs = untilNs;
  }

  /** A server is ready, or not, from now on; saying so again changes nothing. */
  set(server: number, isReady: boolean, now: number): void {
    if (server >= this.since.length) this.growTo(Math.max(server + 1, this.since.length * 2));
    if (isReady === this.since[server]! >= 0) return;
    if (!isReady) this.total[server]! += this.within(this.since[server]!, now);
    this.since[server] = isReady ? now : -1;
  }

  /** Share of the measured time in which a server was ready, 0 to 1; to be asked at its end or later. */
  share(server: number): number {
    const since = this.since[server] ?? -1;
    const open = since >= 0 ? this.within(since, this.untilNs) : 0;
    return ((this.total[server] ?? 0) + open) / (this.untilNs - this.fromNs);
  }

  private within(from: number, until: number): number {
    return Math.max(0, Math.min(until, this.untilNs) - Math.max(from, this.fromNs));
  }

  private growTo(length: number): void {
    const from = this.since.length;
    this.since = grown(this.since, length);
    this.since.fill(-1, from);
    this.total = grown(this.total, length);
  }
}
