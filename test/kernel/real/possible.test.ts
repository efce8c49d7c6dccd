/** Says whether a real kernel is asked here at all. */
import { expect, test } from 'vitest';
import { IS_WHOLE, whyNot } from './possible.js';

test.skipIf(whyNot() !== '')('a real kernel can be asked', () => {
  expect(whyNot()).toBe('');
});

if (whyNot() !== '') process.stderr.write(`skipped: no real kernel is asked, since ${whyNot()}\n`);
else if (!IS_WHOLE)
  process.stderr.write('a real kernel is asked about a part of the random clusters (KPB_REAL_KERNEL=1: all)\n');
