/** The index gives the walk's verdict, changes and work, for any rules, any sets and any packets one after the other. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Hook } from '../../../src/kernel/hook.js';
import { NftStage } from '../../../src/kernel/nftables/nftables.js';
import type { NftStore } from '../../../src/kernel/nftables/nft-store.js';
import type { NftRuleSpec, NftStatement, NftVerdict } from '../../../src/kernel/nftables/rule.js';
import { parseIp } from '../../../src/net/index.js';
import { LOCAL, NftTestNode, type TestPacket } from './nft-node.js';

const ADDRESSES = [LOCAL, 0x0a000001, 0x0a000002, 0x0a0000ff, 0, parseIp('fd00::1')!, parseIp('fd00::2')!];
const PORTS = [80, 443];
const PROTOCOLS = [6, 17];
const CHAINS = 5;
const DYNAMIC = 12;

const address = fc.constantFrom(...ADDRESSES);
const negated = fc.boolean();
const prefix = fc.record({ address, bits: fc.constantFrom(0, 8, 24, 32), negated });
const dynamicSet = fc.integer({ min: -DYNAMIC, max: -1 });

/** Matches of a rule; sets 0 and 1 are a set and a map of the run. */
const matchesOf = fc.record(
  {
    state: fc.integer({ min: 1, max: 15 }),
    destinationLocal: fc.record({ negated }),
    destination: prefix,
    destinationSet: fc.record({ set: fc.constantFrom(0), negated }),
    inputInterface: fc.record({ name: fc.constantFrom('cni0', 'eth0'), negated }),
    sourceLocal: fc.record({ negated }),
    source: prefix,
    sourceInOwnPrefix: fc.record({ negated }),
    sourceSet: fc.record({ set: fc.oneof(dynamicSet, fc.constant(0)), negated }),
    mark: fc.record({ value: fc.constantFrom(0, 1), mask: fc.constantFrom(1, 3), negated }),
    protocol: fc.constantFrom(...PROTOCOLS),
  },
  { requiredKeys: [] },
);

/** Most rules of kube-proxy look at one or two things. */
const fewMatches = fc
  .tuple(
    matchesOf,
    fc.array(fc.constantFrom('source', 'destination', 'state', 'mark', 'destinationSet'), { maxLength: 2 }),
  )
  .map(([all, keys]) => Object.fromEntries(Object.entries(all).filter(([key]) => keys.some((kept) => kept === key))));

/** Statements of a rule in the chain with that number: they lead to later chains only. */
function statement(chain: number): fc.Arbitrary<NftStatement | undefined> {
  const later = fc.integer({ min: Math.min(chain + 1, CHAINS - 1), max: CHAINS - 1 });
  const goes: fc.Arbitrary<NftStatement>[] =
    chain + 1 >= CHAINS
      ? []
      : [
          fc.record({ kind: fc.constantFrom('jump' as const, 'goto' as const), chain: later }),
          fc.record({ kind: fc.constant('numgen' as const), chains: fc.array(later, { minLength: 1, maxLength: 4 }) }),
        ];
  const goesOn: fc.Arbitrary<NftStatement | undefined>[] = [
    fc.constant(undefined),
    fc.record({ kind: fc.constantFrom('mark-or' as const, 'mark-xor' as const), bits: fc.constantFrom(1, 2) }),
    fc.record({ kind: fc.constant('update' as const), set: dynamicSet, timeoutSeconds: fc.constantFrom(1, 5) }),
    fc.constant({ kind: 'return' as const }),
    ...goes,
    ...(chain === 0 ? [fc.constant({ kind: 'vmap' as const, map: 1 })] : []),
  ];
  const ends = fc.oneof(
    fc.constantFrom<NftStatement>({ kind: 'accept' }, { kind: 'drop' }, { kind: 'reject' }),
    fc.record({ kind: fc.constant('dnat' as const), address, port: fc.constantFrom(...PORTS) }),
    fc.record({ kind: fc.constant('masquerade' as const), fullyRandom: fc.boolean() }),
  );
  return fc.oneof({ weight: 6, arbitrary: fc.oneof(...goesOn) }, { weight: 1, arbitrary: ends });
}

function anyRule(chain: number): fc.Arbitrary<NftRuleSpec> {
  return fc
    .tuple(fc.oneof(fewMatches, matchesOf), statement(chain))
    .map(([rule, what]) => ({ ...rule, ...(what && { statement: what }) }));
}

/** A run of rules that ask dynamic sets, as services with session affinity have it. */
function affinityRules(chain: number): fc.Arbitrary<NftRuleSpec[]> {
  const rule = fc
    .tuple(dynamicSet, statement(chain))
    .map(([set, what]): NftRuleSpec => ({ sourceSet: { set }, ...(what && { statement: what }) }));
  return fc.array(rule, { minLength: 3, maxLength: 12, size: 'max' });
}

function chainRules(chain: number): fc.Arbitrary<NftRuleSpec[]> {
  const piece = fc.oneof(fc.array(anyRule(chain), { maxLength: 3 }), affinityRules(chain));
  return fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.flat());
}

const verdict: fc.Arbitrary<NftVerdict> = fc.oneof(
  fc.constantFrom<NftVerdict>({ kind: 'accept' }, { kind: 'drop' }, { kind: 'return' }),
  fc.record({
    kind: fc.constantFrom('jump' as const, 'goto' as const),
    chain: fc.integer({ min: 1, max: CHAINS - 1 }),
  }),
);

const ruleset = fc.record({
  chains: fc.tuple(...Array.from({ length: CHAINS }, (_, chain) => chainRules(chain))),
  set: fc.uniqueArray(address, { maxLength: 4 }),
  map: fc.array(fc.tuple(address, fc.constantFrom(...PORTS), verdict), { maxLength: 6 }),
  /** By dynamic set: group; sets of different groups break a run. */
  groups: fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: DYNAMIC, maxLength: DYNAMIC }),
});

const packets = fc.array(
  fc.record({
    source: address,
    destination: address,
    port: fc.constantFrom(...PORTS),
    protocol: fc.constantFrom(...PROTOCOLS),
    mark: fc.constantFrom(0, 1, 3),
    state: fc.constantFrom(1, 2, 4, 8),
    fromPod: fc.boolean(),
    draw: fc.constantFrom(0, 0x3fffffff, 0x80000000, 0xffffffff),
    afterSeconds: fc.constantFrom(0, 0.5, 3),
  }),
  { minLength: 1, maxLength: 30 },
);

type Ruleset = typeof ruleset extends fc.Arbitrary<infer T> ? T : never;

/** Chains by number in the specs to handles. */
function withHandles(rule: NftRuleSpec, handles: readonly number[]): NftRuleSpec {
  const what = rule.statement;
  if (what === undefined) return rule;
  if ('chain' in what) return { ...rule, statement: { ...what, chain: handles[what.chain]! } };
  if ('chains' in what) return { ...rule, statement: { ...what, chains: what.chains.map((chain) => handles[chain]!) } };
  return rule;
}

function fill(store: NftStore, rules: Ruleset): { base: number; set: number; map: number } {
  store.declareSet({ table: 't', name: 's', key: 'addr', isMap: false });
  store.declareSet({ table: 't', name: 'm', key: 'addr.proto.port', isMap: true });
  rules.groups.forEach((group, i) => store.declareDynamicSet({ table: 't', name: `d${i}`, group }));
  const handles: number[] = [];
  for (let chain = CHAINS - 1; chain >= 0; chain--) {
    handles[chain] = store.addChain(
      `c${chain}`,
      rules.chains[chain]!.map((rule) => withHandles(rule, handles)),
    );
  }
  let set = 0;
  for (const member of rules.set) set = store.withElement(0, set, member, 0, null);
  let map = 0;
  for (const [to, port, what] of rules.map) {
    const verdictIn = 'chain' in what ? { ...what, chain: handles[what.chain]! } : what;
    map = store.withElement(1, map, to, (6 << 16) | port, verdictIn);
  }
  return { base: handles[0]!, set, map };
}

test('walk and index agree on every packet', () => {
  fc.assert(
    fc.property(ruleset, packets, fc.boolean(), (rules, list, isNat) => {
      const walk = new NftTestNode('walk');
      const nodes = [walk, new NftTestNode('index', walk.store)];
      const { base, set, map } = fill(walk.store, rules);
      const type = isNat ? 'nat' : 'filter';
      for (const node of nodes) {
        node.nftables.setBase({ table: 't', name: 'b', type, hook: Hook.prerouting, priority: 0 }, base);
        node.nftables.setContent(0, set);
        node.nftables.setContent(1, map);
        node.nftables.ownPrefix = { address: 0x0a000000, bits: 24 };
      }
      let nowNs = 0;
      for (const { state, fromPod, draw, afterSeconds, ...headers } of list) {
        nowNs += afterSeconds * 1e9;
        const packet: TestPacket = headers;
        const said = nodes.map((node) => {
          Object.assign(node.context, { state, fromPod, draws: [draw, (draw ^ 0x5a5a5a5a) >>> 0], nowNs });
          const answer = node.ask(packet, isNat ? NftStage.nat : NftStage.filter, Hook.prerouting);
          return { ...answer, port: node.context.dnatPort, drawn: node.context.drawn, work: [...node.work.counts] };
        });
        expect(said[1]).toEqual(said[0]);
      }
    }),
    { numRuns: 400 },
  );
});
