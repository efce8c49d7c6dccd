/**
 * Rules as text, in the order in which kube-proxy writes their parts; and whole tables, of one writer or of all.
 *
 * Tables like these were given to iptables-restore and ip6tables-restore 1.8.9, legacy and nft, which took them.
 */
import { describe, expect, test } from 'vitest';
import { CtState, Hook } from '../../../src/kernel/hook.js';
import { IpSet, SetTable } from '../../../src/kernel/ipset.js';
import { Netfilter, Owner, Table } from '../../../src/kernel/iptables/netfilter.js';
import { printTables, tableText } from '../../../src/kernel/iptables/print.js';
import { tableSize } from '../../../src/kernel/iptables/reach.js';
import { ruleLine, type RuleNames } from '../../../src/kernel/iptables/rule-text.js';
import type { RuleSpec, Target } from '../../../src/kernel/iptables/rule.js';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import { Work } from '../../../src/kernel/work.js';
import { PacketPool, addressBits, familyOf, parseIp } from '../../../src/net/index.js';

const NAMES: RuleNames = {
  chain: (chain) => `CHAIN-${chain}`,
  set: (handle) => `SET-${handle}`,
  list: (list) => `LIST-${list}`,
};
const JUMP: Target = { kind: 'jump', chain: 7 };

/** The prefix of a text; without a length, one address. */
function net(text: string, negated = false): { address: number; bits: number; negated?: boolean } {
  const [address, bits] = text.split('/');
  const number = parseIp(address!)!;
  return {
    address: number,
    bits: bits === undefined ? addressBits(familyOf(number)) : Number(bits),
    ...(negated && { negated }),
  };
}

test.each<[string, RuleSpec]>([
  [
    '-m comment --comment "a/b:p cluster IP" -m tcp -p tcp -d 10.96.0.5 --dport 80 ! -s 10.244.0.0/16 -j CHAIN-7',
    {
      comment: 'a/b:p cluster IP',
      protocol: 6,
      destination: net('10.96.0.5'),
      destinationPort: 80,
      source: net('10.244.0.0/16', true),
      target: JUMP,
    },
  ],
  [
    '-m comment --comment "a/b:p cluster IP" -m sctp -p sctp -d fd00:96::5 --dport 80 ! -s fd00:244::/56 -j CHAIN-7',
    {
      comment: 'a/b:p cluster IP',
      protocol: 132,
      destination: net('fd00:96::5'),
      destinationPort: 80,
      source: net('fd00:244::/56', true),
      target: JUMP,
    },
  ],
  [
    '-m tcp -p tcp -d 10.96.0.5 --dport 80 ! -i cni0 -j CHAIN-7',
    {
      protocol: 6,
      destination: net('10.96.0.5'),
      destinationPort: 80,
      inputInterface: { name: 'cni0', negated: true },
      target: JUMP,
    },
  ],
  ['-i veth+ -j CHAIN-7', { inputInterface: { name: 'veth+' }, target: JUMP }],
  [
    '-m comment --comment a/b -m udp -p udp -d 127.0.0.0/8 --dport 30053 -m nfacct --nfacct-name seen -j CHAIN-7',
    {
      comment: 'a/b',
      protocol: 17,
      destination: net('127.0.0.0/8'),
      destinationPort: 30053,
      nfacct: 'seen',
      target: JUMP,
    },
  ],
  [
    '-m addrtype --dst-type LOCAL ! -d ::1/128 -j CHAIN-7',
    { destinationLocal: true, destination: net('::1', true), target: JUMP },
  ],
  [
    '-m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j DROP',
    { destinationLocal: true, protocol: 6, destinationPort: 30080, target: { kind: 'drop' } },
  ],
  [
    '-m comment --comment "a/b -> 10.244.0.7:8080" -m recent --name LIST-4 --rcheck --seconds 10800 --reap -j CHAIN-7',
    {
      comment: 'a/b -> 10.244.0.7:8080',
      recent: { list: 4, operation: 'rcheck', seconds: 10800 },
      target: JUMP,
    },
  ],
  [
    '-m recent --name LIST-4 --set -m tcp -p tcp -j DNAT --to-destination 10.244.0.7:8080',
    {
      recent: { list: 4, operation: 'set', seconds: 0 },
      protocol: 6,
      target: { kind: 'dnat', address: parseIp('10.244.0.7')!, port: 8080 },
    },
  ],
  [
    '-m tcp -p tcp -j DNAT --to-destination [fd00:244::7]:8080',
    { protocol: 6, target: { kind: 'dnat', address: parseIp('fd00:244::7')!, port: 8080 } },
  ],
  ['-m tcp -p tcp -j REDIRECT --to-ports 40000', { protocol: 6, target: { kind: 'redirect', port: 40000 } }],
  [
    '-d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    {
      destination: net('127.0.0.0/8'),
      source: net('127.0.0.0/8', true),
      state: CtState.related | CtState.established | CtState.dnat,
      stateNegated: true,
      target: { kind: 'drop' },
    },
  ],
  [
    '-m conntrack --ctstate INVALID -m nfacct --nfacct-name invalid -j DROP',
    { state: CtState.invalid, nfacct: 'invalid', target: { kind: 'drop' } },
  ],
  [
    '-m conntrack --ctstate NEW -m set --match-set SET-2 dst -j REJECT',
    { state: CtState.new, set: { handle: 2, directions: 'd' }, target: { kind: 'reject' } },
  ],
  [
    '-m set --match-set SET-2 dst,dst ! -s 10.244.0.0/16 -j CHAIN-7',
    { set: { handle: 2, directions: 'dd' }, source: net('10.244.0.0/16', true), target: JUMP },
  ],
  [
    '-m set --match-set SET-2 dst,dst -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT',
    {
      set: { handle: 2, directions: 'dd' },
      notFromBridge: true,
      sourceLocal: true,
      sourceLocalNegated: true,
      target: { kind: 'accept' },
    },
  ],
  [
    '-m mark ! --mark 0x4000/0x4000 -j RETURN',
    { mark: { value: 0x4000, mask: 0x4000, negated: true }, target: { kind: 'return' } },
  ],
  ['-m statistic --mode random --probability 0.3333333333 -j CHAIN-7', { probability: '0.3333333333', target: JUMP }],
  ['-j MASQUERADE --random-fully', { target: { kind: 'masquerade', randomFully: true } }],
  ['-m comment --comment "no target"', { comment: 'no target' }],
])('%s', (line, rule) => {
  expect(ruleLine(NAMES, 'FROM', rule, false)).toBe(`-A FROM ${line}`);
});

test('in built-in chains the comment stands behind the matches', () => {
  expect(ruleLine(NAMES, 'INPUT', { state: CtState.new, comment: 'two words', target: JUMP }, true)).toBe(
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "two words" -j CHAIN-7',
  );
});

describe('tables', () => {
  function node(rulesOfLeaf = 1): Netfilter {
    const store = new RuleStore();
    const sets = new SetTable();
    sets.put(2, new IpSet('SET', 'hash:ip,port'));
    const netfilter = new Netfilter(store, new PacketPool(), new Work(), sets, 'index');
    const list = store.recentList('LEAF');
    const set: RuleSpec = { recent: { list, operation: 'set', seconds: 0 } };
    const leaf = store.addChain('LEAF', [...Array<RuleSpec>(rulesOfLeaf - 1).fill({}), set]);
    const overlays = store.addChain('OVERLAY', [{ target: { kind: 'return' } }]);
    const toLeaf = store.addChain('', [{ target: { kind: 'jump', chain: leaf } }]);
    netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, toLeaf);
    netfilter.setBase(
      Table.nat,
      Hook.postrouting,
      Owner.overlay,
      store.addChain('', [{ target: { kind: 'jump', chain: overlays } }]),
    );
    return netfilter;
  }
  const FILTER = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
  const BUILT_IN = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]\n`).join('');

  test('have the rules of everybody', () => {
    expect(printTables(node())).toBe(
      `${FILTER}*nat\n${BUILT_IN}:LEAF - [0:0]\n:OVERLAY - [0:0]\n` +
        '-A PREROUTING -j LEAF\n-A POSTROUTING -j OVERLAY\n-A LEAF -m recent --name LEAF --set\n-A OVERLAY -j RETURN\nCOMMIT\n',
    );
  });

  test('or those of one writer, and what hangs below', () => {
    const netfilter = node();
    expect(printTables(netfilter, { owner: Owner.proxy })).toBe(
      `${FILTER}*nat\n${BUILT_IN}:LEAF - [0:0]\n-A PREROUTING -j LEAF\n-A LEAF -m recent --name LEAF --set\nCOMMIT\n`,
    );
    expect(tableSize(netfilter, Table.nat, Owner.proxy)).toEqual({ chains: 1, rules: 1 });
    expect(tableSize(netfilter, Table.nat)).toEqual({ chains: 2, rules: 2 });
  });

  test('come in pieces of whole lines', () => {
    const netfilter = node(20_000);
    const pieces = [...tableText(netfilter)];
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.every((piece) => piece.endsWith('\n') && piece.length < 70_000)).toBe(true);
    expect(pieces.join('')).toBe(printTables(netfilter));
  });
});
