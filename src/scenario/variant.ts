/**
 * Variants: entries `variant.<name>` of the matrix, whose values set fields in several parts of `spec` together, such as the
 * protocol of the Services and the kind of workload that suits it. The name is no field: it stands in the case's id before
 * the value's label, which every value has.
 */
import { child, plain } from './located.js';
import type { Located } from './located.js';
import { didYouMean } from './nearest.js';

const KEY = /^variant\.[\w-]+$/;

/** Parts of `spec` that a matrix may vary. */
export const VARIABLE: readonly string[] = ['cluster', 'proxy', 'workload', 'churn', 'run'];
/** Fields inside them that it may not: they belong to the whole run. */
export const FIXED: readonly string[] = ['run.seeds', 'run.seed', 'cluster.manifests', 'cluster.objects'];

/** Whether a key of the matrix names a variant and not a field. */
export function isVariant(key: string): boolean {
  return KEY.test(key);
}

/** Names of entries, outermost first, below which a matrix key's values are laid over `spec`. */
export function targetOf(key: string): readonly string[] {
  return isVariant(key) ? [] : key.split('.');
}

/** What a value of a matrix key sets of a part of `spec`, such as `proxy`; undefined when it sets nothing there. */
export function partSet(key: string, value: Located, part: string): Located | undefined {
  if (isVariant(key)) return child(value, part);
  return key === part ? value : undefined;
}

/** One thing wrong with a value of a variant. */
interface Fault {
  /** Names of entries below the value, outermost first. */
  readonly path: readonly string[];
  readonly message: string;
  /** Whether the key is wrong, and not what stands behind it. */
  readonly atKey: boolean;
}

/** What is wrong with a value of a variant: it is a mapping of parts of `spec` with a label. */
export function variantFaults(value: Located, label: string): readonly Fault[] {
  if (value.kind !== 'map') {
    return [{ path: [], message: `expected a mapping with a ${label}, and fields below it`, atKey: false }];
  }
  const faults: Fault[] = [];
  if (!value.entries.has(label)) {
    faults.push({ path: [], message: `expected an entry ${label}: it names the case`, atKey: false });
  }
  for (const name of value.entries.keys()) {
    if (name === label || VARIABLE.includes(name)) continue;
    const message = `expected ${label} or one of ${VARIABLE.join(', ')}${didYouMean(name, VARIABLE)}`;
    faults.push({ path: [name], message, atKey: true });
  }
  for (const path of FIXED.map((field) => field.split('.'))) {
    const found = path.reduce<Located | undefined>((here, name) => child(here, name), value);
    if (found === undefined || plain(found) === undefined) continue;
    faults.push({ path, message: 'this field is the same for all cases and cannot stand in the matrix', atKey: true });
  }
  return faults;
}
