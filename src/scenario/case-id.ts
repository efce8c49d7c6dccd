/**
 * Names of cases: the values of the matrix that make them, such as `mode=ipvs,scheduler=rr,services=100`.
 *
 * A field is called by the last word of its path, or by as many words as tell it from the matrix's other fields.
 */

/** One field that the matrix sets, and its value in one case. */
export interface Varied {
  /** Dotted path below `spec`. */
  readonly path: string;
  readonly value: unknown;
}

/** Words that say little without the word before them, and are replaced by it. */
const BARE = new Set(['count', 'kind']);

/**
 * The single fields that the values of one matrix path set: the fields of a mapping, or the value itself. Of a list of
 * mappings (changes of the cluster) their kinds, and of their other fields those that differ from value to value.
 * @param path dotted path below `spec`
 * @param values the values, plain
 * @returns the fields of each value
 */
export function variedFields(path: string, values: readonly unknown[]): Varied[][] {
  const lists = values.filter((value) => Array.isArray(value)) as readonly (readonly unknown[])[];
  if (!lists.flat().some(isMapping)) return values.map((value) => leaves(path, value));
  const details = lists.map((list) => list.flatMap((item, i) => leaves(list.length > 1 ? `${path}.${i}` : path, item)));
  const differs = ({ path: own }: Varied): boolean => {
    const found = details.flatMap((fields) => fields.filter((field) => field.path === own));
    return new Set(found.map((field) => valueText(field.value))).size > 1;
  };
  const kinds = lists.map((list) => valueText(list));
  const kindsDiffer = new Set(kinds).size > 1 || lists.length === 1;
  return details.map((fields, i) => [
    ...(kindsDiffer ? [{ path, value: kinds[i] }] : []),
    ...fields.filter((field) => !field.path.endsWith('.kind') && differs(field)),
  ]);
}

function leaves(path: string, value: unknown): Varied[] {
  if (!isMapping(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([name, inner]) => leaves(`${path}.${name}`, inner));
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Short names of fields.
 * @param paths every field that the matrix sets in any case
 * @returns name by path; no two are equal
 */
export function fieldNames(paths: Iterable<string>): ReadonlyMap<string, string> {
  const words = new Map([...paths].map((path) => [path, meaningful(path)]));
  const names = new Map<string, string>();
  for (const [path, own] of words) {
    let depth = 1;
    const clashes = () =>
      [...words].some(([other, theirs]) => other !== path && ending(theirs, depth) === ending(own, depth));
    while (depth < own.length && clashes()) depth++;
    names.set(path, clashes() ? path : ending(own, depth));
  }
  return names;
}

/** The identifier of a case. @param fields what the matrix sets in it @param names short names by path */
export function caseId(fields: readonly Varied[], names: ReadonlyMap<string, string>): string {
  return fields.map(({ path, value }) => `${names.get(path) ?? path}=${valueText(value)}`).join(',');
}

function meaningful(path: string): string[] {
  const words = path.split('.');
  return words.length > 1 && BARE.has(words[words.length - 1]!) ? words.slice(0, -1) : words;
}

function ending(words: readonly string[], depth: number): string {
  return words.slice(-depth).join('.');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join('+');
  if (isMapping(value)) {
    const kind = value['kind'];
    return typeof kind === 'string' ? kind : Object.values(value).map(valueText).join('/');
  }
  // Commas and equals signs divide an identifier.
  return String(value).replace(/[,=\s]+/g, '_');
}
