/**
 * When a node's proxy may sync: kube-proxy's BoundedFrequencyRunner as a pure state machine (pkg/util/async
 * bounded_frequency_runner.go, v1.30), for any number of nodes in typed columns.
 *
 * A token bucket of `burst` tokens refills by one every minimum interval; a run takes one. A request (or a timer that fires)
 * runs at once if there is a token; if not, the timer is set to the end of the last run plus the minimum interval,
 * unless it is due earlier. Without requests the timer fires the maximum interval after the end of the last run. Times are whole
 * nanoseconds; the bucket counts in nanoseconds of credit, so nothing is rounded.
 */
import type { Nanoseconds } from '../sim/index.js';

/** Limits of the runners. */
export interface SyncRunnerOptions {
  /** Minimum interval between runs beyond the burst; 0 for no limit. */
  readonly minSyncPeriodNs: Nanoseconds;
  /** Maximum interval: a run is forced when there was none for so long. */
  readonly maxSyncPeriodNs: Nanoseconds;
  /** Runs that may follow each other without waiting; at least 1. */
  readonly burst: number;
}

/** The runners of all nodes. */
export class SyncRunners {
  private readonly minNs: Nanoseconds;
  private readonly maxNs: Nanoseconds;
  private readonly capacityNs: Nanoseconds;
  /** By runner: credit at `creditAt`, the timer, and the end of the last run. */
  private readonly credit: Float64Array;
  private readonly creditAt: Float64Array;
  private readonly timer: Float64Array;
  private readonly lastRun: Float64Array;
  private readonly running: Uint8Array;

  /**
   * @param count number of runners
   * @param options their limits; a maximum below the minimum counts as the minimum
   */
  constructor(count: number, options: SyncRunnerOptions) {
    this.minNs = options.minSyncPeriodNs;
    this.maxNs = Math.max(options.maxSyncPeriodNs, options.minSyncPeriodNs);
    this.capacityNs = options.burst * options.minSyncPeriodNs;
    this.credit = new Float64Array(count).fill(this.capacityNs);
    this.creditAt = new Float64Array(count);
    this.timer = new Float64Array(count).fill(this.maxNs);
    this.lastRun = new Float64Array(count).fill(-Infinity);
    this.running = new Uint8Array(count);
  }

  /** Whether a run is under way. */
  isRunning(runner: number): boolean {
    return this.running[runner] === 1;
  }

  /** When the timer fires next; it stands still during a run. */
  nextRunAt(runner: number): Nanoseconds {
    return this.timer[runner]!;
  }

  /** From when on there is a token, if nothing runs before. */
  acceptsFrom(runner: number): Nanoseconds {
    return this.creditAt[runner]! + Math.max(0, this.minNs - this.credit[runner]!);
  }

  /**
   * Asks for a run, at a request or because the timer fired. While a run is under way nothing happens: the caller
   * asks again at its end if there was a request.
   * @returns whether the run begins now; if not, it is due at `nextRunAt`
   */
  request(runner: number, now: Nanoseconds): boolean {
    if (this.running[runner] === 1) return false;
    this.refill(runner, now);
    if (this.credit[runner]! >= this.minNs) {
      this.credit[runner]! -= this.minNs;
      this.running[runner] = 1;
      return true;
    }
    const possible = this.lastRun[runner]! + this.minNs;
    if (possible < this.timer[runner]!) this.timer[runner] = possible;
    return false;
  }

  /** Says that the run is over. */
  finished(runner: number, now: Nanoseconds): void {
    this.running[runner] = 0;
    this.lastRun[runner] = now;
    this.timer[runner] = now + this.maxNs;
  }

  /** Sets the timer of a runner that never ran, to spread the forced runs of nodes started at different times. */
  startTimer(runner: number, at: Nanoseconds): void {
    this.timer[runner] = at;
  }

  /** Starts a runner anew: nothing runs, and the bucket is full. */
  restart(runner: number, now: Nanoseconds): void {
    this.running[runner] = 0;
    this.credit[runner] = this.capacityNs;
    this.creditAt[runner] = now;
    this.lastRun[runner] = -Infinity;
    this.timer[runner] = now + this.maxNs;
  }

  private refill(runner: number, now: Nanoseconds): void {
    this.credit[runner] = Math.min(this.capacityNs, this.credit[runner]! + now - this.creditAt[runner]!);
    this.creditAt[runner] = now;
  }
}
