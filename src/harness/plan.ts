/**
 * The plan of a run: which case with which seed, in which order, under which name.
 *
 * A pure function of its input: the run's name holds a hash of the cases and the seeds and no date, so that the same
 * input writes the same bytes.
 */
import type { Case } from '../scenario/case.js';
import { caseContent } from '../scenario/index.js';
import { canonicalHash } from './canonical-hash.js';

/** One case with one seed. */
export interface Job {
  /** `<case id>#<seed>`. */
  readonly id: string;
  /** Place in the plan, from 0. */
  readonly index: number;
  readonly case: Case;
  readonly seed: string;
}

/** Everything that a run will do. */
export interface Plan {
  readonly scenario: string;
  /** `<scenario>-<8 hex of the hash of cases and seeds>`. */
  readonly runId: string;
  /** Hash over all cases: only runs with the same one are compared. */
  readonly scenarioHash: string;
  /** Hash of each case, by case id. */
  readonly caseHashes: ReadonlyMap<string, string>;
  readonly cases: readonly Case[];
  readonly seeds: readonly string[];
  /** Case by case, within a case seed by seed. */
  readonly jobs: readonly Job[];
}

/**
 * Plans a run.
 * @param cases the cases of one scenario, in the order in which they are to be shown
 * @param seeds the seeds; every case runs with each of them (common random numbers)
 * @throws Error when there is no case or no seed, or when a case id or a seed occurs twice
 */
export function planRun(cases: readonly Case[], seeds: readonly string[]): Plan {
  const first = cases[0];
  if (first === undefined) throw new Error('nothing to run: the scenario has no cases');
  if (seeds.length === 0) throw new Error('nothing to run: no seed is given');
  requireUnique(seeds, 'seed');
  requireUnique(
    cases.map((item) => item.id),
    'case',
  );
  const caseHashes = new Map(cases.map((item) => [item.id, canonicalHash(caseContent(item))]));
  const scenarioHash = canonicalHash([...caseHashes]);
  const runId = `${first.scenario}-${canonicalHash({ scenarioHash, seeds }).slice(0, 8)}`;
  const jobs = cases.flatMap((item, place) =>
    seeds.map((seed, i) => ({ id: `${item.id}#${seed}`, index: place * seeds.length + i, case: item, seed })),
  );
  return { scenario: first.scenario, runId, scenarioHash, caseHashes, cases, seeds, jobs };
}

function requireUnique(names: readonly string[], what: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${what} ${twice} occurs twice`);
}
