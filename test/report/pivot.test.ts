/** Pivot tables: what may be asked for, how cases are laid out, and how values are shown. */
import { describe, expect, test } from 'vitest';
import type { Aggregate } from '../../src/measure/index.js';
import {
  pivotCsv,
  pivotJson,
  pivotMarkdown,
  PivotError,
  pivotTable,
  pivotText,
  readFigures,
} from '../../src/report/index.js';
import type { PivotTable } from '../../src/report/index.js';
import { standardInput } from './standard-rows.js';

interface Asked {
  readonly rows?: readonly string[];
  readonly columns?: readonly string[];
  readonly figures: readonly string[];
  readonly aggregates?: readonly Aggregate[];
}

function pivot({
  rows = ['proxy'],
  columns = ['services'],
  figures,
  aggregates = standardInput.aggregates,
}: Asked): PivotTable {
  return pivotTable(aggregates, { rows, columns, figures: figures.flatMap(readFigures) });
}

/** One case with figures. */
function madeUp(caseId: string, values: Readonly<Record<string, number>>): Aggregate[] {
  const [like] = standardInput.aggregates;
  if (like === undefined) throw new Error('no aggregates');
  return Object.entries(values).map(([name, mean]) => {
    const [metric = '', statistic = 'total'] = name.split(' ');
    return { ...like, caseId, metric, statistic: statistic as Aggregate['statistic'], mean };
  });
}

const P99 = 'request_latency_ns:p99';

describe('figures', () => {
  test('have a heading, a metric, a statistic and something they are divided by', () => {
    expect(readFigures('a b = request_latency_ns:p99')).toEqual([
      { heading: 'a b', of: { metric: 'request_latency_ns', statistic: 'p99' } },
    ]);
    expect(readFigures('requests_completed/requests_scheduled')).toEqual([
      {
        heading: 'requests_completed/requests_scheduled',
        of: { metric: 'requests_completed', statistic: 'total' },
        per: { metric: 'requests_scheduled', statistic: 'total' },
      },
    ]);
  });

  test('of a metric with several statistics are all of them, when none is named', () => {
    expect(readFigures('cpu_busy_ratio').map(({ heading }) => heading)).toEqual(['mean', 'max']);
    expect(readFigures('busy=cpu_busy_ratio').map(({ heading }) => heading)).toEqual(['busy mean', 'busy max']);
  });

  test.each([
    [
      'latency',
      'no metric is called "latency"; there is first_packet_latency_ns, connect_latency_ns, request_latency_ns',
    ],
    ['xyz', 'no metric is called "xyz"; `kpb get metrics` lists them'],
    ['', 'no metric is called ""; `kpb get metrics` lists them'],
    ['requests_refused:p99', 'requests_refused has no statistic "p99"; it has total'],
    ['requests_refused:total:total', 'requests_refused has no statistic "total"; it has total'],
    [
      'request_latency_ns/requests_refused',
      /^request_latency_ns has several statistics; name one: request_latency_ns:count, /,
    ],
    ['a/b/c', 'a/b/c: expected [heading=]metric[:statistic][/metric[:statistic]]'],
    ['=requests_refused', '=requests_refused: expected [heading=]metric[:statistic][/metric[:statistic]]'],
  ])('%j is refused', (text, message) => {
    expect(() => readFigures(text)).toThrow(PivotError);
    expect(() => readFigures(text)).toThrow(message);
  });
});

describe('golden files', () => {
  const two = pivot({ figures: ['p99=request_latency_ns:p99', 'Jain=endpoint_load_jain'] });

  test.each<[string, () => string]>([
    ['pivot.txt', () => pivotText(two)],
    ['pivot.md', () => pivotMarkdown(two)],
    ['pivot.csv', () => pivotCsv(two)],
    ['pivot.json', () => pivotJson(pivot({ columns: ['figure', 'services'], figures: [P99] }), { runId: 'x' })],
  ])('%s', async (file, render) => {
    await expect(render()).toMatchFileSnapshot(`golden/${file}`);
  });
});

describe('layout', () => {
  test('rows and columns come as the cases name them, those without a value are left out', () => {
    const aggregates = [
      ...madeUp('b=2,x=1', { requests_refused: 1 }),
      ...madeUp('b=1,x=1', { requests_refused: 2 }),
      ...madeUp('b=1,x=0', { requests_refused: 3 }),
      ...madeUp('b=0,x=9', { requests_reset: 4 }),
    ];
    const table = pivot({ rows: ['b'], columns: ['x'], figures: ['requests_refused'], aggregates });
    expect({ rows: table.rows, columns: table.columns }).toEqual({ rows: [['2'], ['1']], columns: [['1'], ['0']] });
    expect(table.cells.map((line) => line.map((cell) => cell?.value))).toEqual([
      [1, undefined],
      [2, 3],
    ]);
    expect(pivotText(table)).toBe('b  1  0\n2  1  -\n1  2  3\nColumns: x. Values: requests_refused.\n');
  });

  test('a row or column keeps its place when its first cases have no value', () => {
    const aggregates = [
      ...madeUp('b=1,x=0', { requests_reset: 1 }),
      ...madeUp('b=2,x=1', { requests_refused: 2 }),
      ...madeUp('b=2,x=0', { requests_refused: 3 }),
      ...madeUp('b=1,x=1', { requests_refused: 4 }),
    ];
    const table = pivot({ rows: ['b'], columns: ['x'], figures: ['requests_refused'], aggregates });
    expect(pivotText(table)).toBe('b  0  1\n1  -  4\n2  3  2\nColumns: x. Values: requests_refused.\n');
  });

  test('a field without a value is a dash', () => {
    const aggregates = [
      ...madeUp('b=1,x=', { requests_refused: 1 }),
      ...madeUp('b=1,x=lc', { requests_refused: 2 }),
      ...madeUp('b=,x=lc', { requests_refused: 3 }),
    ];
    const table = pivot({ rows: ['b'], columns: ['x'], figures: ['requests_refused'], aggregates });
    expect(pivotText(table)).toBe('b  -  lc\n1  1   2\n-  -   3\nColumns: x. Values: requests_refused.\n');
    expect(pivotMarkdown(table)).toMatch(/^\| b +\| +- +\| +lc +\|/);
    expect(pivotCsv(table)).toBe('b,,lc\n1,1,2\n,,3\n');
  });

  test('an unknown field or metric comes with those that there are, for who wants to suggest one', () => {
    const unknownOf = (asked: Asked) => {
      try {
        pivot(asked);
      } catch (error) {
        return error instanceof PivotError ? error.unknown : undefined;
      }
    };
    expect(unknownOf({ rows: ['prxy'], figures: [P99] })).toMatchObject({ written: 'prxy' });
    expect(unknownOf({ rows: ['prxy'], figures: [P99] })?.known).toContain('proxy');
    expect(unknownOf({ figures: ['requests_refusd'] })?.known).toContain('requests_refused');
    // The message names some itself.
    expect(unknownOf({ figures: ['latency'] })?.known).toEqual([]);
    expect(unknownOf({ columns: [], figures: [P99] })).toBeUndefined();
  });

  test('figures are columns where no field says otherwise', () => {
    const figures = ['requests_completed', P99];
    expect(pivot({ figures }).columnFields).toEqual(['services', 'figure']);
    expect(pivot({ rows: ['proxy', 'figure'], figures }).columnFields).toEqual(['services']);
    expect(pivot({ figures: [P99] }).columnFields).toEqual(['services']);
    expect(pivot({ rows: ['proxy', 'services'], columns: [], figures: [P99] }).columnFields).toEqual(['figure']);
  });

  test('every case has labels beside the names in its id', () => {
    for (const field of ['mode', 'scheduler', 'proxy', 'nodes', 'services', 'endpoints', 'workload']) {
      expect(pivot({ rows: ['proxy', 'services', field], columns: [], figures: [P99] }).rows.length).toBe(15);
    }
  });

  test('two cases never share a cell', () => {
    expect(() => pivot({ columns: [], figures: [P99] })).toThrow(
      'one cell would hold several cases, such as mode=iptables,services=10 and mode=iptables,services=1000: name services in --rows or --columns, or choose cases with --filter',
    );
  });

  test('an unknown field is refused with the names of those there are', () => {
    expect(() => pivot({ rows: ['nothing'], figures: [P99] })).toThrow(
      'the cases have no field "nothing"; they have services, mode, scheduler, proxy, nodes, endpoints, workload, figure',
    );
  });
});

describe('values', () => {
  const shown = (metrics: Readonly<Record<string, number>>[], figure: string): string => {
    const aggregates = metrics.flatMap((values, i) => madeUp(`x=${i}`, values));
    return pivotText(pivot({ rows: ['x'], columns: [], figures: [`value=${figure}`], aggregates }));
  };

  test('of a time stand in one unit', () => {
    const times = [900_000, 2_000_000, 1_234_000_000].map((mean) => ({ 'request_latency_ns p99': mean }));
    expect(shown(times, P99)).toBe('x  value\n0  0.900\n1   2.00\n2  1,234\nvalue: request_latency_ns:p99 in ms.\n');
  });

  test('of several statistics of one metric stand in one unit, which the caption names', () => {
    const latency = {
      'change_live_ns min': 28_100_000,
      'change_live_ns p50': 803_000_000,
      'change_live_ns max': 1.72e9,
    };
    const table = (values: Readonly<Record<string, number>>, figure: string): PivotTable =>
      pivot({ rows: ['x'], columns: [], figures: [figure], aggregates: madeUp('x=0', values) });
    const late = table(latency, 'change_live_ns');
    expect(pivotText(late)).toBe('x   min  p50    max\n0  28.1  803  1,720\nValues: change_live_ns in ms.\n');
    expect(pivotMarkdown(late)).toContain('| 28.1 | 803 | 1,720 |\n\nValues: `change_live_ns` in ms.\n');
    const counted = {
      'proxy_start_live_ns count': 2,
      'proxy_start_live_ns mean': 280e6,
      'proxy_start_live_ns max': 1.02e9,
    };
    expect(pivotText(table(counted, 'proxy_start_live_ns'))).toBe(
      'x  count   mean   max\n0      2  0.280  1.02\nValues: proxy_start_live_ns, mean and max in s.\n',
    );
  });

  test('of bytes stand in a unit that fits', () => {
    const bytes = [146, 22.5e12, 1.5e9].map((mean) => ({ slice_watch_bytes: mean }));
    expect(shown(bytes.slice(1), 'slice_watch_bytes')).toBe(
      'x    value\n0     22.5\n1  0.00150\nvalue: slice_watch_bytes in TB.\n',
    );
    expect(shown(bytes.slice(0, 1), 'slice_watch_bytes')).toContain('146\nvalue: slice_watch_bytes in bytes.\n');
  });

  test('of a share are per cent, never rounded to nothing or to everything', () => {
    const parts = [0, 1, 2_000, 9_999, 10_000].map((part) => ({
      requests_completed: part,
      requests_scheduled: 10_000,
    }));
    expect(shown(parts, 'requests_completed/requests_scheduled')).toBe(
      'x   value\n0       0\n1  0.0100\n2    20.0\n3   99.99\n4     100\nvalue: requests_completed over requests_scheduled in %.\n',
    );
    expect(shown([{ 'cpu_busy_ratio mean': 0.5 }], 'cpu_busy_ratio:mean')).toContain(
      '50.0\nvalue: cpu_busy_ratio:mean in %.',
    );
  });

  test('of a quotient above 1 are no per cent', () => {
    const twice = [{ packets_sent: 21, requests_completed: 10 }];
    expect(shown(twice, 'packets_sent/requests_completed')).toContain(
      '2.10\nvalue: packets_sent over requests_completed.\n',
    );
  });

  test('of an index have three decimals, of a count none, of a mean three digits', () => {
    expect(
      shown([{ 'endpoint_load_jain value': 1 }, { 'endpoint_load_jain value': 0.98765 }], 'endpoint_load_jain'),
    ).toContain('0  1.000\n1  0.988\n');
    expect(shown([{ requests_refused: 12_345 }], 'requests_refused')).toContain('12,345\n');
    expect(
      shown([{ 'ipvs_pick_servers mean': 10 }, { 'ipvs_pick_servers mean': 3.3421 }], 'ipvs_pick_servers:mean'),
    ).toContain('0     10\n1   3.34\n');
  });

  test('nothing divided by nothing is no value', () => {
    expect(() =>
      shown([{ requests_completed: 0, requests_scheduled: 0 }], 'requests_completed/requests_scheduled'),
    ).not.toThrow();
    const aggregates = madeUp('x=0', { requests_completed: 0, requests_scheduled: 0 });
    const figures = ['requests_completed/requests_scheduled'];
    expect(pivot({ rows: ['x'], columns: [], figures, aggregates }).rows).toEqual([]);
  });

  test('of latency are marked where many requests were not answered', () => {
    const lost = (count: number) => ({
      'request_latency_ns p99': 1e6,
      requests_scheduled: 1000,
      requests_timed_out: count,
    });
    expect(shown([lost(10), lost(11)], P99)).toBe(
      'x   value\n0    1.00\n1  1.00 !\nvalue: request_latency_ns:p99 in ms. !: more than 1 % of the requests were not answered, and are not in the latency.\n',
    );
    expect(shown([lost(11)], 'requests_timed_out')).not.toContain('!');
  });
});
