/**
 * How text is emphasised. Reports never colour by themselves: who knows the terminal hands in a style, and what a colour
 * says always stands there as a word or sign too.
 */

/** Ways to set off a piece of text. */
export interface TextStyle {
  /** Titles and headings. */
  bold(text: string): string;
  /** What may be overlooked. */
  dim(text: string): string;
  /** What passed. */
  good(text: string): string;
  /** What failed. */
  bad(text: string): string;
  /** Warnings and open answers. */
  doubtful(text: string): string;
}

/** No emphasis: for files and for streams without colour. */
export const PLAIN: TextStyle = wrapping(() => (text) => text);

/** ANSI escape sequences (ECMA-48 SGR) in the eight colours that every terminal has. */
export const ANSI: TextStyle = wrapping(
  (on, off) => (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`),
);

function wrapping(make: (on: number, off: number) => (text: string) => string): TextStyle {
  return { bold: make(1, 22), dim: make(2, 22), good: make(32, 39), bad: make(31, 39), doubtful: make(33, 39) };
}
