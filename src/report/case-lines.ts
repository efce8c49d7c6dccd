/**
 * Lines of a table of cases: joining those that say the same, blanking repeated labels, and making room between groups.
 */
import { sameSetting } from './case-view.js';
import type { CaseView } from './case-view.js';
import { blankRepeats } from './text-table.js';

/** Widest cell in which schedulers are listed. */
const WIDEST_NAME = 26;

/** One case and its cells. */
export interface CaseLine {
  readonly view: CaseView;
  readonly cells: readonly string[];
}

/**
 * Joins neighbouring lines of one mode that differ in the scheduler only: their schedulers stand side by side, or their
 * number where they would take too much room.
 * @param lines all lines
 * @param place which cell holds mode and scheduler
 */
export function mergeSchedulers(lines: readonly CaseLine[], place: number): CaseLine[] {
  const merged: CaseLine[] = [];
  let schedulers: string[] = [];
  for (const line of lines) {
    const last = merged.at(-1);
    if (last === undefined || !joins(last, line, place)) {
      merged.push(line);
      schedulers = [line.view.scheduler];
    } else {
      schedulers.push(line.view.scheduler);
      const listed = `${line.view.mode} ${schedulers.join(', ')}`;
      const name = listed.length <= WIDEST_NAME ? listed : `${line.view.mode}, ${schedulers.length} schedulers`;
      merged[merged.length - 1] = { view: line.view, cells: line.cells.with(place, name) };
    }
  }
  return merged;
}

/**
 * Cells of all lines with room between groups of several lines.
 * @param lines all lines
 * @param labels how many cells, from the left, are blank where they repeat
 * @param headed whether each variant stands on a line of its own, above its lines
 */
export function groupLines(lines: readonly CaseLine[], labels: number, headed: boolean): string[][] {
  const cells = blankRepeats(
    lines.map((line) => line.cells),
    labels,
  );
  const starts = lines.map(({ view }, i) => {
    const above = lines[i - 1]?.view;
    return above === undefined || (labels > 0 && cells[i]?.[0] !== '') || (headed && above.variant !== view.variant);
  });
  const roomy = starts.includes(false);
  return lines.flatMap(({ view }, i): string[][] => [
    ...(roomy && i > 0 && starts[i] === true ? [[]] : []),
    ...(headed && starts[i] === true && view.variant !== '' ? [[view.variant]] : []),
    cells[i] ?? [],
  ]);
}

function joins(last: CaseLine, line: CaseLine, place: number): boolean {
  const alike = line.cells.every((cell, j) => j === place || cell === last.cells[j]);
  return alike && line.view.mode === last.view.mode && sameSetting(last.view, line.view);
}
