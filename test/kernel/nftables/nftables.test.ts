/** What nftables says to packets, rule form by rule form, and in what order base chains are passed. */
import { describe, expect, test } from 'vitest';
import { CtState, Hook, Verdict } from '../../../src/kernel/hook.js';
import { NftStage } from '../../../src/kernel/nftables/nftables.js';
import type { NftRuleSpec } from '../../../src/kernel/nftables/rule.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { parseIp } from '../../../src/net/index.js';
import { LOCAL, NftTestNode, type TestPacket } from './nft-node.js';

const NET = 0x0a000000;
const SECOND = 1e9;
const drop = { statement: { kind: 'drop' } } as const;
const mark = (bits: number): NftRuleSpec => ({ statement: { kind: 'mark-or', bits } });

/** Whether a rule with these matches matches a packet. */
function matches(
  rule: NftRuleSpec,
  packet: TestPacket,
  prepare: (node: NftTestNode) => void = () => undefined,
): boolean {
  const node = new NftTestNode();
  prepare(node);
  node.base([{ ...rule, ...drop }]);
  return node.ask(packet).verdict === Verdict.drop;
}

describe('matches', () => {
  const v6 = { source: parseIp('fd00::1')!, destination: parseIp('fd00:1::2')! };
  const cases: [string, NftRuleSpec, TestPacket, boolean][] = [
    ['source prefix', { source: { address: NET, bits: 8 } }, { source: NET + 5 }, true],
    ['source outside', { source: { address: NET, bits: 24 } }, { source: NET + 0x100 }, false],
    ['source negated', { source: { address: NET, bits: 24, negated: true } }, { source: NET + 0x100 }, true],
    ['destination host', { destination: { address: NET + 2, bits: 32 } }, { destination: NET + 2 }, true],
    ['IPv6 prefix', { source: { address: parseIp('fd00::')!, bits: 64 } }, v6, true],
    ['IPv6 other prefix', { source: { address: parseIp('fd00:2::')!, bits: 64 } }, v6, false],
    ['IPv4 packet, IPv6 prefix', { source: { address: parseIp('fd00::')!, bits: 64 } }, {}, false],
    ['prefix list', { destinationIn: { prefixes: [{ address: NET, bits: 8 }] } }, {}, true],
    ['prefix list negated', { sourceIn: { prefixes: [{ address: NET, bits: 8 }], negated: true } }, {}, false],
    ['protocol', { protocol: 17 }, { protocol: 17 }, true],
    ['other protocol', { protocol: 17 }, { protocol: 6 }, false],
    ['state', { state: CtState.new | CtState.related }, {}, true],
    ['other state', { state: CtState.established }, {}, false],
    ['mark bit unset', { mark: { value: 0, mask: 0x4000 } }, { mark: 0x1 }, true],
    ['mark bit set', { mark: { value: 0, mask: 0x4000 } }, { mark: 0x4001 }, false],
    ['whole mark', { mark: { value: 0x4000, mask: 0xffffffff } }, { mark: 0x4000 }, true],
    ['highest mark bit', { mark: { value: 0, mask: 0x80000000, negated: true } }, { mark: 0x80000000 }, true],
    ['local destination', { destinationLocal: {} }, { destination: LOCAL }, true],
    ['foreign destination', { destinationLocal: {} }, {}, false],
    ['local source negated', { sourceLocal: { negated: true } }, { source: LOCAL }, false],
    ['interface', { inputInterface: { name: 'cni0' } }, {}, true],
    ['interface prefix', { inputInterface: { name: 'cni*' } }, {}, true],
    ['other interface', { inputInterface: { name: 'eth0' } }, {}, false],
    ['interface negated', { inputInterface: { name: 'cni0', negated: true } }, {}, false],
  ];
  test.each(cases)('%s', (_name, rule, packet, expected) => {
    expect(matches(rule, packet)).toBe(expected);
  });

  test('the prefix that the node fills in', () => {
    const own = (node: NftTestNode): void => {
      node.nftables.ownPrefix = { address: NET, bits: 24 };
    };
    const rule = { sourceInOwnPrefix: {} };
    const turned = { sourceInOwnPrefix: { negated: true } };
    expect([matches(rule, { source: NET + 1 }, own), matches(rule, { source: NET + 0x101 }, own)]).toEqual([
      true,
      false,
    ]);
    expect([matches(turned, { source: NET + 1 }, own), matches(rule, {})]).toEqual([false, false]);
  });

  test('packets from outside come in by another interface', () => {
    const outside = (node: NftTestNode): void => {
      node.context.fromPod = false;
    };
    expect(matches({ inputInterface: { name: 'cni0', negated: true } }, {}, outside)).toBe(true);
  });

  test('a named set holds what the node put in place', () => {
    const node = new NftTestNode();
    const set = node.store.declareSet({ table: 't', name: 's', key: 'addr', isMap: false });
    node.base([{ destinationSet: { set }, ...drop }]);
    expect(node.ask({ destination: 5 }).verdict).toBe(Verdict.accept);
    node.nftables.setContent(set, node.store.withElement(set, 0, 5, 0, null));
    expect([node.ask({ destination: 5 }).verdict, node.ask({ destination: 6 }).verdict]).toEqual([1, 0]);
    expect(node.units(WorkKind.nftLookup)).toBe(1);
  });
});

describe('chains', () => {
  test('jump comes back, goto does not, return leaves, and each counts', () => {
    const node = new NftTestNode();
    const leaf = node.store.addChain('leaf', [mark(1), { statement: { kind: 'return' } }, mark(2)]);
    const middle = node.store.addChain('middle', [
      { statement: { kind: 'jump', chain: leaf } },
      mark(4),
      { statement: { kind: 'goto', chain: leaf } },
      mark(8),
    ]);
    node.base([{ statement: { kind: 'jump', chain: middle } }, mark(16)]);
    expect(node.ask().mark).toBe(1 + 4 + 16);
    expect([node.rules, node.units(WorkKind.jump), node.units(WorkKind.nftChain)]).toEqual([9, 3, 1]);
  });

  test('goto in a base chain ends it, with the policy accept', () => {
    const node = new NftTestNode();
    const empty = node.store.addChain('empty', []);
    node.base([{ statement: { kind: 'goto', chain: empty } }, drop]);
    expect(node.ask().verdict).toBe(Verdict.accept);
  });

  test('a verdict map without the key lets the packet go on; one with it decides', () => {
    const node = new NftTestNode();
    const target = node.store.addChain('target', [mark(1)]);
    const map = node.store.declareSet({ table: 't', name: 'm', key: 'addr.proto.port', isMap: true });
    node.base([{ statement: { kind: 'vmap', map } }, mark(2)]);
    const service = (6 << 16) | 80;
    let version = node.store.withElement(map, 0, 7, service, { kind: 'goto', chain: target });
    version = node.store.withElement(map, version, 8, service, { kind: 'drop' });
    version = node.store.withElement(map, version, 9, service, { kind: 'jump', chain: target });
    node.nftables.setContent(map, version);
    const said = [7, 8, 9, 10].map((destination) => node.ask({ destination }));
    expect(said.map((each) => [each.verdict, each.mark])).toEqual([
      [0, 1],
      [1, 0],
      [0, 3],
      [0, 2],
    ]);
    expect([node.ask({ destination: 7, port: 81 }).mark, node.ask({ destination: 7, protocol: 17 }).mark]).toEqual([
      2, 2,
    ]);
  });

  test('numgen takes each chain for its share of the draws', () => {
    const node = new NftTestNode();
    const chains = [1, 2, 4].map((bit) => node.store.addChain(`c${bit}`, [mark(bit)]));
    node.base([{ statement: { kind: 'numgen', chains } }]);
    const marks = [0, 0x55555555, 0x55555556, 0xaaaaaaaa, 0xaaaaaaab, 0xffffffff].map((draw) => {
      node.context.draws = [draw];
      return node.ask().mark;
    });
    expect(marks).toEqual([1, 1, 2, 2, 4, 4]);
    expect([node.units(WorkKind.nftNumgen), node.units(WorkKind.nftLookup)]).toEqual([1, 1]);
  });
});

describe('base chains', () => {
  test('are passed by priority, of equal ones the later registered first; accept ends one, drop all', () => {
    const node = new NftTestNode();
    const first = { statement: { kind: 'mark-xor', bits: 1 } } as const;
    node.base([{ mark: { value: 1, mask: 1 }, ...mark(2) }], { name: 'a' });
    node.base([first, { statement: { kind: 'accept' } }, mark(4)], { name: 'b' });
    node.base([{ mark: { value: 2, mask: 2 }, ...drop }], { name: 'c', priority: 10 });
    node.base([mark(8)], { name: 'd', priority: 20 });
    expect(node.ask()).toMatchObject({ verdict: Verdict.drop, mark: 3 });
    expect(node.units(WorkKind.nftChain)).toBe(3);
  });

  test('a new version of one keeps its rank', () => {
    const node = new NftTestNode();
    const twice: NftRuleSpec[] = [{ mark: { value: 0, mask: 3 }, ...mark(2) }, mark(1)];
    node.base([mark(8)], { name: 'a' });
    node.base(twice, { name: 'b' });
    node.base([{ mark: { value: 8, mask: 8, negated: true }, ...mark(16) }], { name: 'a' });
    // b was registered later, so it is first.
    expect(node.ask().mark).toBe(2 + 1 + 16);
  });

  test('stages: before destination NAT, nat, and behind it', () => {
    const node = new NftTestNode();
    const hook = Hook.prerouting;
    node.base([mark(1)], { name: 'pre', hook, priority: -110 });
    node.base([mark(2)], { name: 'nat', type: 'nat', hook, priority: -100 });
    node.base([mark(4)], { name: 'filter', hook, priority: 0 });
    const marks = Object.values(NftStage).map((stage) => node.ask({}, stage, hook).mark);
    expect([marks, node.nftables.active, node.nftables.hasNat]).toEqual([[1, 2, 4], true, true]);
    node.nftables.setBase({ table: 't', name: 'nat', type: 'nat', hook, priority: -100 }, -1);
    expect([node.ask({}, NftStage.nat, hook).mark, node.nftables.hasNat]).toEqual([0, false]);
  });

  test('a translation ends its chain and the nat stage; accept without one does not', () => {
    const hook = Hook.postrouting;
    const node = new NftTestNode();
    const nat = (name: string, priority: number, rules: NftRuleSpec[]): void => {
      node.base(rules, { name, type: 'nat', hook, priority });
    };
    nat('a', 90, [{ statement: { kind: 'accept' } }]);
    nat('b', 100, [{ statement: { kind: 'masquerade', fullyRandom: true } }, mark(1)]);
    nat('c', 110, [mark(2)]);
    expect(node.ask({}, NftStage.nat, hook)).toEqual({ verdict: 0, dnat: 0, masquerade: 2, mark: 0 });
    expect(node.units(WorkKind.nftChain)).toBe(2);
  });

  test('dnat says where to', () => {
    const node = new NftTestNode();
    const dnat = { kind: 'dnat', address: 0xfffffffe, port: 65535 } as const;
    node.base([{ statement: dnat }], { type: 'nat', hook: Hook.prerouting, priority: -100 });
    expect(node.ask({}, NftStage.nat, Hook.prerouting).dnat).toBe(0xfffffffe);
    expect(node.context.dnatPort).toBe(65535);
  });

  test('what base chains hold goes with them', () => {
    const node = new NftTestNode();
    const inner = node.store.addChain('inner', [drop]);
    node.base([{ statement: { kind: 'jump', chain: inner } }, { statement: { kind: 'numgen', chains: [inner] } }]);
    expect([node.store.chainCount, node.store.ruleCount]).toEqual([2, 3]);
    node.nftables.setBase({ table: 't', name: 'base', type: 'filter', hook: Hook.forward, priority: 0 }, -1);
    expect([node.store.chainCount, node.store.ruleCount]).toEqual([0, 0]);
  });
});

describe('dynamic sets', () => {
  test('remember a source until the timeout, which every packet renews', () => {
    const node = new NftTestNode();
    const set = node.store.declareDynamicSet({ table: 't', name: 's', group: 0 });
    const update = { statement: { kind: 'update', set, timeoutSeconds: 10 } } as const;
    node.base([{ sourceSet: { set }, ...mark(1) }, update]);
    const at = (seconds: number): number => {
      node.context.nowNs = seconds * SECOND;
      return node.ask().mark;
    };
    expect([0, 9.9, 19.8, 29.8, 39.9].map(at)).toEqual([0, 1, 1, 0, 0]);
    expect(node.units(WorkKind.nftUpdate)).toBe(1);
    expect(node.ask({ source: 99 }).mark).toBe(0);
    node.nftables.dropDynamicSet(set);
    expect([at(40), node.nftables.holds(set, 0x0a000001, 40 * SECOND)]).toEqual([0, true]);
  });

  test('every node has its own', () => {
    const one = new NftTestNode();
    const other = new NftTestNode('index', one.store);
    const set = one.store.declareDynamicSet({ table: 't', name: 's', group: 0 });
    for (const node of [one, other]) {
      node.base([{ sourceSet: { set }, ...mark(1) }, { statement: { kind: 'update', set, timeoutSeconds: 10 } }]);
    }
    expect([one.ask().mark, one.ask().mark, other.ask().mark]).toEqual([0, 1, 0]);
  });
});
