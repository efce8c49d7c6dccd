/**
 * `--set path=value`: overrides one field of a scenario, the matrix included.
 *
 * Paths are those of error messages without `spec.`: `run.duration=1s`, `cluster.services.count=50`. Setting a field
 * that the matrix varies takes it out of the matrix; `matrix.<field>=[...]` varies it.
 */
import { parseDocument } from 'yaml';
import { child, located, mergedAt, plain, replaceNode, without } from './located.js';
import type { Located } from './located.js';
import { InputError } from './problem.js';
import type { Place } from './problem.js';
import { isVariant, targetOf } from './variant.js';

/**
 * Lays one option over a scenario.
 * @param root the whole file
 * @param option `path=value`; the value is YAML
 * @throws InputError when the option is not of that form
 */
export function applySet(root: Located, option: string): Located {
  const place: Place = { file: `--set ${option}`, line: 0, column: 0 };
  const [path, value] = parts(option, place);
  const replaced = located(value, place);
  if (path[0] === 'metadata') return mergedAt(root, path, replaced, place);
  const inSpec = path[0] === 'spec' ? path.slice(1) : path;
  if (inSpec[0] === 'matrix') return replacedAt(root, ['spec', 'matrix', inSpec.slice(1).join('.')], replaced, place);
  return replacedAt(withoutVaried(root, inSpec.join('.'), place), ['spec', ...inSpec], replaced, place);
}

function parts(option: string, place: Place): [string[], unknown] {
  const equals = option.indexOf('=');
  const path = option.slice(0, Math.max(equals, 0)).trim();
  const problem = (message: string) => new InputError([{ place, field: '', message }]);
  if (path === '' || path.split('.').includes('')) throw problem('expected path=value, such as run.duration=1s');
  const document = parseDocument(option.slice(equals + 1));
  const error = document.errors[0];
  if (error !== undefined) throw problem(`the value is not valid YAML: ${error.message.split('\n')[0] ?? ''}`);
  return [path.split('.'), document.toJS({ maxAliasCount: 0 })];
}

/** The value replaces what was there, even where both are mappings' parts: only the last step is replaced. */
function replacedAt(root: Located, path: readonly string[], value: Located, place: Place): Located {
  const last = path[path.length - 1]!;
  const parent = path.slice(0, -1);
  const holder = parent.reduce<Located | undefined>((here, name) => child(here, name), root);
  const cleared = holder === undefined ? root : replaceNode(root, parent, without(holder, last));
  return mergedAt(cleared, path, value, place);
}

/** Takes a field, and fields inside it, out of the matrix. */
function withoutVaried(root: Located, field: string, place: Place): Located {
  const matrix = child(child(root, 'spec'), 'matrix');
  if (matrix?.kind !== 'map') return root;
  const kept = [...matrix.entries].flatMap(([key, entry]) => {
    if (key === field || key.startsWith(`${field}.`)) return [];
    const isInside = isVariant(key) || field.startsWith(`${key}.`);
    if (!isInside || entry.value.kind !== 'list') return [[key, entry] as const];
    const inner = field.split('.').slice(targetOf(key).length);
    const items = distinct(entry.value.items.map((item) => withoutField(item, inner)));
    return [[key, { key: entry.key, value: { ...entry.value, items } }] as const];
  });
  return replaceNode(root, ['spec', 'matrix'], { kind: 'map', place: matrix.place ?? place, entries: new Map(kept) });
}

function withoutField(tree: Located, path: readonly string[]): Located {
  const parent = path.slice(0, -1);
  const holder = parent.reduce<Located | undefined>((here, name) => child(here, name), tree);
  return holder === undefined ? tree : replaceNode(tree, parent, without(holder, path[path.length - 1]!));
}

function distinct(items: readonly Located[]): Located[] {
  return [...new Map(items.map((item) => [JSON.stringify(plain(item)), item])).values()];
}
