/** Rules as text, and that a rule comes out of its row as it went in. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Hook } from '../../../src/kernel/hook.js';
import { NftStore } from '../../../src/kernel/nftables/nft-store.js';
import { printNftables } from '../../../src/kernel/nftables/print.js';
import { nftRuleText } from '../../../src/kernel/nftables/rule-text.js';
import type { NftRuleSpec } from '../../../src/kernel/nftables/rule.js';
import { parseIp } from '../../../src/net/index.js';
import { NftTestNode } from './nft-node.js';

const HOST = { address: 0x0a000001, bits: 32 };
const NET = { address: 0x0a000000, bits: 8 };

/** A store in which chain 0, set 0, maps 1 and 2 and dynamic set -1 have names. */
function named(): NftStore {
  const store = new NftStore();
  store.retain(store.addChain('target', []));
  store.declareSet({ table: 't', name: 'hosts', key: 'addr', isMap: false });
  store.declareSet({ table: 't', name: 'ports', key: 'proto.port', isMap: true });
  store.declareSet({ table: 't', name: 'services', key: 'addr.proto.port', isMap: true });
  store.declareDynamicSet({ table: 't', name: 'seen', group: 0 });
  return store;
}

const texts: [NftRuleSpec, string][] = [
  [{ state: 2, statement: { kind: 'jump', chain: 0 } }, 'ct state new jump target'],
  [{ state: 12, statement: { kind: 'accept' } }, 'ct state established,related accept'],
  [{ statement: { kind: 'vmap', map: 2 } }, 'ip daddr . meta l4proto . th dport vmap @services'],
  [
    { destinationLocal: {}, destination: { ...NET, negated: true }, statement: { kind: 'vmap', map: 1 } },
    'fib daddr type local ip daddr != 10.0.0.0/8 meta l4proto . th dport vmap @ports',
  ],
  [{ destinationSet: { set: 0 }, statement: { kind: 'reject' } }, 'ip daddr @hosts reject'],
  [{ sourceIn: { prefixes: [NET, { ...HOST, host: true }], negated: true } }, 'ip saddr != { 10.0.0.0/8 , 10.0.0.1 }'],
  [{ sourceSet: { set: -1 }, statement: { kind: 'goto', chain: 0 } }, 'ip saddr @seen goto target'],
  [{ statement: { kind: 'update', set: -1, timeoutSeconds: 9 } }, 'update @seen { ip saddr }'],
  [{ inputInterface: { name: 'cni*', negated: true } }, 'iifname != "cni*"'],
  [{ sourceInOwnPrefix: { negated: true } }, 'ip saddr != 10.244.1.0/24'],
  [{ mark: { value: 0, mask: 0x4000 }, statement: { kind: 'return' } }, 'mark and 0x4000 == 0 return'],
  [{ mark: { value: 0x4000, mask: 0xffffffff } }, 'mark == 0x4000'],
  [{ statement: { kind: 'mark-or', bits: 0x80000000 } }, 'mark set mark or 0x80000000'],
  [{ statement: { kind: 'masquerade', fullyRandom: true } }, 'masquerade fully-random'],
  [
    { protocol: 17, statement: { kind: 'dnat', address: HOST.address, port: 53 } },
    'meta l4proto udp dnat to 10.0.0.1:53',
  ],
  [{ statement: { kind: 'numgen', chains: [0, 0] } }, 'numgen random mod 2 vmap { 0 : goto target , 1 : goto target }'],
];

test.each(texts)('%j', (rule, text) => {
  const store = named();
  const chain = store.addChain('c', [rule]);
  const context = { store, family: 4, nameOf: (of: number) => store.name(of), ownPrefix: '10.244.1.0/24' } as const;
  expect(nftRuleText(context, store.rule(chain, 0))).toBe(text);
  expect(store.rule(chain, 0)).toEqual(rule);
});

test('IPv6', () => {
  const store = new NftStore();
  const rule: NftRuleSpec = {
    source: { address: parseIp('fd00::1')!, bits: 128, negated: true },
    statement: { kind: 'dnat', address: parseIp('fd00::2')!, port: 80 },
  };
  const chain = store.addChain('c', [rule]);
  const context = { store, family: 6, nameOf: () => '', ownPrefix: '' } as const;
  expect(nftRuleText(context, store.rule(chain, 0))).toBe('ip6 saddr != fd00::1 dnat to [fd00::2]:80');
});

test('any rule comes out of its row as it went in', () => {
  const prefix = fc.record({ address: fc.constantFrom(0, HOST.address, 0xefffffff), bits: fc.nat(32) });
  const match = fc.record(
    {
      state: fc.integer({ min: 1, max: 63 }),
      source: prefix,
      destination: prefix,
      destinationIn: fc.record({ prefixes: fc.array(prefix) }),
      sourceSet: fc.record({ set: fc.constantFrom(0, -1), negated: fc.constant(true) }),
      inputInterface: fc.record({ name: fc.constantFrom('eth0', 'cni0') }),
      mark: fc.record({ value: fc.constantFrom(0, 0xffffffff), mask: fc.constantFrom(1, 0xffffffff) }),
      protocol: fc.constantFrom(6, 132),
      statement: fc.constantFrom<NonNullable<NftRuleSpec['statement']>>(
        { kind: 'drop' },
        { kind: 'numgen', chains: [0] },
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(match, (rule) => {
      const store = named();
      expect(store.rule(store.addChain('c', [rule]), 0)).toEqual(rule);
    }),
  );
});

test('a table as a script', () => {
  const node = new NftTestNode('index', named());
  const { store } = node;
  const inner = store.addChain('inner', [{ statement: { kind: 'drop' }, comment: 'no way' }]);
  node.base([{ statement: { kind: 'vmap', map: 2 } }, { statement: { kind: 'update', set: -1, timeoutSeconds: 5 } }], {
    hook: Hook.input,
  });
  const version = store.withElement(2, 0, HOST.address, (132 << 16) | 9, { kind: 'goto', chain: inner });
  node.nftables.setContent(2, version);
  const comments = { tables: { t: 'a table' }, chains: { inner: 'a chain' }, element: () => 'x'.repeat(200) };
  expect(printNftables(node.nftables, 4, comments).split('\n')).toEqual([
    'add table ip t { comment "a table" ; }',
    'add map ip t services { type ipv4_addr . inet_proto . inet_service : verdict ; }',
    'add set ip t seen { type ipv4_addr ; flags dynamic,timeout ; timeout 5s ; }',
    'add chain ip t base { type filter hook input priority 0 ; }',
    'add chain ip t inner { comment "a chain" ; }',
    'add rule ip t base ip daddr . meta l4proto . th dport vmap @services',
    'add rule ip t base update @seen { ip saddr }',
    'add rule ip t inner drop comment "no way"',
    `add element ip t services { 10.0.0.1 . sctp . 9 comment "${'x'.repeat(128)}" : goto inner }`,
    '',
  ]);
});
