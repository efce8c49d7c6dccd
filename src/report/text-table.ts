/**
 * Tables in plain text: no lines, two spaces between columns, numbers to the right; columns may stand under a common
 * heading. The layout is `cli-table3`'s, which counts wide characters and escape sequences right.
 */
import Table from 'cli-table3';
import { PLAIN } from './text-style.js';
import type { TextStyle } from './text-style.js';

/** One column. */
export interface TableColumn {
  readonly heading: string;
  /** Heading above this and the neighbouring columns with the same one; empty for none. */
  readonly group?: string;
  readonly align: 'left' | 'right';
}

/** How a table is drawn. */
export interface TableOptions {
  readonly style?: TextStyle;
  /** false leaves the headings out. */
  readonly headings?: boolean;
}

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
    .map((name) => [name, '']),
);

/**
 * Draws a table.
 * @param columns its columns
 * @param lines cells as text, one list per line; an empty list leaves a line free, a single cell takes the whole line
 * @returns the text, without spaces at line ends and without a final line break
 */
export function textTable(
  columns: readonly TableColumn[],
  lines: readonly (readonly string[])[],
  { style = PLAIN, headings = true }: TableOptions = {},
): string {
  const table = new Table({
    // The library reckons with separators of one character where a cell spans columns: the second space is padding.
    chars: { ...NO_LINES, middle: ' ' },
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] },
    colAligns: columns.map((column) => column.align),
  });
  if (headings) {
    if (columns.some((column) => column.group)) table.push(groupHeadings(columns, style));
    table.push(columns.map((column) => style.bold(column.heading)));
  }
  for (const line of lines) {
    const spans = line.length === 1 && columns.length > 1;
    table.push(
      spans ? [{ content: line[0], colSpan: columns.length, hAlign: 'left' }] : columns.map((_, i) => line[i] ?? ''),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Blanks what repeats the line above, from the left on, as long as everything before it repeats too. */
export function blankRepeats(lines: readonly (readonly string[])[], columns: number): string[][] {
  return lines.map((line, i) => {
    const above = lines[i - 1];
    let same = 0;
    while (above !== undefined && same < columns && above[same] === line[same]) same++;
    return line.map((cell, j) => (j < same ? '' : cell));
  });
}

function groupHeadings(columns: readonly TableColumn[], style: TextStyle): Table.HorizontalTableRow {
  const cells: Table.CellOptions[] = [];
  columns.forEach((column, i) => {
    const group = column.group ?? '';
    const last = cells.at(-1);
    if (last !== undefined && group !== '' && columns[i - 1]?.group === group) last.colSpan = (last.colSpan ?? 1) + 1;
    else cells.push({ content: style.bold(group), colSpan: 1, hAlign: 'right' });
  });
  return cells;
}
