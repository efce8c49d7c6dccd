/** Capture files, block for block, as their formats say. */
import { expect, test } from 'vitest';
import { pcapFile, pcapngFile, type CapturedFrame } from '../../src/net/capture.js';

const frames: CapturedFrame[] = [
  { timeNs: 1_500_000_001, device: 'node-0/veth', bytes: Uint8Array.of(1, 2, 3), comment: '' },
  { timeNs: 2_000_000_000, device: 'node-0/eth0', bytes: Uint8Array.of(4, 5, 6, 7, 8), comment: 'encapsulated' },
];

test('a pcap has its header and, for each frame, seconds, nanoseconds, both lengths and the bytes', () => {
  const file = pcapFile(frames);
  const view = new DataView(file.buffer);
  expect(file.length).toBe(24 + 16 + 3 + 16 + 5);
  expect([view.getUint32(0, true), view.getUint16(4, true), view.getUint32(20, true)]).toEqual([0xa1b23c4d, 2, 1]);
  expect([24, 28, 32, 36].map((at) => view.getUint32(at, true))).toEqual([1, 500_000_001, 3, 3]);
  expect([...file.subarray(40, 43)]).toEqual([1, 2, 3]);
  expect([43, 47, 51, 55].map((at) => view.getUint32(at, true))).toEqual([2, 0, 5, 5]);
  expect([...file.subarray(59)]).toEqual([4, 5, 6, 7, 8]);
});

test('a pcapng names every device once and keeps times and comments', () => {
  const file = pcapngFile(frames);
  const view = new DataView(file.buffer);
  const types: number[] = [];
  for (let at = 0; at < file.length; at += view.getUint32(at + 4, true)) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    types.push(view.getUint32(at, true));
  }
  expect(types).toEqual([0x0a0d0d0a, 1, 1, 6, 6]);
  const text = new TextDecoder('latin1').decode(file);
  for (const part of ['node-0/veth', 'node-0/eth0', 'encapsulated']) expect(text.split(part)).toHaveLength(2);
  const first = types.slice(0, 3).reduce((at) => at + view.getUint32(at + 4, true), 0);
  expect([8, 12, 16, 20].map((at) => view.getUint32(first + at, true))).toEqual([0, 0, 1_500_000_001, 3]);
});

test('no frames still make a readable file', () => {
  expect(pcapFile([]).length).toBe(24);
  expect(new DataView(pcapngFile([]).buffer).getUint32(0, true)).toBe(0x0a0d0d0a);
});
