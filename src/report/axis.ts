/**
 * Axes: what the matrix of a run varies beside the proxy mode, such as the way in or the number of DNS pods. The cases on one line of an axis
 * differ in nothing but its value.
 */
import type { CaseView } from './case-view.js';
import { modesOf } from './setting.js';

/** What an axis is called, and the cases along it. */
export interface Axis {
  /** The name in the case ids, without the path in front: `way` of `way=ingress`. */
  readonly name: string;
  /** Cases of one mode and scheduler, alike in all other fields; two at least, in the order of the cases. */
  readonly lines: readonly AxisLine[];
}

/** Some cases along an axis. */
export interface AxisLine {
  readonly modeName: string;
  /** The other fields that vary in the run, as words: `replicas=1`; empty for none. */
  readonly place: string;
  readonly points: readonly AxisPoint[];
}

/** One case, and its value on the axis. */
export interface AxisPoint {
  readonly value: string;
  readonly view: CaseView;
}

/** Names of the proxy's mode: modes and schedulers have findings of their own. */
const PROXY = new Set(['mode', 'scheduler']);
/** Names of sizes, which are compared by mode where a run has several. */
const SIZES = new Set(['nodes', 'services', 'count', 'endpoints']);

/** The axes of a run, in the order in which the case ids name them. */
export function axesOf(views: readonly CaseView[]): Axis[] {
  const fields = views.map((view) => ({ view, values: fieldsOf(view) }));
  const names = [...new Set(fields.flatMap(({ values }) => [...values.keys()]))].filter((name) => {
    const isSize = SIZES.has(name) && modesOf(views).length > 1;
    return !PROXY.has(name) && !isSize && new Set(fields.map(({ values }) => values.get(name))).size > 1;
  });
  return names.map((name) => ({ name, lines: linesOf(fields, name) }));
}

interface Labelled {
  readonly view: CaseView;
  readonly values: ReadonlyMap<string, string>;
}

function linesOf(cases: readonly Labelled[], axis: string): AxisLine[] {
  const lines = new Map<string, { line: AxisLine; points: AxisPoint[] }>();
  for (const { view, values } of cases) {
    const value = values.get(axis);
    if (value === undefined) continue;
    const others = [...values].filter(([name]) => name !== axis && !PROXY.has(name));
    const key = JSON.stringify([view.modeName, view.workload, others]);
    const known = lines.get(key);
    if (known !== undefined) {
      known.points.push({ value, view });
      continue;
    }
    const varying = others.filter(([name]) => cases.some((other) => other.values.get(name) !== values.get(name)));
    const points = [{ value, view }];
    const place = varying.map(([name, of]) => `${name}=${of}`).join(', ');
    lines.set(key, { line: { modeName: view.modeName, place, points }, points });
  }
  return [...lines.values()].flatMap(({ line }) => (line.points.length > 1 ? [line] : []));
}

/** The fields of a case id, by the last word of their names. */
function fieldsOf({ caseId }: CaseView): Map<string, string> {
  return new Map(
    caseId.split(',').flatMap((part): [string, string][] => {
      const equals = part.indexOf('=');
      return equals < 0 ? [] : [[part.slice(0, equals).split('.').at(-1) ?? '', part.slice(equals + 1)]];
    }),
  );
}
