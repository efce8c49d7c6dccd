/** What the shipped scenario `scheduler-fairness` is to show, on as few of its cases as will do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CaseResult } from '../../src/measure/index.js';
import { expandScenario, parseProfile, parseScenario, schedulers } from '../../src/scenario/index.js';
import { runCase } from '../../src/testbed/index.js';
import { figure } from './small-case.js';

const FOLDER = join(import.meta.dirname, '../../scenarios');
const text = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const profile = parseProfile(text('profiles/reference-2026.yaml'), 'reference-2026.yaml');
const { cases } = expandScenario(parseScenario(text('scheduler-fairness.yaml'), 'scheduler-fairness.yaml'), {
  objects: null,
  profile,
});

const done = new Map<string, CaseResult>();

/** Result of a case: `equal tcp-short 10`, and a scheduler or a mode. */
function result(setting: string, proxy: string): CaseResult {
  const [servers, traffic, nodes] = setting.split(' ');
  const side = schedulers.some(({ name }) => name === proxy) ? `ipvs,scheduler=${proxy}` : proxy;
  const id = `servers=${servers},traffic=${traffic},clientNodes=${nodes},mode=${side}`;
  const found = cases.find((item) => item.id === id);
  if (found === undefined) throw new Error(`there is no case ${id}`);
  const known = done.get(id) ?? runCase(found, '1');
  done.set(id, known);
  return known;
}

const jain = (setting: string, proxy: string): number => figure(result(setting, proxy), 'endpoint_load_jain', 'value');
const answered = (setting: string, proxy: string): number =>
  figure(result(setting, proxy), 'requests_completed') / figure(result(setting, proxy), 'requests_scheduled');
const p99 = (setting: string, proxy: string): number => figure(result(setting, proxy), 'request_latency_ns', 'p99');

describe('endpoints that are alike', () => {
  test('every case has enough requests for a fair lottery to look fair', () => {
    expect(jain('equal udp-short 10', 'iptables')).toBeGreaterThan(0.995);
    expect(jain('equal udp-short 10', 'rr')).toBeGreaterThan(0.999);
  });

  test.each(['sed', 'nq', 'lblc', 'lblcr', 'ovf', 'fo', 'dh'])('%s sends all UDP flows to one of ten', (scheduler) => {
    expect(jain('equal udp-short 10', scheduler)).toBeCloseTo(0.1, 6);
    expect(answered('equal udp-short 10', scheduler)).toBeLessThan(0.5);
  });

  test('sed fills the list from its front, the more nodes the fewer servers', () => {
    const indices = ['1', '10', '100'].map((nodes) => jain(`equal tcp-short ${nodes}`, 'sed'));
    expect(indices).toEqual(indices.toSorted((a, b) => b - a));
    expect(indices[0]).toBeLessThan(0.8);
  });

  test('long connections from many nodes herd with rr and lc, and not with what has no first endpoint', () => {
    for (const scheduler of ['rr', 'lc']) expect(jain('equal tcp-long 100', scheduler)).toBeLessThan(0.5);
    for (const proxy of ['iptables', 'nftables', 'sh', 'mh', 'twos'])
      expect(jain('equal tcp-long 100', proxy)).toBeGreaterThan(0.9);
  });
});

test('a slow endpoint is avoided by lc where one node sees all connections', () => {
  expect(p99('slow tcp-short 1', 'rr')).toBeGreaterThan(1.4 * p99('slow tcp-short 1', 'lc'));
});

test('while endpoints leave, clients of sh and mh are refused, and nobody else', () => {
  for (const scheduler of ['sh', 'mh']) {
    expect(figure(result('draining tcp-short 10', scheduler), 'requests_refused')).toBeGreaterThan(500);
  }
  for (const proxy of ['rr', 'iptables'])
    expect(figure(result('draining tcp-short 10', proxy), 'requests_refused')).toBe(0);
});

test('with equal weights wrr is rr and wlc is lc', () => {
  for (const [weighted, plain] of [
    ['wrr', 'rr'],
    ['wlc', 'lc'],
  ] as const) {
    const [a, b] = [weighted, plain].map((scheduler) => result('unequal tcp-long 10', scheduler));
    expect(a?.values).toEqual(b?.values);
  }
});

test('with equal weights sed is nq, where looking at servers costs nothing', () => {
  const { ipvsServer } = profile.packet;
  if (ipvsServer === undefined) throw new Error('no price of a server');
  const free = { ...profile, packet: { ...profile.packet, ipvsServer: { ...ipvsServer, ns: 0 } } };
  const digests = ['sed', 'nq'].map((scheduler) => {
    const id = `servers=equal,traffic=tcp-short,clientNodes=1,mode=ipvs,scheduler=${scheduler}`;
    const found = cases.find((item) => item.id === id);
    if (found === undefined) throw new Error(`there is no case ${id}`);
    return runCase({ ...found, profile: free }, '1').digest;
  });
  expect(digests[0]).toBe(digests[1]);
});
