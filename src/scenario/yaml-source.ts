/**
 * Reads YAML (and JSON, which is YAML) into a tree that knows the place of every value.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';
import type { Located, LocatedEntry } from './located.js';
import { InputError } from './problem.js';
import type { Place, Problem } from './problem.js';

/** Aliases may stand for this many values in one file; more are refused (a "billion laughs" file). */
const MAX_ALIASED = 10_000;

/** How the parser's messages begin here. */
export const NOT_YAML = 'not valid YAML';

/**
 * Reads a text that holds one YAML document.
 * @param text the text
 * @param file its name, for messages
 * @throws InputError for malformed, empty and multiple documents
 */
export function readYaml(text: string, file: string): Located {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => placeAt(lines, file, offset);
  if (!Array.isArray(documents)) throw new InputError([{ place: place(0), field: '', message: 'the file is empty' }]);
  const problems: Problem[] = documents.flatMap((document) =>
    document.errors.map((error) => ({ place: place(error.pos[0]), field: '', message: yamlMessage(error.message) })),
  );
  if (problems.length > 0) throw new InputError(problems);
  const [first, second] = documents;
  if (second !== undefined) {
    const at = place(second.range[0]);
    throw new InputError([{ place: at, field: '', message: 'expected one YAML document, found a second one' }]);
  }
  if (first === undefined || first.contents === null || (isScalar(first.contents) && first.contents.value === null)) {
    throw new InputError([{ place: place(0), field: '', message: 'the file is empty' }]);
  }
  return new Reader(first, place).read(first.contents);
}

/** Point in a text by its offset. */
export function placeAt(lines: LineCounter, file: string, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** The parser's message with a lower-case beginning, as all of ours have. */
export function yamlMessage(message: string): string {
  return `${NOT_YAML}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

class Reader {
  private readonly document: Document;
  private readonly place: (offset: number) => Place;
  private aliased = 0;

  constructor(document: Document, place: (offset: number) => Place) {
    this.document = document;
    this.place = place;
  }

  read(node: unknown, inAlias = false): Located {
    const within = inAlias || isAlias(node);
    const target = isAlias(node) ? node.resolve(this.document) : node;
    const at = this.placeOf(node);
    if (within && ++this.aliased > MAX_ALIASED) {
      throw new InputError([{ place: at, field: '', message: `aliases stand for more than ${MAX_ALIASED} values` }]);
    }
    if (isMap(target)) {
      const entries = new Map<string, LocatedEntry>();
      for (const pair of target.items) {
        entries.set(keyText(pair.key), { key: this.placeOf(pair.key), value: this.read(pair.value, within) });
      }
      return { kind: 'map', place: at, entries };
    }
    if (isSeq(target)) return { kind: 'list', place: at, items: target.items.map((item) => this.read(item, within)) };
    return { kind: 'scalar', place: at, value: isScalar(target) ? target.value : null };
  }

  private placeOf(node: unknown): Place {
    const range = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range : undefined;
    return this.place(range?.[0] ?? 0);
  }
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}
