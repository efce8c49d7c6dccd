/** Latency files: lines that hdr-histogram-js reads back, over all seeds, with bytes that depend on the values alone. */
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { latencyFiles } from '../../src/cli/latency-files.js';
import { Histogram } from '../../src/measure/index.js';
import type { CaseResult } from '../../src/measure/index.js';

const METRIC = 'request_latency_ns';
const PATH = 'cases/mode=ipvs/latency.hdr';

function result(caseId: string, seed: string, ...values: readonly number[]): CaseResult {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return { caseId, seed, values: [], digest: '', histograms: { [METRIC]: histogram.toJSON() }, warnings: [] };
}

async function lineOf(...results: readonly CaseResult[]): Promise<string> {
  const text = (await latencyFiles(['mode=ipvs'], results)).get(PATH) ?? '';
  return text.split('\n').find((line) => line.startsWith(`${METRIC} `)) ?? '';
}

function decoded(line: string): ReturnType<typeof decodeFromCompressedBase64> {
  return decodeFromCompressedBase64(line.split(' ')[1] ?? '', 64);
}

test('the seeds of a case are one histogram, with exact count and ends of three digits', async () => {
  const hdr = decoded(await lineOf(result('mode=ipvs', '1', 50_000, 70_123), result('mode=ipvs', '1.2', 90_456_789)));
  expect(hdr.totalCount).toBe(3);
  for (const [rank, value] of [50_000, 70_123, 90_456_789].entries()) {
    const found = hdr.getValueAtPercentile(((rank + 0.5) / 3) * 100);
    expect(Math.abs(found - value) / value).toBeLessThan(0.005);
  }
  expect(Math.abs(hdr.maxValue - 90_456_789) / 90_456_789).toBeLessThan(0.001);
});

test('the largest values that a histogram takes come back', async () => {
  const hdr = decoded(await lineOf(result('mode=ipvs', '1', 0, Number.MAX_SAFE_INTEGER)));
  expect([hdr.totalCount, hdr.maxValue]).toEqual([2, Number.MAX_SAFE_INTEGER]);
});

test('a metric without values has a line too', async () => {
  expect(decoded(await lineOf(result('mode=ipvs', '1'))).totalCount).toBe(0);
});

test('the bytes know nothing of the order of results, nor of what was encoded before', async () => {
  const own = [result('mode=ipvs', '1', 50_000, 70_123), result('mode=ipvs', '1.2', 90_456_789)];
  const before = result('mode=iptables', '1', 5, 2 ** 45);
  const files = await latencyFiles(['mode=iptables', 'mode=ipvs'], [own[1]!, before, own[0]!]);
  expect(files.get(PATH)).toContain(await lineOf(...own));
});

test('the zlib stream is stored, so that no version of zlib packs it differently', async () => {
  const bytes = Buffer.from((await lineOf(result('mode=ipvs', '1', 50_000))).split(' ')[1] ?? '', 'base64');
  // "V2, compressed"; the length of the stream; zlib without compression; one block, stored, the last.
  expect(bytes.subarray(0, 4).toString('hex')).toBe('1c849314');
  expect(bytes.readUInt32BE(4)).toBe(bytes.length - 8);
  expect(bytes.subarray(8, 11).toString('hex')).toBe('780101');
});

test('a case without results has no file', async () => {
  const files = await latencyFiles(['mode=ipvs', 'mode=iptables'], [result('mode=ipvs', '1', 1)]);
  expect([...files.keys()]).toEqual([PATH]);
});
