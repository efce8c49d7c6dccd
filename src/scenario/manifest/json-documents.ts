/**
 * Takes a text apart into JSON documents that stand one after the other, whether on lines of their own or not.
 *
 * Only braces and strings are looked at; each document is left to the JSON parser. Cost: one pass over the text.
 */

/** One document. */
export interface JsonDocument {
  readonly text: string;
  /** Line on which it begins, from 1. */
  readonly line: number;
}

/** Strings, and whatever else moves a border: braces, line ends, anything that is no blank. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}\n]|[^\s{}"]+|"/g;

/**
 * Finds the documents of a text that begins with a brace.
 * @returns the documents; none when something that is no mapping stands between them
 */
export function jsonDocuments(text: string): readonly JsonDocument[] {
  const documents: JsonDocument[] = [];
  let depth = 0;
  let line = 1;
  let start = { offset: 0, line: 1 };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '\n') line++;
    else if (token === '{') {
      if (depth++ === 0) start = { offset: index, line };
    } else if (depth === 0) return [];
    else if (token === '}' && --depth === 0) {
      documents.push({ text: text.slice(start.offset, index + 1), line: start.line });
    }
  }
  // What is cut off is for the parser to refuse.
  if (depth > 0) documents.push({ text: text.slice(start.offset), line: start.line });
  return documents;
}
