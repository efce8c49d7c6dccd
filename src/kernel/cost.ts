/**
 * The cost profile: the only place where work becomes time.
 *
 * A profile gives every kind of work a price in nanoseconds, with source, date and how it is known. Two prices are not
 * flat: rules far down one walk of a table and servers far down a list cost more, because they no longer fit the cache.
 */
import { SYNC_WORK_NAMES, WORK_COLUMNS, WORK_NAMES, WorkKind } from './work.js';
import type { Work } from './work.js';

/** One price. */
export interface CostConstant {
  /** Nanoseconds for one unit of work. */
  readonly ns: number;
  /** How it is known: measured, derived from measurements by arithmetic, or assumed. */
  readonly basis: 'measured' | 'derived' | 'assumed';
  /** Where it comes from. */
  readonly source: string;
  /** When it was measured or set, as YYYY-MM-DD. */
  readonly date: string;
}

/** A price beyond a threshold: of rules within one walk of a table, of servers within one packet's work. */
export interface FarCost extends CostConstant {
  /** Units after which this price holds in place of the flat one. */
  readonly beyond: number;
}

/** All prices of one kind of machine. Keys are the names of `WORK_NAMES` and `SYNC_WORK_NAMES`. */
export interface CostProfile {
  readonly name: string;
  readonly description: string;
  readonly packet: Readonly<Record<string, CostConstant>>;
  readonly sync: Readonly<Record<string, CostConstant>>;
  /** Prices of `rule` and `ipvsServer` beyond a number of units. */
  readonly far: Readonly<Record<'rule' | 'ipvsServer', FarCost>>;
}

/** Prices packets' and syncs' work by one profile. */
export class CostModel {
  private readonly packetNs: Float64Array;
  private readonly syncNs: Float64Array;
  private readonly ruleBeyond: number;
  private readonly ruleExtraNs: number;
  private readonly serverBeyond: number;
  private readonly serverExtraNs: number;

  /**
   * @param profile a complete profile
   * @throws Error that names the constant, when one is missing
   */
  constructor(profile: CostProfile) {
    this.packetNs = new Float64Array(WORK_COLUMNS);
    this.packetNs.set(prices(profile.packet, WORK_NAMES, profile.name));
    this.syncNs = prices(profile.sync, SYNC_WORK_NAMES, profile.name);
    this.ruleBeyond = profile.far.rule.beyond;
    this.ruleExtraNs = profile.far.rule.ns - this.packetNs[WorkKind.rule]!;
    this.serverBeyond = profile.far.ipvsServer.beyond;
    this.serverExtraNs = profile.far.ipvsServer.ns - this.packetNs[WorkKind.ipvsServer]!;
  }

  /**
   * Prices one packet's work; the tally stays as it is.
   * @param work the tally of one packet on one node
   * @returns whole nanoseconds of CPU time
   */
  packetDuration(work: Work): number {
    const counts = work.counts;
    const prices = this.packetNs;
    // Four sums side by side: one alone waits for each addition before the next (22 ns against 14).
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let kind = 0; kind < WORK_COLUMNS; kind += 4) {
      a += counts[kind]! * prices[kind]!;
      b += counts[kind + 1]! * prices[kind + 1]!;
      c += counts[kind + 2]! * prices[kind + 2]!;
      d += counts[kind + 3]! * prices[kind + 3]!;
    }
    let ns = a + b + c + d;
    if (counts[WorkKind.rule]! > this.ruleBeyond) ns += this.farRules(work) * this.ruleExtraNs;
    const servers = counts[WorkKind.ipvsServer]!;
    if (servers > this.serverBeyond) ns += (servers - this.serverBeyond) * this.serverExtraNs;
    return Math.round(ns);
  }

  /**
   * Prices the scheduler's part of one packet's work: the decision, and the servers that it looked at.
   * @param work the tally of a packet that ip_vs scheduled
   * @returns nanoseconds of CPU time, not rounded
   */
  pickDuration({ counts }: Work): number {
    const servers = counts[WorkKind.ipvsServer]!;
    const far = Math.max(0, servers - this.serverBeyond) * this.serverExtraNs;
    return (
      counts[WorkKind.ipvsSchedule]! * this.packetNs[WorkKind.ipvsSchedule]! +
      servers * this.packetNs[WorkKind.ipvsServer]! +
      far
    );
  }

  /** Rules beyond the threshold of their walk, over all walks. */
  private farRules(work: Work): number {
    let far = 0;
    for (let walk = 0; walk < work.walks; walk++) {
      const beyond = work.walkRules[walk]! - this.ruleBeyond;
      if (beyond > 0) far += beyond;
    }
    return far;
  }

  /**
   * Prices the work of one sync.
   * @param units units of work, indexed by `SyncWorkKind`
   * @returns whole nanoseconds of CPU time
   */
  syncDuration(units: Float64Array): number {
    let ns = 0;
    for (let kind = 0; kind < units.length; kind++) ns += units[kind]! * this.syncNs[kind]!;
    return Math.round(ns);
  }
}

function prices(
  constants: Readonly<Record<string, CostConstant>>,
  names: readonly string[],
  profile: string,
): Float64Array {
  return Float64Array.from(names, (name) => {
    const constant = constants[name];
    if (constant === undefined) throw new Error(`cost profile ${profile} has no constant for ${name}`);
    return constant.ns;
  });
}
