/** Invariants: silent while they hold, and with a name and figures when they do not. */
import { expect, test } from 'vitest';
import { invariant, InvariantError } from '../../src/sim/index.js';

test('what holds says nothing and builds no message', () => {
  invariant(true, 'packets-conserved', () => {
    throw new Error('built');
  });
  invariant(true, 'packets-conserved', 'text');
});

test.each([['sent 3, seen 2'], [() => 'sent 3, seen 2']])('what does not hold stops the run', (detail) => {
  const broken = (): void => invariant(false, 'packets-conserved', detail);
  expect(broken).toThrow(InvariantError);
  expect(broken).toThrow('invariant packets-conserved broken: sent 3, seen 2');
  try {
    broken();
  } catch (error) {
    expect((error as InvariantError).invariant).toBe('packets-conserved');
  }
});
