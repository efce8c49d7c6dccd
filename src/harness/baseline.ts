/**
 * The baseline document: the figures of a run, kept under a name, to compare later runs with.
 *
 * It is plain JSON that may stand in git. Reading checks all of it and names every fault by its path.
 */
import { z } from 'zod';
import type { RunFigures } from './figures.js';

/** Version of the document's form; raised when an older program could not read it. */
export const BASELINE_SCHEMA_VERSION = 1;

const API_VERSION = 'kpb/v1alpha1';

/** A baseline. */
export interface Baseline extends RunFigures {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'Baseline';
  readonly schemaVersion: typeof BASELINE_SCHEMA_VERSION;
  readonly name: string;
}

/** A document that is no baseline this program can use. */
export class BaselineError extends Error {
  /** Every fault: path and what was expected there. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'BaselineError';
    this.faults = faults;
  }
}

const hash = z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hexadecimal digits');
const values = z.record(z.string(), z.record(z.string(), z.array(z.number().nullable())));
const schema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Baseline'),
  schemaVersion: z.literal(BASELINE_SCHEMA_VERSION),
  name: z.string().min(1),
  scenario: z.string().min(1),
  programVersion: z.string().min(1),
  scenarioHash: hash,
  seeds: z.array(z.string()).min(1),
  cases: z.array(z.strictObject({ id: z.string().min(1), hash, values })).min(1),
});

/** The baseline document that keeps a run's figures under a name. */
export function toBaseline(name: string, figures: RunFigures): Baseline {
  return { apiVersion: API_VERSION, kind: 'Baseline', schemaVersion: BASELINE_SCHEMA_VERSION, name, ...figures };
}

/**
 * Checks a parsed JSON document.
 * @throws BaselineError with every fault when it is no baseline of this version
 */
export function readBaseline(document: unknown): Baseline {
  const read = schema.safeParse(document);
  if (!read.success)
    throw new BaselineError(read.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`));
  const { seeds, cases } = read.data;
  const faults = cases.flatMap((item, i) =>
    Object.entries(item.values).flatMap(([metric, statistics]) =>
      Object.entries(statistics)
        .filter(([, list]) => list.length !== seeds.length)
        .map(([statistic, list]) => {
          return `cases[${i}].values.${metric}.${statistic}: expected ${seeds.length} values, one a seed, found ${list.length}`;
        }),
    ),
  );
  if (faults.length > 0) throw new BaselineError(faults);
  return read.data;
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'document';
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
