/** The one list of ip_vs schedulers. Adding one is one new file and one line here. */
import { destinationHashing } from './dh.js';
import { weightedFailOver } from './fo.js';
import { localityBased } from './lblc.js';
import { replicatedLocalityBased } from './lblcr.js';
import { leastConnection } from './lc.js';
import { maglevHashing } from './mh.js';
import { neverQueue } from './nq.js';
import { weightedOverflow } from './ovf.js';
import { roundRobin } from './rr.js';
import type { SchedulerKind } from './scheduler.js';
import { shortestExpectedDelay } from './sed.js';
import { sourceHashing } from './sh.js';
import { powerOfTwoChoices } from './twos.js';
import { weightedLeastConnection } from './wlc.js';
import { weightedRoundRobin } from './wrr.js';

export { SchedulerFlag, type NamedFlag, type SchedulerKind } from './scheduler.js';

/** All schedulers, in the order in which they are shown. */
export const schedulers: readonly SchedulerKind[] = [
  roundRobin,
  leastConnection,
  destinationHashing,
  sourceHashing,
  shortestExpectedDelay,
  neverQueue,
  weightedRoundRobin,
  weightedLeastConnection,
  maglevHashing,
  localityBased,
  replicatedLocalityBased,
  weightedFailOver,
  weightedOverflow,
  powerOfTwoChoices,
];

/**
 * The scheduler of that name.
 * @throws Error that lists the names, when there is none
 */
export function schedulerOf(name: string): SchedulerKind {
  const kind = schedulers.find((candidate) => candidate.name === name);
  if (kind !== undefined) return kind;
  throw new Error(`ipvs has no scheduler ${name}; it has ${schedulers.map((each) => each.name).join(', ')}`);
}
