/**
 * The list of everything that a case or a step may expect: adding one is a file and a line here.
 *
 * An expectation is named by its field. What is not in the list makes the case fail.
 */
import type { CaseWorld } from './case-world.js';
import { entriesExpectation } from './conntrack.js';
import { endpointsExpectation } from './categorize.js';
import type { Expectation } from './expectation.js';
import type { Fields } from './fields.js';
import { flowsExpectation } from './flows.js';
import { jumpsExpectation } from './ipvs-jumps.js';
import { serversExpectation } from './ipvs-servers.js';
import { setsExpectation } from './ipvs-sets.js';
import { metricsExpectation } from './metric.js';
import { chainsExpectation, countsExpectation, loopbackExpectation, rulesExpectation } from './rules-iptables.js';
import { tableExpectation } from './rules-nftables.js';
import { iptablesSyncExpectation } from './sync-iptables.js';
import { nftablesSyncExpectation } from './sync-nftables.js';
import { trackingExpectation } from './tracking.js';

/** All of them. */
export const EXPECTATIONS: readonly Expectation[] = [
  flowsExpectation,
  endpointsExpectation,
  metricsExpectation,
  trackingExpectation,
  entriesExpectation,
  serversExpectation,
  setsExpectation,
  jumpsExpectation,
  rulesExpectation,
  chainsExpectation,
  countsExpectation,
  loopbackExpectation,
  iptablesSyncExpectation,
  tableExpectation,
  nftablesSyncExpectation,
];

/** Fields in which something is expected. */
export const EXPECTATION_FIELDS: readonly string[] = EXPECTATIONS.flatMap(({ field, besides }) => [
  field,
  ...(besides ?? []),
]);

/**
 * Checks everything that a case or step expects in the mode at hand.
 * @param modes of the case: what is expected must say something in one of them
 */
export function checkAll(world: CaseWorld, holder: Fields, modes: readonly string[]): void {
  const expected = EXPECTATIONS.filter(({ field }) => holder[field] !== undefined);
  for (const name of new Set(expected.map(({ field }) => field))) {
    const known = expected.filter(({ field }) => field === name);
    const isChecked = known.some((each) => each.modes === undefined || each.modes.some((mode) => modes.includes(mode)));
    if (!isChecked) throw new Error(`nobody knows what ${name} means in mode ${modes.join(', ')}`);
  }
  for (const each of expected) {
    if (each.modes?.includes(world.variant.mode) !== false) each.check(world, holder[each.field], holder);
  }
}
