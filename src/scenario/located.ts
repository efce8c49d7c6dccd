/**
 * A tree of values in which every value knows where it was written, so that an error found after merging defaults, matrix
 * values and `--set` options still points at the text that caused it.
 *
 * Trees are never changed in place: merging and setting give new ones.
 */
import type { Place } from './problem.js';

/** A mapping's entry: where its key stands, and its value. */
export interface LocatedEntry {
  readonly key: Place | null;
  readonly value: Located;
}

/** A value with its place; null for what no user wrote (a default). */
export type Located =
  | { readonly kind: 'scalar'; readonly place: Place | null; readonly value: unknown }
  | { readonly kind: 'list'; readonly place: Place | null; readonly items: readonly Located[] }
  | { readonly kind: 'map'; readonly place: Place | null; readonly entries: ReadonlyMap<string, LocatedEntry> };

/** A path into a tree: names of entries and indexes of items. */
export type Path = readonly PropertyKey[];

/** An empty mapping. */
export function emptyMap(place: Place | null): Located {
  return { kind: 'map', place, entries: new Map() };
}

/** Gives a plain value one place throughout. */
export function located(value: unknown, place: Place | null): Located {
  if (Array.isArray(value)) return { kind: 'list', place, items: value.map((item) => located(item, place)) };
  if (typeof value === 'object' && value !== null) {
    const entries = new Map(
      Object.entries(value).map(([name, inner]) => [name, { key: place, value: located(inner, place) }]),
    );
    return { kind: 'map', place, entries };
  }
  return { kind: 'scalar', place, value };
}

/** The plain value of a tree. */
export function plain(tree: Located): unknown {
  switch (tree.kind) {
    case 'scalar':
      return tree.value;
    case 'list':
      return tree.items.map(plain);
    case 'map':
      return Object.fromEntries([...tree.entries].map(([name, entry]) => [name, plain(entry.value)]));
  }
}

/** The value of an entry, or undefined when the tree is no mapping or has no such entry. */
export function child(tree: Located | undefined, name: string): Located | undefined {
  return tree?.kind === 'map' ? tree.entries.get(name)?.value : undefined;
}

/** A mapping without one entry; other trees come back as they are. */
export function without(tree: Located, name: string): Located {
  if (tree.kind !== 'map' || !tree.entries.has(name)) return tree;
  return { ...tree, entries: new Map([...tree.entries].filter(([key]) => key !== name)) };
}

/** A tree without what another one has: mappings entry by entry, everything else as a whole. */
export function less(tree: Located, other: Located): Located {
  if (tree.kind !== 'map' || other.kind !== 'map') return tree;
  const entries = [...tree.entries].flatMap(([name, entry]): [string, LocatedEntry][] => {
    const own = child(other, name);
    if (own === undefined) return [[name, entry]];
    return own.kind === 'map' ? [[name, { key: entry.key, value: less(entry.value, own) }]] : [];
  });
  return { ...tree, entries: new Map(entries) };
}

/** Lays one tree over another: mappings are joined entry by entry, everything else is replaced. */
export function merged(under: Located | undefined, over: Located): Located {
  if (under?.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(under.entries);
  for (const [name, entry] of over.entries) {
    entries.set(name, { key: entry.key, value: merged(entries.get(name)?.value, entry.value) });
  }
  return { kind: 'map', place: over.place, entries };
}

/**
 * Lays a value over what stands at a path; mappings on the way are made where they are missing.
 * @param tree the tree
 * @param path names of entries, outermost first
 * @param value what to put there
 * @param key where the path was written
 */
export function mergedAt(tree: Located, path: readonly string[], value: Located, key: Place | null): Located {
  const [name, ...rest] = path;
  if (name === undefined) return merged(tree, value);
  const base = tree.kind === 'map' ? tree : emptyMap(key);
  const inner = child(base, name) ?? emptyMap(key);
  const before = base.kind === 'map' ? [...base.entries] : [];
  const entry = { key, value: mergedAt(inner, rest, value, key) };
  // An entry keeps its place in the order of entries.
  const entries = new Map(before);
  entries.set(name, entry);
  return { kind: 'map', place: base.place, entries };
}

/** Puts a tree in place of what stands at a path; without effect when nothing stands there. */
export function replaceNode(tree: Located, path: readonly string[], node: Located): Located {
  const [name, ...rest] = path;
  if (name === undefined) return node;
  const entry = tree.kind === 'map' ? tree.entries.get(name) : undefined;
  if (tree.kind !== 'map' || entry === undefined) return tree;
  const entries = new Map(tree.entries).set(name, { key: entry.key, value: replaceNode(entry.value, rest, node) });
  return { ...tree, entries };
}

/**
 * The place to show for a path: that of the value there, else of the nearest value around it that somebody wrote.
 * @param tree the tree
 * @param path names and indexes, outermost first
 * @param atKey whether to show the last entry's key in place of its value
 */
export function placeOf(tree: Located, path: Path, atKey = false): Place | null {
  let place = tree.place;
  let here: Located = tree;
  for (const [depth, step] of path.entries()) {
    const entry: LocatedEntry | undefined = here.kind === 'map' ? here.entries.get(String(step)) : undefined;
    const item: Located | undefined = here.kind === 'list' ? here.items[Number(step)] : undefined;
    const next = entry?.value ?? item;
    if (next === undefined) break;
    here = next;
    place = (atKey && depth === path.length - 1 ? entry?.key : here.place) ?? entry?.key ?? place;
  }
  return place;
}
