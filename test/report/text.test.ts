/** Numbers, tables and line breaks for people. */
import { describe, expect, test } from 'vitest';
import { metricText, numberText, textTable, timeText } from '../../src/report/index.js';
import { changeText, measureText, percentText } from '../../src/report/number-text.js';
import { blankRepeats } from '../../src/report/text-table.js';
import { wrapped } from '../../src/report/wrap.js';

describe('numbers', () => {
  test.each([
    [0, '0'],
    [7, '7'],
    [1234567, '1,234,567'],
    [-1234, '-1,234'],
    [5012.4, '5,012'],
    [99.96, '100'],
    [99.94, '99.9'],
    [9.996, '10.0'],
    [9.994, '9.99'],
    [0.71, '0.710'],
    [0.00012345, '0.000123'],
    [0.000012345, '1.2e-5'],
    [1e21, '1e+21'],
    [NaN, '-'],
    [Infinity, 'infinite'],
  ])('%d is %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  test.each([
    [0, '0'],
    [0.0000003, '3.0e-5'],
    [0.0004, '0.0400'],
    [0.5, '50.0'],
    [0.9993, '99.9'],
    [0.9995, '99.95'],
    [0.99996, 'over 99.99'],
    [1, '100'],
  ])('the share %d is %s %%, neither nothing nor everything unless it is', (share, text) => {
    expect(percentText(share)).toBe(text);
  });

  test.each([
    [0, '0 ns'],
    [850, '850 ns'],
    [41_000, '41.0 us'],
    [1_200_000, '1.20 ms'],
    [999_999, '1,000 us'],
    [3.5e9, '3.50 s'],
    [7200e9, '7,200 s'],
  ])('%d ns is %s', (value, text) => {
    expect(timeText(value)).toBe(text);
  });

  test('of measurements keep three digits, of metrics take their unit, of changes a sign', () => {
    expect([measureText(41), measureText(0), measureText(512)]).toEqual(['41.0', '0', '512']);
    expect([metricText(41_000, 'ns'), metricText(12.5, '1/s'), metricText(3, '1')]).toEqual(['41.0 us', '12.5/s', '3']);
    expect([metricText(146, 'B'), metricText(22.5e12, 'B')]).toEqual(['146 B', '22.5 TB']);
    expect([0.2, -0.005, 0, Infinity].map(changeText)).toEqual(['+20 %', '-0.500 %', '0 %', 'from 0']);
  });
});

describe('tables', () => {
  const columns = [
    { heading: 'name', align: 'left' },
    { heading: 'low', group: 'latency', align: 'right' },
    { heading: 'high', group: 'latency', align: 'right' },
  ] as const;

  test('put headings over their columns and leave no spaces at line ends', () => {
    expect(textTable(columns, [['a', '1', '22'], [], ['bb', '', '']]).split('\n')).toEqual([
      '        latency',
      'name  low  high',
      'a       1    22',
      '',
      'bb',
    ]);
    expect(textTable(columns, [['a', '1', '22']], { headings: false })).toBe('a  1  22');
  });

  test('blank a repeated label only while everything before it repeats', () => {
    const lines = [
      ['1', 'x', 'p'],
      ['1', 'x', 'q'],
      ['1', 'y', 'q'],
      ['2', 'y', 'q'],
    ];
    expect(blankRepeats(lines, 2)).toEqual([
      ['1', 'x', 'p'],
      ['', '', 'q'],
      ['', 'y', 'q'],
      ['2', 'y', 'q'],
    ]);
  });
});

test('prose is broken at spaces, long words stand alone', () => {
  expect(wrapped('a bb  ccc\nd extraordinary e', 6)).toBe('a bb\nccc d\nextraordinary\ne');
  expect(wrapped('', 6)).toBe('');
  expect(wrapped('in 41.4 us it is 10 % of', 8)).toBe('in\n41.4 us\nit is\n10 % of');
});
