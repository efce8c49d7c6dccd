/** What counts as a difference from a recording, and what does not. */
import { describe, expect, test } from 'vitest';
import { readScript } from '../../../src/scenario/index.js';
import { compareReplay, replayScript } from '../../../src/testbed/index.js';
import { add, connect, rs, service } from './made-script.js';

const STEPS = [add(1), add(2), connect(1), connect(2), { op: 'snapshot' }, { op: 'conns' }, { op: 'data', id: 'c1' }];
const ENTRY = { proto: 'tcp', vip: '10.96.0.10:80', state: 'ESTABLISHED', expires: 900 };
const ENTRIES = [
  { ...ENTRY, client: '10.1.0.1:20001', rs: rs(2) },
  { ...ENTRY, client: '10.1.0.2:20002', rs: rs(1) },
];
const LIST = [2, 1].map((n) => ({ rs: rs(n), weight: 1, active: 1, inactive: 0 }));
const PICKS = [
  { id: 'c1', rs: rs(2) },
  { id: 'c2', rs: rs(1) },
];

function compared(recording: object, steps: object[] = STEPS) {
  const script = readScript(JSON.stringify({ services: [service()], steps, ...recording }), 'made.json');
  return compareReplay(script, replayScript(script, { loadFactor: 256, seed: '1' }));
}

const seen = (step: number, fields: object) => ({ observations: [{ step, ...fields }] });

describe('a replay', () => {
  test('is as recorded', () => {
    const observations = [
      { step: 4, dests: { a: LIST } },
      { step: 5, conns: ENTRIES },
      { step: 6, id: 'c1', result: 'delivered' },
    ];
    expect(compared({ picks: PICKS, observations })).toEqual({ differences: [], picks: 2, observations: 3 });
  });

  test('has nothing to compare with where nothing was recorded', () => {
    expect(compared({})).toEqual({ differences: [], picks: 0, observations: 0 });
  });

  test('differs in server, result and state of a pick', () => {
    const picks = [
      { id: 'c1', rs: rs(1) },
      { ...PICKS[1], result: 'timeout', state: 'SYN_RECV' },
    ];
    expect(compared({ picks }).differences).toEqual([
      { step: 2, what: 'c1', expected: rs(1), got: rs(2) },
      { step: 3, what: 'c2', expected: `${rs(1)} timeout (SYN_RECV)`, got: rs(1) },
    ]);
  });

  test('differs in order, weight and counters of a server list', () => {
    const list = [LIST[1], { ...LIST[0], active: 2 }];
    expect(compared(seen(4, { dests: { a: list } })).differences.map(({ what, expected }) => [what, expected])).toEqual(
      [
        ['a[0]', `${rs(1)} weight 1 active 1 inactive 0`],
        ['a[1]', `${rs(2)} weight 1 active 2 inactive 0`],
      ],
    );
    expect(compared(seen(4, { dests: { a: LIST.slice(0, 1) } })).differences).toMatchObject([
      { what: 'a[1]', expected: 'no server' },
    ]);
  });

  test('differs in an entry, one too many and one too few', () => {
    const conns = [
      { ...ENTRIES[0], state: 'TIME_WAIT' },
      { ...ENTRIES[1], client: '10.1.0.3:1' },
    ];
    expect(compared(seen(5, { conns })).differences.map(({ what, expected, got }) => [what, expected, got])).toEqual([
      ['conns tcp 10.1.0.1:20001 10.96.0.10:80', `${rs(2)} TIME_WAIT 900 s`, `${rs(2)} ESTABLISHED 900 s`],
      ['conns tcp 10.1.0.3:1 10.96.0.10:80', `${rs(1)} ESTABLISHED 900 s`, 'no entry'],
      ['conns tcp 10.1.0.2:20002 10.96.0.10:80', 'no entry', `${rs(1)} ESTABLISHED 900 s`],
    ]);
  });

  test.each([
    [898, 0],
    [902, 0],
    [897, 1],
    [903, 1],
  ])('may be 2 s off: %i s of 900 give %i differences', (expires, differences) => {
    const conns = ENTRIES.map((entry) => ({ ...entry, expires }));
    expect(compared(seen(5, { conns: [conns[0], ENTRIES[1]] })).differences).toHaveLength(differences);
  });

  test('may lack an entry that had no more than 2 s to live, and have one', () => {
    const ending = { ...ENTRY, client: '10.1.0.9:9', rs: rs(1), expires: 2 };
    expect(compared(seen(5, { conns: [...ENTRIES, ending] })).differences).toEqual([]);
    expect(compared(seen(5, { conns: [...ENTRIES, { ...ending, expires: 3 }] })).differences).toHaveLength(1);
    const steps = [
      add(1),
      connect(1),
      { op: 'close', id: 'c1', by: 'rst' },
      { op: 'wait', seconds: 8 },
      { op: 'conns' },
    ];
    expect(compared(seen(4, { conns: [] }), steps).differences).toEqual([]);
    steps.splice(3, 1, { op: 'wait', seconds: 7 });
    expect(compared(seen(4, { conns: [] }), steps).differences).toHaveLength(1);
  });

  test('differs in what became of a byte', () => {
    expect(compared(seen(6, { id: 'c1', result: 'timeout' })).differences).toEqual([
      { step: 6, what: 'c1', expected: 'timeout', got: 'delivered' },
    ]);
  });
});
