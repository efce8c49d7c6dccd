/** Trace points tell every probe, in the order in which the probes were hung. */
import { expect, test } from 'vitest';
import { TracePoint } from '../../src/sim/index.js';

test('a point without a probe is not active and may be emitted', () => {
  const point = new TracePoint('link.drop');
  expect([point.name, point.active]).toEqual(['link.drop', false]);
  point.emit(1, 2, 3, 4);
});

test('probes get the four numbers, in the order in which they were hung', () => {
  const point = new TracePoint('link.drop');
  const seen: string[] = [];
  point.listen((...numbers) => seen.push(`first ${numbers.join()}`));
  point.listen((...numbers) => seen.push(`second ${numbers.join()}`));
  point.emit(1, 2, 3, 4);
  expect(point.active).toBe(true);
  expect(seen).toEqual(['first 1,2,3,4', 'second 1,2,3,4']);
});
