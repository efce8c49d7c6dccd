/**
 * The queue of a controller's keys: what is due when, what is being worked on, and what is tried again.
 *
 * Mirrors client-go's work queue with its delays and rate limiters. A key that waits for its time is neither doubled nor put off, and being looked at
 * before does not take that time from it; one that is worked on is queued again once, for afterwards. A key that failed is tried again after a
 * pause that doubles from failure to failure, within a limit on all keys' retries together. Cost: O(1) a key, an event each time.
 */
import { EventClass, SECOND, type Nanoseconds, type Simulation } from '../../sim/index.js';
import { TokenBucket, type RateLimit } from './token-bucket.js';

/** What became of a key: done, to be tried again, or still under way (`finish` tells the end). */
export type SyncResult = 'done' | 'failed' | 'busy';

/** How a queue goes about it. */
export interface QueueSetup {
  readonly simulation: Simulation;
  /** Of the events. */
  readonly name: string;
  /** Keys that are worked on at a time. */
  readonly workers: number;
  /** First and longest pause before a key is tried again. */
  readonly retryNs: { readonly first: Nanoseconds; readonly longest: Nanoseconds };
  readonly sync: (key: string) => SyncResult;
}

/** Retries of one key in a row; after these it is dropped. */
const MAX_RETRIES = 15;

/** Retries of all keys together. */
const RETRY_LIMIT: RateLimit = { perSecond: 10, burst: 100 };

/** Keys of one controller. */
export class ServiceQueue {
  private readonly setup: QueueSetup;
  private readonly kind: number;
  private readonly retries = new TokenBucket(RETRY_LIMIT);
  /** Keys that were ever queued: number by key, key by number, and when each one's wait ends (-1: it waits for no time). */
  private readonly numbers = new Map<string, number>();
  private readonly keys: string[] = [];
  private readonly due: number[] = [];
  /** Whether each key is due now, which leaves alone what it waits for beside that. */
  private readonly dueNow: boolean[] = [];
  private readonly failures: number[] = [];
  /** Keys that are worked on, and whether they came up again meanwhile. */
  private readonly busy = new Map<number, boolean>();
  /** Keys that are due and wait for a worker. */
  private readonly waiting: number[] = [];

  /** @param setup clock and work */
  constructor(setup: QueueSetup) {
    this.setup = setup;
    this.kind = setup.simulation.register(setup.name, EventClass.control, this);
  }

  /** Queues a key: now, or for a time unless it waits already for one that is no later. */
  add(key: string, delayNs: Nanoseconds): void {
    const { simulation } = this.setup;
    const number = this.numberOf(key);
    const time = simulation.now + delayNs;
    if (delayNs <= 0) {
      if (this.dueNow[number]!) return;
      this.dueNow[number] = true;
    } else {
      if (this.due[number]! >= 0 && this.due[number]! <= time) return;
      this.due[number] = time;
    }
    simulation.schedule(time, this.kind, number);
  }

  /** A key is due; called by the simulation. */
  fire(number: number): void {
    const isTime = this.due[number] === this.setup.simulation.now;
    if (!isTime && !this.dueNow[number]!) return;
    if (isTime) this.due[number] = -1;
    this.dueNow[number] = false;
    if (this.busy.has(number)) this.busy.set(number, true);
    else if (this.busy.size < this.setup.workers) this.work(number);
    else if (!this.waiting.includes(number)) this.waiting.push(number);
  }

  /** Says what became of a key that was under way. */
  finish(key: string, result: 'done' | 'failed'): void {
    const number = this.numberOf(key);
    const again = this.busy.get(number) === true;
    this.busy.delete(number);
    this.settle(number, result);
    if (again) this.waiting.push(number);
    while (this.busy.size < this.setup.workers) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.work(next);
    }
  }

  private work(number: number): void {
    const result = this.setup.sync(this.keys[number]!);
    if (result === 'busy') this.busy.set(number, false);
    else this.settle(number, result);
  }

  private settle(number: number, result: 'done' | 'failed'): void {
    if (result === 'done') this.failures[number] = 0;
    else this.retry(number, this.keys[number]!);
  }

  private retry(number: number, key: string): void {
    const { simulation, retryNs } = this.setup;
    const failures = this.failures[number]!;
    if (failures >= MAX_RETRIES) {
      this.failures[number] = 0;
      return;
    }
    this.failures[number] = failures + 1;
    const pauseNs = Math.min(retryNs.longest, retryNs.first * 2 ** failures);
    this.add(key, Math.max(pauseNs, this.retries.take(simulation.now)));
  }

  private numberOf(key: string): number {
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.keys.push(key) - 1;
      this.numbers.set(key, number);
      this.due.push(-1);
      this.dueNow.push(false);
      this.failures.push(0);
    }
    return number;
  }
}

/** The pauses of the controllers of slices: a second at first. */
export const SLICE_RETRY = { first: SECOND, longest: 1000 * SECOND } as const;
