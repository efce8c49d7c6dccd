/** The line of progress: what it says, and that it keeps to one line of any terminal. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { progressLine } from '../../src/cli/progress-line.js';

const STATE = { bar: '#####-----', done: 21, total: 42, leftS: 0, label: '' };
const LABEL = 'server=one-slow,clientNodes=8,mode=ipvs,scheduler=sed';

test('says how many runs are done, and how long the rest takes once that is known', () => {
  expect(progressLine(STATE, 80)).toBe('#####----- 21/42 runs');
  expect(progressLine({ ...STATE, leftS: 0.2 }, 80)).toBe('#####----- 21/42 runs, 1s left');
  expect(progressLine({ ...STATE, leftS: 59.5 }, 80)).toBe('#####----- 21/42 runs, 1m0s left');
  expect(progressLine({ ...STATE, leftS: 7290 }, 80)).toBe('#####----- 21/42 runs, 2h1m left');
});

test('gives up the beginning of the label first, then all of it, then the bar', () => {
  const state = { ...STATE, leftS: 35, label: LABEL };
  expect(progressLine(state, 120)).toBe(`#####----- 21/42 runs, 35s left  ${LABEL}`);
  expect(progressLine(state, 80)).toBe('#####----- 21/42 runs, 35s left  \u2026clientNodes=8,mode=ipvs,scheduler=sed');
  expect(progressLine(state, 46)).toBe('#####----- 21/42 runs, 35s left');
  expect(progressLine(state, 30)).toBe('21/42 runs, 35s left');
});

test('is always shorter than the terminal is wide', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 200 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.string({ maxLength: 150 }),
      (columns, leftS, label) => {
        const line = progressLine({ ...STATE, leftS, label }, columns);
        expect(line.length).toBeLessThanOrEqual(Math.max(0, columns - 4));
      },
    ),
  );
});
