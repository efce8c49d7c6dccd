/**
 * Finds the Kubernetes objects in a text: YAML with one or more documents, or JSON; lists (`kind: List`, `PodList`) are
 * taken apart.
 *
 * Places are worked out only when a problem has to be shown. JSON is read by the engine's own parser, some hundred times
 * faster than YAML: for large clusters take `kubectl get -o json`. JSON documents may stand one after the other.
 */
import { isNode, LineCounter, parseAllDocuments, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { shown, type Subject } from '../explain.js';
import type { Path } from '../located.js';
import { InputError } from '../problem.js';
import type { Place, Problem } from '../problem.js';
import { placeAt, yamlMessage } from '../yaml-source.js';
import { jsonDocuments } from './json-documents.js';

/** A text with its name. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** One object as it was written. */
export interface RawObject extends Subject {
  readonly kind: string;
  /** API group, empty for the core. */
  readonly group: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Locate = (path: Path, atKey: boolean) => Place;

/** Aliases may be used this often in one document. */
const MAX_ALIASES = 10_000;

/**
 * Reads all objects of a text.
 * @throws InputError for text that is not YAML, for entries without `kind`, and when there is no object at all
 */
export function rawObjects(source: SourceText): RawObject[] {
  const objects = fromJson(source) ?? fromYaml(source);
  if (objects.length > 0) return objects;
  const message = 'expected Kubernetes objects, found none';
  throw new InputError([{ place: { file: source.file, line: 1, column: 1 }, field: '', message }]);
}

/** Takes apart one value: an object, or a list of objects. */
export function objectsIn(value: unknown, locate: Locate): RawObject[] {
  return unfold(value, [], locate, undefined);
}

function fromJson(source: SourceText): RawObject[] | undefined {
  if (!/^\s*\{/.test(source.text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(source.text);
  } catch {
    // Not one JSON document: several, or something of which the YAML reader says where and why, or can read it.
    return fromJsonDocuments(source);
  }
  let document: Document | undefined;
  const lines = new LineCounter();
  return objectsIn(value, (path, atKey) => {
    document ??= parseDocument(source.text, { lineCounter: lines, uniqueKeys: false });
    return locateIn(document, lines, source.file, path, atKey);
  });
}

/** Several JSON documents one after the other, as `jq -c` and repeated calls of kubectl print them; undefined for other texts. */
function fromJsonDocuments(source: SourceText): RawObject[] | undefined {
  const documents = jsonDocuments(source.text);
  if (documents.length < 2) return undefined;
  const objects: RawObject[] = [];
  for (const [index, { text, line }] of documents.entries()) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      if (index === 0) return undefined;
      const message = `not valid JSON: document ${index + 1} of a list of JSON documents`;
      throw new InputError([{ place: { file: source.file, line, column: 1 }, field: '', message }]);
    }
    // Places count from the beginning of the file.
    const lines = new LineCounter();
    let document: Document | undefined;
    const locate: Locate = (path, atKey) => {
      document ??= parseDocument('\n'.repeat(line - 1) + text, { lineCounter: lines, uniqueKeys: false });
      return locateIn(document, lines, source.file, path, atKey);
    };
    objects.push(...objectsIn(value, locate));
  }
  return objects;
}

function fromYaml(source: SourceText): RawObject[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(source.text, { lineCounter: lines, prettyErrors: false, merge: true });
  if (!Array.isArray(documents)) return [];
  const problems = documents.flatMap((document) =>
    document.errors.map((error): Problem => {
      return { place: placeAt(lines, source.file, error.pos[0]), field: '', message: yamlMessage(error.message) };
    }),
  );
  if (problems.length > 0) throw new InputError(problems);
  return documents.flatMap((document) => {
    const locate: Locate = (path, atKey) => locateIn(document, lines, source.file, path, atKey);
    const value = valueOf(document, locate);
    return value === null || value === undefined ? [] : objectsIn(value, locate);
  });
}

function valueOf(document: Document, locate: Locate): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InputError([{ place: locate([], false), field: '', message: yamlMessage(message) }]);
  }
}

function unfold(value: unknown, path: Path, locate: Locate, list: Fields | undefined): RawObject[] {
  const problem = (inner: Path, message: string) =>
    new InputError([{ place: locate([...path, ...inner], false), field: inner.join('.'), message }]);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem([], 'expected a Kubernetes object (a mapping with apiVersion, kind and metadata)');
  }
  const fields = value as Fields;
  // Items of a typed list, such as PodList, need not say what they are.
  const kind = fields['kind'] ?? (typeof list?.['kind'] === 'string' ? list['kind'].replace(/List$/, '') : undefined);
  if (typeof kind !== 'string' || kind === '') {
    throw problem(['kind'], `expected the kind of a Kubernetes object, found ${shown(kind)}`);
  }
  if (kind.endsWith('List') && fields['items'] !== undefined) {
    const items = fields['items'] ?? [];
    if (!Array.isArray(items)) throw problem(['items'], 'expected a list');
    return items.flatMap((item: unknown, index) => unfold(item, [...path, 'items', index], locate, fields));
  }
  const written = fields['apiVersion'] ?? list?.['apiVersion'];
  const apiVersion = typeof written === 'string' ? written : 'v1';
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return [{ kind, group, value, field: kind, place: (inner, atKey) => locate([...path, ...inner], atKey) }];
}

function locateIn(document: Document, lines: LineCounter, file: string, path: Path, atKey: boolean): Place {
  for (let length = path.length; length > 0; length--) {
    const offset = offsetOf(document, path.slice(0, length), atKey && length === path.length);
    if (offset !== undefined) return placeAt(lines, file, offset);
  }
  const start = isNode(document.contents) ? document.contents.range?.[0] : undefined;
  return placeAt(lines, file, start ?? document.range?.[0] ?? 0);
}

function offsetOf(document: Document, path: Path, atKey: boolean): number | undefined {
  if (atKey) {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const items: unknown = typeof parent === 'object' && parent !== null && 'items' in parent ? parent.items : [];
    const pairs = (Array.isArray(items) ? items : []) as { key?: unknown }[];
    const key = pairs.map((pair) => pair.key).find((own) => isNode(own) && own.toJSON() === path[path.length - 1]);
    return isNode(key) ? key.range?.[0] : undefined;
  }
  const node = document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}
