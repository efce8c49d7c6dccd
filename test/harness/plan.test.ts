/** Plans: order, names that depend on input and on nothing else, refusals. */
import { describe, expect, test } from 'vitest';
import { canonicalHash, planRun } from '../../src/harness/index.js';
import { canonicalJson, fnv1a64 } from '../../src/harness/canonical-hash.js';
import { madeUpCase } from './made-up-case.js';

describe('a plan', () => {
  const cases = [madeUpCase(100), madeUpCase(10), madeUpCase(10, 'ipvs')];

  test('goes case by case in the given order, within a case seed by seed', () => {
    const { jobs } = planRun(cases, ['7', '7.2']);
    expect(jobs.map(({ id, index }) => `${index} ${id}`)).toEqual([
      '0 mode=iptables,services=100#7',
      '1 mode=iptables,services=100#7.2',
      '2 mode=iptables,services=10#7',
      '3 mode=iptables,services=10#7.2',
      '4 mode=ipvs,services=10#7',
      '5 mode=ipvs,services=10#7.2',
    ]);
  });

  test('is named after its scenario and a hash of cases and seeds', () => {
    const { runId, scenarioHash } = planRun(cases, ['1']);
    expect(runId).toMatch(/^made-up-[0-9a-f]{8}$/);
    expect(
      planRun(
        cases.map((item) => structuredClone(item)),
        ['1'],
      ).runId,
    ).toBe(runId);
    expect(planRun(cases, ['2']).runId).not.toBe(runId);
    expect(planRun(cases, ['2']).scenarioHash).toBe(scenarioHash);
    expect(planRun(cases.slice(1), ['1']).scenarioHash).not.toBe(scenarioHash);
  });

  test('tells cases apart by all of their input', () => {
    const [first] = cases;
    if (first === undefined) throw new Error('no case');
    const other = { ...first, run: { ...first.run, drainNs: 5 } };
    expect(planRun([other], ['1']).caseHashes.get(first.id)).not.toBe(planRun([first], ['1']).caseHashes.get(first.id));
  });

  test('needs a case and a seed, each once', () => {
    expect(() => planRun([], ['1'])).toThrow('nothing to run: the scenario has no cases');
    expect(() => planRun(cases, [])).toThrow('nothing to run: no seed is given');
    expect(() => planRun(cases, ['1', '2', '1'])).toThrow('seed 1 occurs twice');
    expect(() => planRun([...cases, madeUpCase(10)], ['1'])).toThrow('case mode=iptables,services=10 occurs twice');
  });
});

describe('the hash', () => {
  // Test vectors of draft-eastlake-fnv, appendix C.
  test.each([
    ['', 'cbf29ce484222325'],
    ['a', 'af63dc4c8601ec8c'],
    ['foobar', '85944171f73967e8'],
  ])('of %j is that of 64-bit FNV-1a', (text, hash) => {
    expect(fnv1a64(text)).toBe(hash);
  });

  test('does not depend on the order of keys, and does on everything else', () => {
    expect(canonicalJson({ b: [1, null, undefined], a: { d: 'x', c: undefined } })).toBe(
      '{"a":{"d":"x"},"b":[1,null,null]}',
    );
    expect(canonicalHash({ a: 1, b: 2 })).toBe(canonicalHash({ b: 2, a: 1 }));
    expect(canonicalHash([1, 2])).not.toBe(canonicalHash([2, 1]));
    expect(canonicalHash({ a: '1' })).not.toBe(canonicalHash({ a: 1 }));
  });
});
