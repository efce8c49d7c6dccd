/** Lines with a name on the left, broken between words and indented alike. */
import type { TextStyle } from '../../report/index.js';
import { broken } from './broken-lines.js';
import type { NamedLine } from './ingress-text.js';

const GAP = 2;

/** Lays lines out in so many characters; ends without a line feed. */
export function namedLinesText(lines: readonly NamedLine[], width: number, style: TextStyle): string {
  const column = Math.max(...lines.map(([name]) => name.length)) + GAP;
  const room = width - column;
  return lines
    .map(([name, ...texts]) => {
      const parts = texts.flatMap((text) => {
        const [first = '', ...more] = broken(text, room, room - GAP);
        return [first, ...more.map((each) => ' '.repeat(GAP) + each)];
      });
      return style.bold(name) + ' '.repeat(column - name.length) + parts.join(`\n${' '.repeat(column)}`);
    })
    .join('\n');
}
