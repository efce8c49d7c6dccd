/**
 * What triggered the changes of slices that kube-proxy's endpoint trackers notice: the times that stand in the slices' annotation
 * endpoints.kubernetes.io/last-change-trigger-time, by revision of the ledger, once for all nodes.
 *
 * Mirrors lastChangeTriggerTimes of EndpointsChangeTracker (pkg/proxy endpointschangetracker.go, 1.34-era): a tracker keeps a list of times for each
 * Service until its next sync takes them all, and a slice that is deleted clears the Service's list. So an entry says until which revision it
 * counts. Cost: 32 bytes an entry, O(1) a note, O(log n + answer) a question.
 */
import type { Nanoseconds } from '../sim/index.js';
import { firstAfter } from './first-after.js';

/** No entry before this one. */
const NONE = -1;

/** Trigger times, ascending by revision. */
export class TriggerLog {
  /** By entry: its revision, the time, the first revision in which it counts no more, and the one before it of the same Service. */
  private revisions: number[] = [];
  private times: Nanoseconds[] = [];
  private until: number[] = [];
  private earlier: number[] = [];
  /** Number of entries that were dropped: what `earlier` and `newest` hold counts from the first one ever. */
  private dropped = 0;
  /** The newest entry of each Service since a slice of it was deleted last. */
  private readonly newest = new Map<string, number>();

  /** Number of entries kept. */
  get length(): number {
    return this.times.length;
  }

  /** Revision of the newest entry; 0 for none. */
  get newestRevision(): number {
    return this.revisions.at(-1) ?? 0;
  }

  /** A slice was written; revisions never go back. @param time its trigger; undefined for none, which leaves no trace */
  note(revision: number, serviceKey: string, time: Nanoseconds | undefined): void {
    if (time === undefined) return;
    this.revisions.push(revision);
    this.times.push(time);
    this.until.push(Infinity);
    this.earlier.push(this.newest.get(serviceKey) ?? NONE);
    this.newest.set(serviceKey, this.dropped + this.times.length - 1);
  }

  /** A slice was deleted: whoever has not synced yet forgets the times of its Service. */
  clear(revision: number, serviceKey: string): void {
    let entry = this.newest.get(serviceKey) ?? NONE;
    this.newest.delete(serviceKey);
    while (entry >= this.dropped) {
      const place = entry - this.dropped;
      this.until[place] = revision;
      entry = this.earlier[place]!;
    }
  }

  /**
   * Calls `take` with each time that a tracker holds which has synced `from` and seen everything up to `to`.
   * @param startedNs of the tracker: it takes later times only
   */
  forEach(from: number, to: number, startedNs: Nanoseconds, take: (time: Nanoseconds) => void): void {
    for (let i = firstAfter(this.revisions, from); i < this.revisions.length && this.revisions[i]! <= to; i++) {
      if (this.until[i]! > to && this.times[i]! > startedNs) take(this.times[i]!);
    }
  }

  /** Drops the entries up to and including `revision`. */
  forgetThrough(revision: number): void {
    const count = firstAfter(this.revisions, revision);
    if (count === 0) return;
    this.dropped += count;
    this.revisions = this.revisions.slice(count);
    this.times = this.times.slice(count);
    this.until = this.until.slice(count);
    this.earlier = this.earlier.slice(count);
    for (const [service, entry] of this.newest) if (entry < this.dropped) this.newest.delete(service);
  }
}
