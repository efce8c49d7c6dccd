/**
 * The matrix: `spec.matrix` maps dotted paths below `spec` to lists of values; every combination of values is a case. A value
 * that is a mapping is laid over what stands at its path; its entry `label`, if it has one, names the case in place of
 * the fields that it sets. A key `variant.<name>` is no path: see `variant.ts`. The first path varies slowest.
 */
import { fieldNames, variedFields } from './case-id.js';
import type { Varied } from './case-id.js';
import { problemAt } from './explain.js';
import type { Origin } from './explain.js';
import { child, plain, without } from './located.js';
import type { Located } from './located.js';
import { didYouMean } from './nearest.js';
import { InputError } from './problem.js';
import type { Place, Problem } from './problem.js';
import { FIXED, isVariant, VARIABLE, variantFaults } from './variant.js';

/** One value of one path. */
export interface Choice {
  /** Dotted path below `spec`, or `variant.<name>`. */
  readonly path: string;
  readonly value: Located;
  /** Where the path was written. */
  readonly key: Place | null;
  /** The single fields that it sets and that name the case. */
  readonly fields: readonly Varied[];
}

/** The combinations, and short names for the fields that they set. */
export interface Matrix {
  /** At least one; a scenario without matrix has one that is empty. */
  readonly combinations: readonly (readonly Choice[])[];
  /** Short name by dotted path. */
  readonly names: ReadonlyMap<string, string>;
}

/** Entry of a mapping that names the case. */
const LABEL = 'label';
const MAX_CASES = 100_000;

/**
 * Reads the matrix.
 * @param spec the scenario's `spec`
 * @param origin where it stands
 * @throws InputError when the matrix is not of that form
 */
export function matrixOf(spec: Located, origin: Origin): Matrix {
  const matrix = child(spec, 'matrix');
  const problems: Problem[] = [];
  const wrong = (path: readonly PropertyKey[], message: string, atKey = false) =>
    problems.push(problemAt(spec, ['matrix', ...path], message, origin, atKey));
  if (matrix !== undefined && matrix.kind !== 'map') wrong([], 'expected a mapping of fields to lists of values');
  const axes: (readonly Choice[])[] = [];
  for (const [path, entry] of matrix?.kind === 'map' ? matrix.entries : []) {
    const root = path.split('.')[0]!;
    const values = entry.value.kind === 'list' ? entry.value.items : [];
    for (const [i, value] of isVariant(path) ? values.entries() : []) {
      for (const fault of variantFaults(value, LABEL)) wrong([path, i, ...fault.path], fault.message, fault.atKey);
    }
    if (!isVariant(path) && !VARIABLE.includes(root)) {
      wrong(
        [path],
        `expected a field below ${VARIABLE.join(', ')}, or variant.<name>${didYouMean(root, VARIABLE)}`,
        true,
      );
    } else if (FIXED.includes(path)) {
      wrong([path], 'this field is the same for all cases and cannot stand in the matrix', true);
    } else if (entry.value.kind !== 'list' || entry.value.items.length === 0) {
      wrong([path], 'expected a list with at least one value');
    } else {
      const fields = variedFields(
        path,
        values.map((item) => plain(without(item, LABEL))),
      );
      const choices = values.map((item, i): Choice => {
        const label = labelOf(item);
        const named = label === undefined ? (fields[i] ?? []) : [{ path, value: label }];
        return { path, value: without(item, LABEL), key: entry.key, fields: named };
      });
      axes.push(choices);
    }
  }
  const count = axes.reduce((product, axis) => product * axis.length, 1);
  if (count > MAX_CASES) wrong([], `expected at most ${MAX_CASES} cases, found ${count}`);
  if (problems.length > 0) throw new InputError(problems);
  const fields = axes.flat().flatMap((choice) => choice.fields);
  return { combinations: product(axes), names: fieldNames(new Set(fields.map((field) => field.path))) };
}

/** The label of a value; one that is no text or number is left for the schema to refuse. */
function labelOf(value: Located): string | undefined {
  const label = child(value, LABEL);
  return label?.kind === 'scalar' ? String(label.value) : undefined;
}

function product(axes: readonly (readonly Choice[])[]): Choice[][] {
  return axes.reduce<Choice[][]>(
    (heads, axis) => heads.flatMap((head) => axis.map((choice) => [...head, choice])),
    [[]],
  );
}
