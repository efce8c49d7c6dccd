/** Chains as handles: what goes in comes out, references, and reuse. */
import { describe, expect, test } from 'vitest';
import { CtState } from '../../../src/kernel/hook.js';
import type { RuleSpec } from '../../../src/kernel/iptables/rule.js';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import { parseIp } from '../../../src/net/index.js';

const JUMP = (chain: number): RuleSpec => ({ target: { kind: 'jump', chain } });

describe('rules', () => {
  const rules: RuleSpec[] = [
    {},
    { source: { address: 0x0a000000, bits: 8, negated: true }, target: { kind: 'drop' } },
    {
      destination: { address: 0xffffffff, bits: 32 },
      protocol: 17,
      destinationPort: 65535,
      target: { kind: 'reject' },
    },
    { destinationLocal: true, sourceLocal: true, target: { kind: 'return' } },
    { state: CtState.related | CtState.dnat, stateNegated: true, comment: 'why', target: { kind: 'accept' } },
    { mark: { value: 0x4000, mask: 0x4000, negated: true }, target: { kind: 'mark-xor', bits: 0x80000000 } },
    { set: { handle: 9, directions: 'dds' }, target: { kind: 'masquerade', randomFully: true } },
    { probability: '0.2500000000', target: { kind: 'masquerade', randomFully: false } },
    { protocol: 6, target: { kind: 'dnat', address: 0xefffffff, port: 65535 } },
    { protocol: 6, target: { kind: 'redirect', port: 65535 } },
    { source: { address: parseIp('fd00:244::')!, bits: 56 }, destination: { address: parseIp('fd00::1')!, bits: 128 } },
    {
      source: { address: parseIp('::')!, bits: 0, negated: true },
      target: { kind: 'dnat', address: parseIp('fd00::1')!, port: 1 },
    },
    { sourceLocal: true, sourceLocalNegated: true, notFromBridge: true, nfacct: 'counter' },
    { inputInterface: { name: 'cni0', negated: true }, mark: { value: 1, mask: 1 } },
    { inputInterface: { name: 'veth+' }, set: { handle: 0, directions: 's', negated: true } },
    { recent: { list: 7, operation: 'rcheck', seconds: 10_800 }, nfacct: 'counter' },
    { recent: { list: 0x7fffffff, operation: 'set', seconds: 0 }, target: { kind: 'dnat', address: 1, port: 65535 } },
  ];

  test('come out as they went in', () => {
    const store = new RuleStore();
    const chain = store.addChain('C', rules);
    expect(store.name(chain)).toBe('C');
    expect(rules.map((_, i) => store.rule(chain, i))).toEqual(rules);
  });

  test('a prefix without bits matches everything and is left out', () => {
    const store = new RuleStore();
    const chain = store.addChain('C', [{ source: { address: 1, bits: 0 } }]);
    expect(store.rule(chain, 0)).toEqual({});
  });

  test('names of lists: a text is one list, what makes a text is a new one at each call', () => {
    const store = new RuleStore();
    const lists = [store.recentList('A'), store.recentList('B'), store.recentList('A'), store.recentList(() => 'A')];
    expect([new Set(lists).size, lists[0] === lists[2], lists.map((list) => store.recentName(list))]).toEqual([
      3,
      true,
      ['A', 'B', 'A', 'A'],
    ]);
    expect(() => store.recentName(99)).toThrow('recent-exists');
  });

  test('statistic and recent share a cell, and no rule has both', () => {
    const both: RuleSpec = { probability: '0.5', recent: { list: 0, operation: 'set', seconds: 0 } };
    expect(() => new RuleStore().addChain('C', [both])).toThrow('rule-cell');
  });

  test('a port without protocol is refused', () => {
    expect(() => new RuleStore().addChain('C', [{ destinationPort: 80 }])).toThrow('rule-port');
  });
});

describe('references', () => {
  test('a chain lives as long as somebody holds it, and takes along what it alone held', () => {
    const store = new RuleStore();
    const leaf = store.addChain('LEAF', [{}, {}]);
    const a = store.addChain('A', [JUMP(leaf)]);
    const b = store.addChain('B', [JUMP(leaf), JUMP(a)]);
    store.retain(b);
    store.retain(a);
    expect([store.chainCount, store.ruleCount]).toEqual([3, 5]);
    store.release(b);
    expect([store.chainCount, store.ruleCount]).toEqual([2, 3]);
    expect(store.name(leaf)).toBe('LEAF');
    store.release(a);
    expect([store.chainCount, store.ruleCount]).toEqual([0, 0]);
    expect(() => store.name(leaf)).toThrow('chain-exists');
  });

  test('letting go more often than holding is a fault', () => {
    const store = new RuleStore();
    const chain = store.addChain('C', []);
    expect(() => store.release(chain)).toThrow('chain-holders');
  });

  test('rows and handles are used again, so rewriting for ever takes no more room', () => {
    const store = new RuleStore();
    const lengths = [1, 2, 100, 1000, 1001, 0];
    const rewrite = (): void => {
      const chains = lengths.map((length) => store.addChain('C', Array<RuleSpec>(length).fill({})));
      for (const chain of chains) store.retain(chain);
      for (const chain of chains) store.release(chain);
    };
    rewrite();
    const cells = store.rows.cells.length;
    for (let i = 0; i < 100; i++) rewrite();
    expect(store.rows.cells.length).toBe(cells);
    expect(store.chainCount).toBe(0);
  });

  test('a reused row forgets what it held', () => {
    const store = new RuleStore();
    const old = store.addChain('OLD', [
      { protocol: 6, destinationPort: 1, probability: '0.5', target: { kind: 'drop' } },
    ]);
    store.retain(old);
    store.release(old);
    const chain = store.addChain('NEW', [{}]);
    expect(chain).toBe(old);
    expect(store.rule(chain, 0)).toEqual({});
  });
});

test('a derived chain has the rules of its base but for the jumps changed, and holds their targets', () => {
  const store = new RuleStore();
  const [x, y, z] = ['X', 'Y', 'Z'].map((name) => store.addChain(name, []));
  const base = store.addChain('BASE', [{ ...JUMP(x!), comment: 'first' }, { protocol: 6 }, JUMP(y!)]);
  store.retain(base);
  const derived = store.derive(base, [2], [z!]);
  store.retain(derived);
  store.release(base);
  expect(store.chainCount).toBe(3);
  expect(store.name(derived)).toBe('BASE');
  expect(store.rule(derived, 0)).toEqual({ comment: 'first', target: { kind: 'jump', chain: x } });
  expect(store.rule(derived, 2)).toEqual({ target: { kind: 'jump', chain: z } });
  store.release(derived);
  expect(store.chainCount).toBe(0);
});
