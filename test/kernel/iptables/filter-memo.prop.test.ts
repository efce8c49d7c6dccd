/** What the filter table remembers: packets that look alike get the same verdict and work as if they were walked through. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Hook, Netfilter, Owner, RuleStore, SetTable, Table, Work, type RuleSpec } from '../../../src/kernel/index.js';
import { PacketPool, addressBits, familyOf, parseIp } from '../../../src/net/index.js';
import { Context } from './context.js';

const ADDRESSES = [0x0a000001, 0x0a000002, 0x7f000001, parseIp('fd00::1')!, parseIp('fd00::1:1')!];
// More than there are notes, so that some get in each other's way.
const HOSTS = [...ADDRESSES, ...Array.from({ length: 30 }, (_, i) => 0x0a000100 + i)];
const STATES = [2, 4, 8, 18];
const MARK = 0x4000;

const prefix = fc
  .record({ address: fc.constantFrom(...ADDRESSES), bits: fc.constantFrom(8, 112, 128), negated: fc.boolean() })
  .map((match) => ({ ...match, bits: Math.min(match.bits, addressBits(familyOf(match.address))) }));

/** Rules as kube-proxy's filter chains have them: on state, mark, addresses and ports; `inner` is the chain to jump to. */
function rules(inner: number): fc.Arbitrary<RuleSpec[]> {
  const targets = inner < 0 ? [] : [{ kind: 'jump', chain: inner } as const];
  const rule = fc.record(
    {
      source: prefix,
      destination: prefix,
      protocol: fc.constantFrom(6, 17),
      destinationPort: fc.constantFrom(80, 8472),
      state: fc.constantFrom(2, 12, 28),
      stateNegated: fc.boolean(),
      mark: fc.record({ value: fc.constant(MARK), mask: fc.constant(MARK), negated: fc.boolean() }),
      probability: fc.constant('0.5000000000'),
      inputInterface: fc.record({ name: fc.constantFrom('cni0', 'eth0', 'e+'), negated: fc.boolean() }),
      notFromBridge: fc.constant(true),
      nfacct: fc.constant('counter'),
      sourceLocal: fc.constant(true),
      sourceLocalNegated: fc.boolean(),
      recent: fc.constantFrom(
        { list: 0, operation: 'set' as const, seconds: 0 },
        { list: 0, operation: 'rcheck' as const, seconds: 1 },
      ),
      target: fc.constantFrom(
        { kind: 'accept' } as const,
        { kind: 'drop' } as const,
        { kind: 'return' } as const,
        { kind: 'mark-or', bits: MARK } as const,
        ...targets,
      ),
    },
    { requiredKeys: [] },
  );
  // Most rules look at few things: else hardly a way would be worth a note.
  const plain = fc.constantFrom<(keyof RuleSpec)[]>(
    ['state', 'target'],
    ['mark', 'target'],
    ['source', 'state', 'target'],
    ['destination', 'target'],
    ['state', 'nfacct', 'target'],
    ['inputInterface', 'target'],
    ['notFromBridge', 'target'],
    ['sourceLocal', 'sourceLocalNegated', 'target'],
    ['recent', 'target'],
  );
  const narrowed = fc.tuple(rule, plain, fc.boolean()).map(([full, keys, whole]): RuleSpec => {
    if (whole) return possible(full);
    return Object.fromEntries(Object.entries(full).filter(([key]) => keys.includes(key as keyof RuleSpec)));
  });
  return fc.array(narrowed, { minLength: 1, maxLength: 5 });
}

/** A rule without what iptables refuses, and without two matches that share a cell. */
function possible({ recent, probability, ...rule }: RuleSpec): RuleSpec {
  return {
    ...rule,
    ...(recent ? { recent } : probability !== undefined && { probability }),
    ...(rule.destinationPort !== undefined && { protocol: rule.protocol ?? 6 }),
  };
}

const packet = fc.record({
  source: fc.constantFrom(...HOSTS),
  destination: fc.constantFrom(...HOSTS),
  port: fc.constantFrom(80, 8472),
  protocol: fc.constantFrom(6, 17),
  state: fc.constantFrom(...STATES),
  mark: fc.constantFrom(0, 0, 0, MARK),
  fromPod: fc.boolean(),
  afterNs: fc.constantFrom(0, 0, 2e9),
});

type Spec = typeof packet extends fc.Arbitrary<infer T> ? T : never;

/** A node's filter table, asked about one packet after the other. */
function asker(store: RuleStore, chain: number, lookup: 'walk' | 'index'): (spec: Spec) => unknown {
  const packets = new PacketPool();
  const work = new Work();
  const netfilter = new Netfilter(store, packets, work, new SetTable(), lookup);
  netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, chain);
  const context = new Context([0x0a000001]);
  return (spec) => {
    const handle = packets.take(0);
    packets.source[handle] = spec.source;
    packets.destination[handle] = spec.destination;
    packets.destinationPort[handle] = spec.port;
    packets.protocol[handle] = spec.protocol;
    packets.mark[handle] = spec.mark;
    context.reset();
    context.state = spec.state;
    context.fromPod = spec.fromPod;
    context.nowNs += spec.afterNs;
    context.draws = [0x40000000, 0xc0000000, 0x40000000, 0xc0000000, 0x40000000, 0xc0000000];
    work.clear();
    const verdict = netfilter.evaluate(Table.filter, Hook.forward, handle, context);
    const seen = { verdict, mark: packets.mark[handle], work: [...work.counts] };
    packets.release(handle);
    return seen;
  };
}

test('with and without memory every packet gets the same verdict, mark and work, however often it comes', () => {
  const world = rules(-1).chain((inner) =>
    fc.tuple(fc.constant(inner), rules(0), fc.array(packet, { minLength: 1, maxLength: 40 })),
  );
  fc.assert(
    fc.property(world, ([inner, outer, packets]) => {
      const store = new RuleStore();
      const chain = store.addChain('inner', inner);
      const withChain = outer.map((rule) =>
        rule.target?.kind === 'jump' ? { ...rule, target: { kind: 'jump', chain } as const } : rule,
      );
      const base = store.addChain('FORWARD', withChain);
      const walk = asker(store, base, 'walk');
      const index = asker(store, base, 'index');
      for (const spec of [...packets, ...packets, ...packets]) expect(index(spec)).toEqual(walk(spec));
    }),
    { numRuns: 300 },
  );
});

test('new rules are asked, not the memory of the old ones', () => {
  const store = new RuleStore();
  const packets = new PacketPool();
  const netfilter = new Netfilter(store, packets, new Work(), new SetTable(), 'index');
  const context = new Context([]);
  const ask = (): number => netfilter.evaluate(Table.filter, Hook.forward, packets.take(0), context);
  netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, store.addChain('a', [{ target: { kind: 'accept' } }]));
  const before = [ask(), ask()];
  netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, store.addChain('b', [{ target: { kind: 'drop' } }]));
  expect([...before, ask(), ask()]).toEqual([0, 0, 1, 1]);
});

test.each(['source', 'destination'] as const)('packets with another %s are not taken for each other', (field) => {
  const store = new RuleStore();
  const chosen = 0x0a000101;
  const rule: RuleSpec = { [field]: { address: chosen, bits: 32 }, target: { kind: 'drop' } };
  const ask = asker(store, store.addChain('FORWARD', [rule]), 'index');
  const plain: Spec = {
    source: 1,
    destination: 2,
    port: 80,
    protocol: 6,
    state: 4,
    mark: 0,
    fromPod: true,
    afterNs: 0,
  };
  const verdict = (address: number): unknown =>
    (
      ask({ ...plain, [field]: address }) as {
        verdict: number;
      }
    ).verdict;
  // There are far more addresses than notes: some share one.
  for (let i = 0; i < 256; i++) {
    const other = 0x0a000200 + i;
    expect([verdict(other), verdict(chosen), verdict(other), verdict(chosen)]).toEqual([0, 1, 0, 1]);
  }
});
