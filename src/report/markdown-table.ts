/** Tables in Markdown, with columns of one width, as formatters leave them. */

/** Text that Markdown shows as it is; an underscore within a word is no sign. */
export function escaped(text: string): string {
  return text.replace(/[\\`*|<>[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\$&').replace(/\s+/g, ' ');
}

/**
 * A table: the first columns to the left, the others, which hold numbers, to the right.
 * @param headings one a column
 * @param lines cells as text, one list a line
 * @param labels how many columns stand to the left
 */
export function markdownTable(
  headings: readonly string[],
  lines: readonly (readonly string[])[],
  labels: number,
): string {
  const cells = [headings, ...lines].map((line) => headings.map((_, i) => escaped(line[i] ?? '')));
  const widths = headings.map((_, i) => Math.max(3, ...cells.map((line) => line[i]?.length ?? 0)));
  const text = (line: readonly string[]): string => {
    const padded = line.map((cell, i) => (i < labels ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, i) => (i < labels ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [head = [], ...body] = cells;
  return [text(head), `| ${rule.join(' | ')} |`, ...body.map(text)].join('\n');
}
