/** Quantities with units: what is read, and what is refused. */
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/net/index.js';
import {
  durationWritten,
  readBandwidth,
  readCidr,
  readDuration,
  readFraction,
  readPorts,
  readPrefixLength,
  readRate,
  readSize,
} from '../../src/scenario/units.js';

const REFUSED = undefined;

describe.each<[string, (value: unknown) => unknown, readonly (readonly [unknown, unknown])[]]>([
  [
    'duration',
    readDuration,
    [
      ['250ms', 250e6],
      ['10us', 10e3],
      ['10 µs', 10e3],
      ['0.1us', 100],
      ['1.5s', 1.5e9],
      ['2m', 120e9],
      ['24h', 86_400e9],
      [0, 0],
      ['0s', 0],
      [10, REFUSED],
      ['10', REFUSED],
      ['-1s', REFUSED],
      ['1d', REFUSED],
      ['0.5ns', REFUSED],
      ['3000h', REFUSED],
      [null, REFUSED],
    ],
  ],
  [
    'rate',
    readRate,
    [
      ['200/s', 200],
      ['5k/s', 5000],
      ['1.5M/s', 1.5e6],
      [200, REFUSED],
      ['5k', REFUSED],
      ['5k/min', REFUSED],
    ],
  ],
  [
    'bandwidth',
    readBandwidth,
    [
      ['10Gbit/s', 10e9],
      ['100Mbit/s', 100e6],
      ['10G', REFUSED],
      ['10GB/s', REFUSED],
    ],
  ],
  [
    'size',
    readSize,
    [
      [100, 100],
      ['100B', 100],
      ['1Ki', 1024],
      ['1.5kB', 1500],
      ['0.5B', REFUSED],
      [-1, REFUSED],
      [1.5, REFUSED],
    ],
  ],
  [
    'fraction',
    readFraction,
    [
      ['25%', 0.25],
      [0.25, 0.25],
      ['0.25', REFUSED],
      [-0.1, REFUSED],
      [Infinity, REFUSED],
    ],
  ],
  [
    'network',
    readCidr,
    [
      ['10.244.0.0/16', { address: 0x0af40000, bits: 16 }],
      ['0.0.0.0/0', { address: 0, bits: 0 }],
      ['10.244.0.1/16', REFUSED],
      ['10.244.0.0', REFUSED],
      ['10.244/16', REFUSED],
      ['010.244.0.0/16', REFUSED],
      ['10.244.0.0/33', REFUSED],
      ['fd00::1/64', REFUSED],
      ['fd00::/129', REFUSED],
      ['fd00::/64', { address: parseIp('fd00::'), bits: 64 }],
    ],
  ],
  [
    'ports',
    readPorts,
    [
      ['32768-60999', { first: 32_768, last: 60_999 }],
      ['1-65535', { first: 1, last: 65_535 }],
      ['40000-40000', { first: 40_000, last: 40_000 }],
      ['40001-40000', REFUSED],
      ['0-10', REFUSED],
      ['1-65536', REFUSED],
      ['1', REFUSED],
      [1, REFUSED],
    ],
  ],
  [
    'prefix length',
    readPrefixLength,
    [
      ['/24', 24],
      ['/33', REFUSED],
      [24, REFUSED],
    ],
  ],
])('%s', (_, read, rows) => {
  test.each(rows)('%j', (written, meant) => {
    expect(read(written)).toEqual(meant);
  });
});

test('a duration is written as it may be read, in the longest unit in which it is whole', () => {
  expect([0, 7, 1500, 200e6, 2e9, 90e9, 120e9, 7200e9].map(durationWritten)).toEqual(
    ['0s', '7ns', '1500ns', '200ms', '2s', '90s', '2m', '2h'], // prettier-ignore
  );
  for (const ns of [0, 1, 1_000_001, 60e9, 3600e9 + 1]) expect(readDuration(durationWritten(ns))).toBe(ns);
});
