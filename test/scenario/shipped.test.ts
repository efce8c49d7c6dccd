/** The shipped scenarios: each can be expanded, asks a question, and is called like its file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clusterScenario, PROXY_MODES, schedulers } from '../../src/scenario/index.js';
import { expanded } from './made-up-scenario.js';

const FOLDER = join(import.meta.dirname, '../../scenarios');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

describe.each(FILES)('%s', (file) => {
  const scenario = expanded(readFileSync(join(FOLDER, file), 'utf8'));

  test('is called like its file and asks a question', () => {
    expect(`${scenario.name}.yaml`).toBe(file);
    expect(scenario.question).toMatch(/\?$/);
  });

  test('compares modes or schedulers, or changes of the cluster', () => {
    const sides = new Set(scenario.cases.map(({ proxy }) => `${proxy.mode} ${proxy.scheduler}`));
    const changes = new Set(scenario.cases.map(({ churn }) => JSON.stringify(churn)));
    expect(Math.max(sides.size, changes.size)).toBeGreaterThan(1);
  });
});

test('every scheduler of the main comparison exists', () => {
  const { cases } = expanded(readFileSync(join(FOLDER, 'iptables-vs-ipvs.yaml'), 'utf8'));
  const used = new Set(cases.map(({ proxy }) => proxy.scheduler));
  expect(schedulers.map(({ name }) => name).filter((name) => used.has(name))).toEqual([
    'rr',
    'lc',
    'dh',
    'sh',
    'sed',
    'nq',
  ]);
});

test('the built-in scenario for manifests takes every mode', () => {
  expect(expanded(clusterScenario()).cases.map(({ proxy }) => proxy.mode)).toEqual(PROXY_MODES.map(({ name }) => name));
});

test('the comparison of the modes has all of them', () => {
  const { cases } = expanded(readFileSync(join(FOLDER, 'proxy-modes.yaml'), 'utf8'));
  expect(new Set(cases.map(({ proxy }) => proxy.mode))).toEqual(new Set(PROXY_MODES.map(({ name }) => name)));
});
