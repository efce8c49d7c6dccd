/**
 * Reads the running tally of a packet's work while it is being counted, in the three figures that people look at.
 *
 * What a step costs is the difference of two readings: since a reading's time is that of all work so far in whole nanoseconds, the differences add up
 * to the packet's CPU time exactly, whatever prices depend on. Not for the hot path: a run counts, and only who follows a packet reads.
 */
import type { Nanoseconds } from '../../sim/index.js';
import type { CostModel } from '../cost.js';
import { WorkKind, type Work } from '../work.js';

/** Hash lookups: conntrack, ipset, nftables sets and maps, ip_vs connections and services. */
const LOOKUPS = [
  WorkKind.conntrackLookup,
  WorkKind.matchSet,
  WorkKind.nftLookup,
  WorkKind.ipvsConnectionLookup,
  WorkKind.ipvsServiceLookup,
] as const;

/** Work in short. */
export interface Effort {
  /** Rules compared, of iptables and nftables together. */
  readonly rules: number;
  /** Hash lookups of all kinds. */
  readonly lookups: number;
  /** CPU time. */
  readonly ns: Nanoseconds;
}

/** Nothing done. */
export const NO_EFFORT: Effort = { rules: 0, lookups: 0, ns: 0 };

/** Reads one tally. */
export class Meter {
  readonly work: Work;
  private readonly cost: CostModel;

  /**
   * @param work the tally
   * @param cost its prices
   */
  constructor(work: Work, cost: CostModel) {
    this.work = work;
    this.cost = cost;
  }

  /** What has been done since the tally was cleared. */
  read(): Effort {
    const { counts } = this.work;
    let lookups = 0;
    for (const kind of LOOKUPS) lookups += counts[kind]!;
    const rules = counts[WorkKind.rule]! + counts[WorkKind.nftRule]!;
    return { rules, lookups, ns: this.cost.packetDuration(this.work) };
  }

  /** What has been done since a reading. */
  since(before: Effort): Effort {
    return difference(this.read(), before);
  }
}

/** What lies between two readings. */
export function difference(later: Effort, before: Effort): Effort {
  return { rules: later.rules - before.rules, lookups: later.lookups - before.lookups, ns: later.ns - before.ns };
}

/** Two efforts together. */
export function together(a: Effort, b: Effort): Effort {
  return { rules: a.rules + b.rules, lookups: a.lookups + b.lookups, ns: a.ns + b.ns };
}
