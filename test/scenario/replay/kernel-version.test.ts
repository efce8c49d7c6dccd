/** Which load formula a kernel has: by its stable series and patch level. */
import { expect, test } from 'vitest';
import { isUnknownKernel, loadFactorOf } from '../../../src/scenario/index.js';

test.each([
  ['', '', 256],
  ['x', 'Linux 6.1.176 x86_64 (some distribution 6.1um4)', 256],
  ['x', 'Linux 6.1.191', 256],
  ['x', 'Linux 6.1.192', 257],
  ['x', 'Linux 6.1.200-generic', 257],
  ['x', 'Linux 6.12.116', 256],
  ['x', 'Linux 6.12.117+deb13', 257],
  ['x', '6.12.118', 257],
  // Of other series nothing is known.
  ['x', 'Linux 6.6.300', 256],
  ['x', 'Linux 5.15.999', 256],
  ['x', 'Linux 16.1.200', 256],
  // Without patch level a text says nothing; the name may.
  ['x', 'Linux 6.12', 256],
  ['x@6.12', '', 257],
  ['x@6.12', 'Linux 6.12', 257],
  ['x@6.1', '', 257],
  ['x@6.1.176', '', 256],
  ['x@6.6', '', 256],
  ['x@6.12', 'Linux 6.12.60', 256],
  ['6.12@x', '', 256],
])('%s on "%s": %i', (name, kernel, factor) => {
  expect(loadFactorOf(name, kernel)).toBe(factor);
});

test.each([
  ['x', 'banana', true],
  ['x', 'Linux 6.12', true],
  ['x@6.12', 'banana', false],
  ['x', 'Linux 5.15.999', false],
])('%s on "%s" is unknown: %s', (name, kernel, unknown) => {
  expect(isUnknownKernel(name, kernel)).toBe(unknown);
});
