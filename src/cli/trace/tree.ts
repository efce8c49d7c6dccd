/**
 * A tree as text: guides on the left, and three columns of figures on the right. Lines too long for the width are broken between words, and their
 * figures stand in the first one.
 */
import { numberText, type TextStyle } from '../../report/index.js';
import type { Effort } from '../../testbed/index.js';
import { broken } from './broken-lines.js';

/** A line of the tree and what hangs below it. */
export interface TreeLine {
  readonly text: string;
  /** null for a line without figures. */
  readonly effort: Effort | null;
  readonly below: readonly TreeLine[];
  /** What the line is: something that turned the packet away, something to be found quickly, or neither. */
  readonly kind?: 'bad' | 'heading';
}

/** How a tree is drawn. */
export interface TreeOptions {
  /** Characters of a line, figures included. */
  readonly width: number;
  readonly style: TextStyle;
}

const COLUMNS = [
  ['rules', 8],
  ['lookups', 9],
  ['ns', 11],
] as const;
const FIGURES = COLUMNS.reduce((sum, [, width]) => sum + width, 0);
/** A line is given this much room at least, however deep it stands. */
const LEAST_TEXT = 24;

/** Draws trees one below the other, a line free between them, under one row of headings; ends without a line feed. */
export function treeText(roots: readonly TreeLine[], { width, style }: TreeOptions): string {
  const room = width - FIGURES;
  const headings = COLUMNS.map(([name, columnWidth]) => name.padStart(columnWidth)).join('');
  const lines = [' '.repeat(room) + style.dim(headings)];
  roots.forEach((root, i) => {
    if (i > 0) lines.push('');
    draw(root, '', '', { room, style }, lines);
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}

/**
 * Draws a line and those below it.
 * @param guide what stands before the line
 * @param under what stands before its continuation and the lines below
 */
function draw(
  line: TreeLine,
  guide: string,
  under: string,
  options: { readonly room: number; readonly style: TextStyle },
  lines: string[],
): void {
  const { room, style } = options;
  const rest = `${under}${line.below.length > 0 ? '│ ' : '  '}`;
  const [first = '', ...more] = broken(
    line.text,
    Math.max(LEAST_TEXT, room - guide.length - 1),
    Math.max(LEAST_TEXT, room - rest.length),
  );
  const pad = ' '.repeat(Math.max(1, room - guide.length - first.length));
  lines.push(
    `${style.dim(guide)}${styled(line, first, style)}${line.effort === null ? '' : pad + figures(line.effort)}`,
  );
  for (const part of more) lines.push(`${style.dim(rest)}${styled(line, part, style)}`);
  line.below.forEach((child, i) => {
    const isLast = i === line.below.length - 1;
    draw(child, `${under}${isLast ? '└─ ' : '├─ '}`, `${under}${isLast ? '   ' : '│  '}`, options, lines);
  });
}

function styled({ kind }: TreeLine, text: string, style: TextStyle): string {
  if (kind === 'bad') return style.bad(text);
  return kind === 'heading' ? style.bold(text) : text;
}

function figures({ rules, lookups, ns }: Effort): string {
  return [rules, lookups, ns].map((figure, i) => numberText(figure).padStart(COLUMNS[i]![1])).join('');
}
