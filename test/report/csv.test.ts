/** CSV: round trip of any rows, quoting, formulas, and faults of what is read. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METRICS, STATISTICS } from '../../src/measure/index.js';
import type { Row } from '../../src/measure/index.js';
import { CsvError, readCsv, writeCsv, writeSummaryCsv } from '../../src/report/index.js';
import { standardAggregates, standardRows } from './standard-rows.js';

const HEADING =
  'run_id,scenario,case_id,mode,scheduler,nodes,services,endpoints,workload,seed,metric,unit,statistic,value';

const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .chain((plain) => fc.constantFrom('', '=', "'", "'=", '\n', '\r', '"', ',').map((start) => start + plain));
const size = fc.nat();
const row: fc.Arbitrary<Row> = fc.record({
  runId: text,
  scenario: text,
  caseId: text,
  mode: text,
  scheduler: text,
  nodes: size,
  services: size,
  endpoints: fc.option(size),
  workload: text,
  seed: text,
  metric: fc.constantFrom(...METRICS.map((metric) => metric.name)),
  unit: fc.constantFrom('ns' as const, '1' as const, '1/s' as const),
  statistic: fc.constantFrom(...STATISTICS),
  value: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))),
});

describe('rows', () => {
  test('come back as they were written', () => {
    expect(readCsv(writeCsv(standardRows))).toEqual(standardRows);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        expect(readCsv(writeCsv(rows))).toEqual(rows);
      }),
    );
  });

  test('have a heading even when there are none', () => {
    expect(writeCsv([])).toBe(`${HEADING}\n`);
    expect(readCsv(writeCsv([]))).toEqual([]);
  });

  test('show missing values as nothing and text that looks like a formula as text', () => {
    const [first] = standardRows;
    if (first === undefined) throw new Error('no rows');
    const hostile = { ...first, scenario: '=1+1', scheduler: '-x\ny', endpoints: null, value: null };
    const written = writeCsv([hostile]);
    expect(written).toBe(
      `${HEADING}\nmodes-0123abcd,"'=1+1","mode=iptables,services=10",iptables,"'-x\ny",4,10,,new-connection,1,first_packet_latency_ns,1,count,\n`,
    );
    expect(readCsv(written)).toEqual([hostile]);
  });

  test('keep numbers to the last digit', () => {
    const [first] = standardRows;
    if (first === undefined) throw new Error('no rows');
    for (const value of [0.1 + 0.2, 1e21, 5e-324, -1.5, Number.MAX_SAFE_INTEGER]) {
      expect(readCsv(writeCsv([{ ...first, value }]))[0]?.value).toBe(value);
    }
  });
});

describe('reading', () => {
  const line = 'r,s,c,iptables,,4,10,3,w,1,rules_total,1,value,42';

  test('takes a text without a final line break', () => {
    expect(readCsv(`${HEADING}\n${line}`)).toHaveLength(1);
  });

  test.each([
    ['', 'line 1: expected the columns run_id,scenario'],
    ['a,b\n1,2\n', 'line 1: expected the columns run_id,scenario'],
    [`${HEADING}\n${line},x\n`, 'line 2: expected 14 columns, found 15'],
    [`${HEADING}\n${line}\nr,s\n`, 'line 3: expected 14 columns, found 2'],
    [`${HEADING}\n${line.replace('42', 'many')}\n`, 'line 2: value: expected a number, found many'],
    [`${HEADING}\n${line.replace('42', '0x10')}\n`, 'line 2: value: expected a number, found 0x10'],
    [`${HEADING}\n${line.replace(',4,', ',,')}\n`, 'line 2: nodes: expected a number, found nothing'],
    [`${HEADING}\n${line.replace('value', 'p95')}\n`, 'line 2: statistic: expected one of value, total'],
    [`${HEADING}\n${line.replace(',1,value', ',ms,value')}\n`, 'line 2: unit: expected one of ns, 1, 1/s, B, found ms'],
    [`${HEADING}\n"${line}\n`, 'line 2: '],
  ])('%j is refused', (csv, problem) => {
    expect(() => readCsv(csv)).toThrow(CsvError);
    expect(() => readCsv(csv)).toThrow(problem);
  });
});

test('aggregates have a line per case, metric and statistic', () => {
  const [heading, first, ...rest] = writeSummaryCsv(standardAggregates).trimEnd().split('\n');
  expect(heading).toBe(
    'run_id,scenario,case_id,mode,scheduler,nodes,services,endpoints,workload,metric,unit,statistic,seeds,mean,ci95_half_width,min,max',
  );
  expect(first).toBe(
    'modes-0123abcd,modes,"mode=iptables,services=10",iptables,,4,10,3,new-connection,first_packet_latency_ns,1,count,3,5000,0,5000,5000',
  );
  expect(rest).toHaveLength(standardAggregates.length - 1);
});
