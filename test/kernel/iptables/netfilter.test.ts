/** Tables at hooks: which fragments are passed, what is counted, and what a rule costs match by match. */
import { describe, expect, test } from 'vitest';
import { CtState, Hook, Verdict } from '../../../src/kernel/hook.js';
import { SetTable } from '../../../src/kernel/ipset.js';
import { Netfilter, Owner, Table } from '../../../src/kernel/iptables/netfilter.js';
import { tableSize } from '../../../src/kernel/iptables/reach.js';
import type { RuleSpec } from '../../../src/kernel/iptables/rule.js';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import { Work, WORK_NAMES } from '../../../src/kernel/work.js';
import { PacketPool, parseIp } from '../../../src/net/index.js';
import { Context } from './context.js';

const POD = 0x0a000001;
const SERVICE = 0x0a600001;

describe.each(['walk', 'index'] as const)('%s', (lookup) => {
  const world = () => {
    const store = new RuleStore();
    const packets = new PacketPool();
    const work = new Work();
    const netfilter = new Netfilter(store, packets, work, new SetTable(), lookup);
    const context = new Context([0xc0a80001]);
    const packet = packets.take(0);
    packets.source[packet] = POD;
    packets.destination[packet] = SERVICE;
    packets.destinationPort[packet] = 80;
    packets.protocol[packet] = 6;
    const put = (rules: RuleSpec[], owner: Owner = Owner.proxy): void => {
      netfilter.setBase(Table.filter, Hook.forward, owner, store.addChain('FORWARD', rules));
    };
    const ask = (): Verdict => netfilter.evaluate(Table.filter, Hook.forward, packet, context);
    const counted = (): Record<string, number> =>
      Object.fromEntries([...work.counts].map((n, i) => [WORK_NAMES[i]!, n] as const).filter(([, n]) => n > 0));
    return { store, netfilter, context, packets, packet, work, put, ask, counted };
  };

  test('a hook without chains costs nothing', () => {
    const { ask, counted } = world();
    expect(ask()).toBe(Verdict.accept);
    expect(counted()).toEqual({});
  });

  test('the proxy comes before the overlay, and an ACCEPT ends both', () => {
    const { put, ask, counted, packets, packet } = world();
    put([{ target: { kind: 'drop' } }], Owner.overlay);
    put([{ target: { kind: 'mark-or', bits: 1 } }]);
    expect(ask()).toBe(Verdict.drop);
    expect(packets.mark[packet]).toBe(1);
    put([{ target: { kind: 'accept' } }]);
    expect(ask()).toBe(Verdict.accept);
    expect(counted()).toEqual({ table: 2, rule: 3 });
  });

  test('each question to a table is one walk, its fragments and the chains behind them together', () => {
    const { put, ask, store, work } = world();
    const behind = store.addChain('BEHIND', [{}, {}, {}]);
    put([{}, { target: { kind: 'jump', chain: behind } }]);
    put([{}, {}], Owner.overlay);
    ask();
    put([{ target: { kind: 'drop' } }]);
    ask();
    expect([...work.walkRules.subarray(0, work.walks)]).toEqual([7, 1]);
    work.clear();
    expect(work.walks).toBe(0);
  });

  test('RETURN in a built-in chain is its policy, in another one the way back', () => {
    const { put, ask, store } = world();
    const back = store.addChain('BACK', [{ target: { kind: 'return' } }, { target: { kind: 'drop' } }]);
    put([{ target: { kind: 'jump', chain: back } }, { target: { kind: 'reject' } }]);
    expect(ask()).toBe(Verdict.reject);
    put([{ target: { kind: 'return' } }, { target: { kind: 'reject' } }]);
    expect(ask()).toBe(Verdict.accept);
  });

  test.each<[string, RuleSpec, Record<string, number>]>([
    ['address differs', { destination: { address: 1, bits: 32 }, protocol: 6, destinationPort: 80 }, {}],
    ['negated prefix fits', { source: { address: POD, bits: 8, negated: true }, protocol: 6 }, {}],
    [
      'port differs',
      { destination: { address: SERVICE, bits: 32 }, protocol: 6, destinationPort: 81 },
      { matchPort: 1 },
    ],
    ['protocol differs', { protocol: 17, state: CtState.new }, { matchPort: 1 }],
    ['protocol fits, state differs', { protocol: 6, state: CtState.established }, { matchPort: 1, matchState: 1 }],
    ['not a local destination', { destinationLocal: true, state: CtState.new }, { matchAddressType: 1 }],
    ['mark differs', { state: CtState.new, mark: { value: 1, mask: 1 } }, { matchState: 1, matchMark: 1 }],
    ['chance says no', { probability: '0.0000000000' }, { matchStatistic: 1 }],
    ['matches and jumps', { state: CtState.new, target: { kind: 'jump', chain: 0 } }, { matchState: 1, jump: 1 }],
  ])('%s: counted up to the first match that fails', (_, rule, further) => {
    const { put, ask, store, counted } = world();
    store.addChain('EMPTY', []);
    put([rule]);
    expect(ask()).toBe(Verdict.accept);
    expect(counted()).toEqual({ table: 1, rule: 1, ...further });
  });

  test('one draw serves a series of statistic rules, and a match ends the series', () => {
    const { put, ask, context, packets, packet } = world();
    const bits = [1, 2, 4, 8];
    put(bits.map((bit) => ({ probability: '0.5000000000', target: { kind: 'mark-or', bits: bit } })));
    // 0.6: not the first half, but the half of what is left; then 0.9 and on: neither.
    context.draws = [0.6 * 2 ** 32, 0.9 * 2 ** 32];
    ask();
    expect(packets.mark[packet]).toBe(2);
    expect(context.drawn).toBe(2);
  });

  test.each<[string, RuleSpec, (context: Context) => void, boolean]>([
    ['-i cni0 fits packets of pods', { inputInterface: { name: 'cni0' } }, () => undefined, true],
    ['-i cni0 fits no others', { inputInterface: { name: 'cni0' } }, (c) => (c.fromPod = false), false],
    ['! -i cni0', { inputInterface: { name: 'cni0', negated: true } }, (c) => (c.fromPod = false), true],
    ['-i eth0 fits the others', { inputInterface: { name: 'eth0' } }, (c) => (c.fromPod = false), true],
    ['-i c+', { inputInterface: { name: 'c+' } }, () => undefined, true],
    ['-i veth+ fits nobody: pods come in by the bridge', { inputInterface: { name: 'veth+' } }, () => undefined, false],
    ['packets of pods come in by a port of the bridge', { notFromBridge: true }, () => undefined, false],
    ['others do not', { notFromBridge: true }, (c) => (c.fromPod = false), true],
    ['! --src-type LOCAL', { sourceLocal: true, sourceLocalNegated: true }, () => undefined, true],
    ['nfacct always fits', { nfacct: 'counter' }, () => undefined, true],
    ['an IPv6 prefix fits no IPv4 packet', { source: { address: parseIp('::')!, bits: 1 } }, () => undefined, false],
    ['and negated it does', { source: { address: parseIp('::')!, bits: 1, negated: true } }, () => undefined, true],
  ])('%s', (_, match, prepare, fits) => {
    const { put, ask, context } = world();
    put([{ ...match, target: { kind: 'drop' } }]);
    prepare(context);
    expect(ask()).toBe(fits ? Verdict.drop : Verdict.accept);
  });

  test.each([
    ['fd00:1:2:3::4', 'fd00:1:2:3::', 64, true],
    ['fd00:1:2:4::4', 'fd00:1:2:3::', 64, false],
    ['fd00:1:2:3:8000::', 'fd00:1:2:3:8000::', 65, true],
    ['fd00:1:2:3::', 'fd00:1:2:3:8000::', 65, false],
    ['fd00::1', 'fd00::1', 128, true],
    ['fd00::2', 'fd00::1', 128, false],
    ['10.0.0.1', 'fd00::', 8, false],
  ])('%s in %s/%i: %s', (address, network, bits, fits) => {
    const { put, ask, packets, packet } = world();
    put([{ destination: { address: parseIp(network)!, bits }, target: { kind: 'drop' } }]);
    packets.destination[packet] = parseIp(address)!;
    expect(ask()).toBe(fits ? Verdict.drop : Verdict.accept);
  });

  test('REDIRECT sends to the address of the device that the packet came in by', () => {
    const { put, ask, context } = world();
    put([{ protocol: 6, target: { kind: 'redirect', port: 40_000 } }]);
    expect([ask(), context.dnatAddress, context.dnatPort]).toEqual([Verdict.accept, context.inAddress, 40_000]);
  });

  test('a source goes where it went, as long as its list remembers it', () => {
    const { put, ask, context, store, packets, packet } = world();
    const ends = [1, 2].map((port) => {
      const list = store.recentList(`LIST-${port}`);
      const chain = store.addChain(`SEP-${port}`, [
        { recent: { list, operation: 'set', seconds: 0 }, protocol: 6, target: { kind: 'dnat', address: 7, port } },
      ]);
      return { recent: { list, operation: 'rcheck' as const, seconds: 10 }, target: { kind: 'jump' as const, chain } };
    });
    const [first, second] = ends.map(({ target }) => target);
    put([...ends, { probability: '0.5000000000', target: first! }, { target: second! }]);
    const to = (source: number, atSecond: number, draw: number): number => {
      packets.source[packet] = source;
      context.reset();
      context.nowNs = atSecond * 1e9;
      context.draws = [draw * 2 ** 32];
      ask();
      return context.dnatPort;
    };
    expect([to(1, 0, 0.9), to(2, 0, 0.1)]).toEqual([2, 1]);
    expect([to(1, 10, 0.1), to(2, 10, 0.9)]).toEqual([2, 1]);
    // Going there renews it; after more than 10 s it is drawn anew.
    expect([to(1, 20, 0.1), to(1, 30.1, 0.1), to(1, 31, 0.9)]).toEqual([2, 1, 1]);
  });

  test('a recent match passes over half of the other lists that the rules name, new rules counted anew', () => {
    const { put, ask, store, counted, work } = world();
    const sets = ['A', 'B', 'C', 'D'].map((name): RuleSpec => ({
      recent: { list: store.recentList(name), operation: 'set', seconds: 0 },
    }));
    // Two of the four stand in a chain that the packet does not meet.
    const unmet = store.addChain('UNMET', sets.slice(2));
    const jump: RuleSpec = { protocol: 17, target: { kind: 'jump', chain: unmet } };
    put([...sets.slice(0, 2), jump]);
    ask();
    expect(counted()).toEqual({ table: 1, rule: 3, matchRecent: 2, matchPort: 1, recentList: 3 });
    work.clear();
    put([sets[0]!, sets[0]!]);
    ask();
    expect(counted()).toEqual({ table: 1, rule: 2, matchRecent: 2 });
  });

  test('a base chain is held while it is in place, and what hangs below it is counted', () => {
    const { put, store, netfilter } = world();
    const leaf = store.addChain('LEAF', [{}, {}]);
    const branch = store.addChain('BRANCH', [{ target: { kind: 'jump', chain: leaf } }]);
    put([{ target: { kind: 'jump', chain: branch } }, { target: { kind: 'jump', chain: leaf } }]);
    expect(tableSize(netfilter, Table.filter)).toEqual({ chains: 2, rules: 3 });
    expect(tableSize(netfilter, Table.nat)).toEqual({ chains: 0, rules: 0 });
    netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, -1);
    expect(store.chainCount).toBe(0);
  });
});
