/** The index gives the walk's verdict, results and work, for any rules and any packets one after the other, in either family. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CtState, Hook } from '../../../src/kernel/hook.js';
import { IpSet, SetTable } from '../../../src/kernel/ipset.js';
import { Netfilter, Owner, Table } from '../../../src/kernel/iptables/netfilter.js';
import type { RuleSpec, Target } from '../../../src/kernel/iptables/rule.js';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import { Work } from '../../../src/kernel/work.js';
import { PacketPool, addressBits, familyOf, ipv6Of } from '../../../src/net/index.js';
import { Context } from './context.js';

const IPV4 = [0x0a600001, 0x0a600002, 0x0a600103, 0xc0a80001, 0x7f000001, 0xffffffff, 0];
const IPV6 = [1, 2, 0x103, 0x10000].map((low) => ipv6Of(0xfd000000, low & 2, 0, low));
const PORTS = [80, 443, 30000];
const PROTOCOLS = [6, 17];
const LOCAL = [0xc0a80001, IPV6[2]!];
const CHAINS = 4;
/** Lists of `recent`; the long runs have one for each rule, and the first few are those of the rules between. */
const LISTS = 60;
const SECOND = 1e9;

// A table serves one family, but mixing both shows that an address of one is never taken for one of the other.
const address = fc.constantFrom(...IPV4, ...IPV6);
const port = fc.constantFrom(...PORTS);
const protocol = fc.constantFrom(...PROTOCOLS);
const prefix = fc
  .record(
    { address, bits: fc.constantFrom(0, 1, 8, 24, 31, 32, 33, 64, 112, 127, 128), negated: fc.boolean() },
    { requiredKeys: ['address', 'bits'] },
  )
  .map((match) => ({ ...match, bits: Math.min(match.bits, addressBits(familyOf(match.address))) }));
const exact = address.map((to) => ({ address: to, bits: addressBits(familyOf(to)) }));
const list = fc.constantFrom(0, 1, 2, LISTS - 1);
const seconds = fc.constantFrom(1, 10);
const recent = fc.oneof(
  fc.record({ list, operation: fc.constant('set' as const), seconds: fc.constant(0) }),
  fc.record({ list, operation: fc.constant('rcheck' as const), seconds }),
);

/** Targets of a rule in the chain with that number: jumps lead to later chains only. */
function target(chain: number): fc.Arbitrary<Target | undefined> {
  const goesOn: fc.Arbitrary<Target | undefined>[] = [
    fc.constant(undefined),
    fc.record({ kind: fc.constant('mark-or' as const), bits: fc.constantFrom(1, 0x4000, 0x80000000) }),
    fc.record({ kind: fc.constant('mark-xor' as const), bits: fc.constantFrom(1, 0x4000) }),
  ];
  if (chain + 1 < CHAINS) {
    goesOn.push(
      fc.record({ kind: fc.constant('jump' as const), chain: fc.integer({ min: chain + 1, max: CHAINS - 1 }) }),
    );
  }
  const ends: fc.Arbitrary<Target> = fc.oneof(
    fc.constantFrom<Target>({ kind: 'accept' }, { kind: 'drop' }, { kind: 'reject' }, { kind: 'return' }),
    fc.record({ kind: fc.constant('dnat' as const), address, port }),
    fc.record({ kind: fc.constant('redirect' as const), port }),
    fc.record({ kind: fc.constant('masquerade' as const), randomFully: fc.boolean() }),
  );
  return fc.oneof({ weight: 5, arbitrary: fc.oneof(...goesOn) }, { weight: 1, arbitrary: ends });
}

/** Rules of any form, what stands between runs. */
function anyRule(chain: number): fc.Arbitrary<RuleSpec> {
  const matches = fc.record(
    {
      source: prefix,
      destination: prefix,
      protocol,
      destinationLocal: fc.boolean(),
      sourceLocal: fc.boolean(),
      sourceLocalNegated: fc.boolean(),
      inputInterface: fc.record({ name: fc.constantFrom('cni0', 'eth0', 'cni+', '+', 'veth+'), negated: fc.boolean() }),
      notFromBridge: fc.boolean(),
      nfacct: fc.constant('counter'),
      state: fc.integer({ min: 1, max: 63 }),
      stateNegated: fc.boolean(),
      mark: fc.record({ value: fc.constantFrom(0, 0x4000), mask: fc.constant(0x4000), negated: fc.boolean() }),
      probability: fc.constantFrom('0.5000000000', '0.0000000000', '0.3333333333', '1.0000000000'),
    },
    { requiredKeys: [] },
  );
  const setMatch = fc.record({
    set: fc.record({ handle: fc.constant(3), directions: fc.constantFrom('dd', 'sd', 'ds'), negated: fc.boolean() }),
  });
  const portMatch = fc.record({ protocol, destinationPort: port });
  const recentMatch = fc.record(
    { source: prefix, recent, nfacct: fc.constant('counter') },
    { requiredKeys: ['recent'] },
  );
  const chanceMatch = fc.record({ protocol, probability: fc.constantFrom('0.0100000000', '0.3333333333') });
  return fc
    .tuple(fc.oneof(matches, setMatch, portMatch, chanceMatch, recentMatch), target(chain))
    .map(([rule, goesTo]) => ({ ...rule, ...(goesTo && { target: goesTo }) }));
}

function run(chain: number, rule: fc.Arbitrary<RuleSpec>): fc.Arbitrary<RuleSpec[]> {
  return fc
    .array(fc.tuple(rule, target(chain)), { minLength: 28, maxLength: 50, size: 'max' })
    .map((rules) => rules.map(([spec, goesTo]) => ({ ...spec, ...(goesTo && { target: goesTo }) })));
}

function chainRules(chain: number): fc.Arbitrary<RuleSpec[]> {
  const addressRule = fc.record(
    {
      destination: exact,
      protocol,
      destinationPort: port,
      state: fc.constant(2),
    },
    { requiredKeys: ['destination', 'protocol', 'destinationPort'] },
  );
  const portRule = fc.record(
    { protocol, destinationPort: port, destinationLocal: fc.constant(true) },
    { requiredKeys: ['protocol', 'destinationPort'] },
  );
  const chanceRule = fc.record({
    probability: fc.constantFrom('0.0100000000', '0.0333333333', '0.0000000000', '0.2500000000'),
  });
  // As kube-proxy writes affinity: one list a rule; here and there a list comes twice.
  const recentRun = fc
    .array(fc.tuple(seconds, target(chain), fc.nat(30)), { minLength: 28, maxLength: LISTS, size: 'max' })
    .map((rules) =>
      rules.map(([age, goesTo, shift], i): RuleSpec => {
        const number = shift === 0 ? i >> 1 : i;
        return { recent: { list: number, operation: 'rcheck', seconds: age }, ...(goesTo && { target: goesTo }) };
      }),
    );
  const piece = fc.oneof(
    fc.array(anyRule(chain), { maxLength: 4 }),
    run(chain, addressRule),
    run(chain, portRule),
    run(chain, chanceRule),
    recentRun,
  );
  return fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.flat());
}

const packet = fc.record({
  source: address,
  destination: address,
  destinationPort: fc.constantFrom(...PORTS, 9999),
  protocol: fc.constantFrom(...PROTOCOLS, 1),
  fromPod: fc.boolean(),
  /** Time since the packet before. */
  afterNs: fc.constantFrom(0, 3e6, SECOND, 1.002 * SECOND, 6 * SECOND),
  /** Before it, this source was set in these lists by other packets. */
  noted: fc.array(fc.nat(LISTS - 1), { maxLength: 3 }),
  mark: fc.constantFrom(0, 0x4000),
  state: fc.constantFrom(CtState.new, CtState.established, CtState.invalid, CtState.new | CtState.dnat),
  draws: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 6 }),
});
type PacketSpec = typeof packet extends fc.Arbitrary<infer T> ? T : never;

function buildChains(store: RuleStore, chains: readonly RuleSpec[][]): number {
  const handles: number[] = [];
  for (let i = chains.length - 1; i >= 0; i--) {
    const rules = chains[i]!.map((rule): RuleSpec =>
      rule.target?.kind === 'jump' ? { ...rule, target: { kind: 'jump', chain: handles[rule.target.chain]! } } : rule,
    );
    handles[i] = store.addChain(`CHAIN-${i}`, rules);
    store.retain(handles[i]!);
  }
  return handles[0]!;
}

/** One node that looks rules up in one of the two ways. */
class Side {
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly context = new Context(LOCAL);
  readonly netfilter: Netfilter;

  private readonly table: Table;

  constructor(store: RuleStore, sets: SetTable, base: number, lookup: 'walk' | 'index', table: Table) {
    this.table = table;
    this.netfilter = new Netfilter(store, this.packets, this.work, sets, lookup);
    this.netfilter.setBase(table, Hook.forward, Owner.proxy, base);
  }

  evaluate(spec: PacketSpec): unknown {
    const handle = this.packets.take(0);
    this.packets.source[handle] = spec.source;
    this.packets.destination[handle] = spec.destination;
    this.packets.sourcePort[handle] = 443;
    this.packets.destinationPort[handle] = spec.destinationPort;
    this.packets.protocol[handle] = spec.protocol;
    this.packets.mark[handle] = spec.mark;
    this.context.reset();
    this.context.state = spec.state;
    this.context.fromPod = spec.fromPod;
    this.context.nowNs += spec.afterNs;
    const { recent: lists } = this.netfilter;
    for (const number of spec.noted) lists.set(number, spec.source, this.context.nowNs);
    this.context.draws = spec.draws;
    this.work.clear();
    const verdict = this.netfilter.evaluate(this.table, Hook.forward, handle, this.context);
    const { dnatAddress, dnatPort, masquerade, drawn } = this.context;
    const mark = this.packets.mark[handle];
    this.packets.release(handle);
    const remembered = Array.from({ length: LISTS }, (_, number) => lists.size(number));
    return { verdict, dnatAddress, dnatPort, masquerade, drawn, mark, remembered, work: [...this.work.counts] };
  }
}

// In the filter table packets that look alike are not taken through the rules again: so each comes twice.
test.each([
  ['nat', Table.nat],
  ['filter', Table.filter],
])('walk and index agree in verdict, results, draws and every kind of work: %s', (_, table) => {
  const chains = fc.tuple(chainRules(0), chainRules(1), chainRules(2), chainRules(3));
  fc.assert(
    fc.property(chains, fc.array(packet, { minLength: 1, maxLength: 12 }), (rules, packets) => {
      const store = new RuleStore();
      const set = new IpSet('SET', 'hash:ip,port');
      set.add(IPV4[0]!, 6, 80);
      set.add(IPV4[3]!, 17, 443);
      set.add(IPV6[0]!, 17, 443);
      const sets = new SetTable();
      sets.put(3, set);
      const base = buildChains(store, rules);
      const walk = new Side(store, sets, base, 'walk', table);
      const index = new Side(store, sets, base, 'index', table);
      for (const spec of [...packets, ...packets]) expect(index.evaluate(spec)).toEqual(walk.evaluate(spec));
    }),
    { numRuns: 300, seed: 20261120 },
  );
});
