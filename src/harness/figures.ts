/**
 * The figures of one run in the form in which two runs are compared: per case and metric one value for each seed.
 *
 * A baseline is such figures with a name; a run that is compared with it is turned into the same form.
 */
import type { Row } from '../measure/index.js';
import type { Plan } from './plan.js';

/** Values by metric, statistic and place of the seed; null where there was nothing to measure. */
export type ValueTable = Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;

/** The figures of one case. */
export interface CaseFigures {
  readonly id: string;
  /** Hash of the case's input. */
  readonly hash: string;
  readonly values: ValueTable;
}

/** The figures of one run. */
export interface RunFigures {
  readonly scenario: string;
  readonly programVersion: string;
  /** Hash over the input of all cases. */
  readonly scenarioHash: string;
  readonly seeds: readonly string[];
  readonly cases: readonly CaseFigures[];
}

/** What of a plan is needed beside the rows: of a plan at hand, or of one that was stored with its run. */
export type RunIdentity = Pick<Plan, 'scenario' | 'scenarioHash' | 'seeds' | 'caseHashes'>;

/**
 * The figures of a run.
 * @param identity what was run
 * @param rows its rows; rows of other seeds or cases are left out
 * @param programVersion version of the program that ran it
 */
export function figuresOf(identity: RunIdentity, rows: readonly Row[], programVersion: string): RunFigures {
  const { scenario, scenarioHash, seeds, caseHashes } = identity;
  const tables = new Map([...caseHashes.keys()].map((id) => [id, new Map<string, Map<string, (number | null)[]>>()]));
  for (const { caseId, metric, statistic, seed, value } of rows) {
    const place = seeds.indexOf(seed);
    const table = tables.get(caseId);
    if (table === undefined || place < 0) continue;
    const statistics = getOrMake(table, metric, () => new Map<string, (number | null)[]>());
    getOrMake(statistics, statistic, () => seeds.map((): number | null => null))[place] = value;
  }
  const cases = [...caseHashes].map(([id, hash]) => {
    const table = [...(tables.get(id) ?? [])].map(([metric, statistics]) => [metric, Object.fromEntries(statistics)]);
    return { id, hash, values: Object.fromEntries(table) as ValueTable };
  });
  return { scenario, programVersion, scenarioHash, seeds, cases };
}

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
