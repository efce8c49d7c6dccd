/** iptables and nftables at one node: both filter, nat asks one after the other until the connection is bound. */
import { describe, expect, test } from 'vitest';
import {
  CtState,
  Hook,
  Owner,
  Table,
  WorkKind,
  type NftBase,
  type NftRuleSpec,
  type RuleSpec,
} from '../../../src/kernel/index.js';
import { DropCause, Protocol, TcpFlag, formatIp, parseIp } from '../../../src/net/index.js';
import { Origin } from '../../../src/kernel/index.js';
import { LabBench, type Passage } from '../../../src/testbed/lab-bench.js';
import { familyKernel } from '../../../src/testbed/family-kernel.js';
import { NftStore, RuleStore } from '../../../src/kernel/index.js';

const ip = (text: string): number => parseIp(text)!;
const NODE = { ip: ip('192.0.2.1'), localIps: [ip('192.0.2.1')] };

/** A node with rules at hooks of its choice. */
class Node {
  readonly stores = { rules: new RuleStore(), nft: new NftStore(), lookup: 'walk' as const };
  readonly bench = new LabBench(4, NODE, (underlay) => familyKernel(underlay, this.stores));

  iptables(table: Table, hook: Hook, rules: readonly RuleSpec[]): this {
    this.bench.kernel.netfilter.setBase(table, hook, Owner.proxy, this.stores.rules.addChain('CHAIN', rules));
    return this;
  }

  nftables(type: NftBase['type'], hook: Hook, priority: number, rules: readonly NftRuleSpec[]): this {
    const base: NftBase = { table: 'test', name: `${hook}/${priority}`, type, hook, priority };
    this.bench.kernel.nftables.setBase(base, this.stores.nft.addChain('chain', rules));
    return this;
  }

  /** A SYN from the wire to a port of somewhere else. */
  pass(port = 80, origin: (typeof Origin)[keyof typeof Origin] = Origin.wire): Passage {
    const { packets } = this.bench;
    const packet = packets.take(0);
    packets.source[packet] = origin === Origin.node ? NODE.ip : ip('198.51.100.7');
    packets.destination[packet] = ip('203.0.113.9');
    packets.sourcePort[packet] = 40_000;
    packets.destinationPort[packet] = port;
    packets.protocol[packet] = Protocol.tcp;
    packets.flags[packet] = TcpFlag.syn;
    packets.length[packet] = 60;
    return this.bench.pass(packet, origin);
  }
}

const dnat = (address: string): { kind: 'dnat'; address: number; port: number } => {
  return { kind: 'dnat', address: ip(address), port: 1 };
};

describe('destination translation', () => {
  test('is that of iptables where both would do it, and nftables is not asked any more', () => {
    const node = new Node()
      .iptables(Table.nat, Hook.prerouting, [{ target: dnat('10.0.0.1') }])
      .nftables('nat', Hook.prerouting, -100, [{ statement: dnat('10.0.0.2') }]);
    const passage = node.pass();
    expect(formatIp(passage.destination)).toBe('10.0.0.1');
    expect(passage.work[WorkKind.nftRule]).toBe(0);
  });

  test('is that of nftables where iptables has none for the packet', () => {
    const node = new Node()
      .iptables(Table.nat, Hook.prerouting, [{ protocol: Protocol.udp, target: dnat('10.0.0.1') }])
      .nftables('nat', Hook.prerouting, -100, [{ statement: dnat('10.0.0.2') }]);
    expect(formatIp(node.pass().destination)).toBe('10.0.0.2');
  });

  test('does not keep the other tables from masquerading', () => {
    const node = new Node()
      .iptables(Table.nat, Hook.prerouting, [{ target: dnat('10.0.0.1') }])
      .nftables('nat', Hook.postrouting, 100, [{ statement: { kind: 'masquerade', fullyRandom: true } }]);
    const passage = node.pass();
    expect([formatIp(passage.destination), formatIp(passage.source)]).toEqual(['10.0.0.1', '192.0.2.1']);
  });
});

describe('filters', () => {
  const drop = { statement: { kind: 'drop' } } as const;

  test('before the translation see where the packet was sent to, those behind it where it goes', () => {
    const translated = (destination: string, priority: number, hook: Hook): Passage =>
      new Node()
        .iptables(Table.nat, Hook.prerouting, [{ target: dnat('10.0.0.1') }])
        .nftables('filter', hook, priority, [{ destination: { address: ip(destination), bits: 32 }, ...drop }])
        .pass();
    expect(translated('203.0.113.9', -110, Hook.prerouting).cause).toBe(DropCause.ruleDrop);
    expect(translated('10.0.0.1', -110, Hook.prerouting).cause).toBe(-1);
    expect(translated('203.0.113.9', 0, Hook.forward).cause).toBe(-1);
    expect(translated('10.0.0.1', 0, Hook.forward).cause).toBe(DropCause.ruleDrop);
  });

  test('before the translation meet the node itself in OUTPUT and tell it', () => {
    const node = new Node().nftables('filter', Hook.output, -110, [
      { state: CtState.new, statement: { kind: 'reject' } },
    ]);
    expect(node.pass(80, Origin.node).cause).toBe(DropCause.rejected);
    expect(node.bench.stack.conntrack.count).toBe(0);
  });

  test.each([
    ['iptables', 80],
    ['nftables', 81],
  ])('of %s drop what the other one accepts', (_, port) => {
    const node = new Node()
      .iptables(Table.filter, Hook.forward, [
        { protocol: Protocol.tcp, destinationPort: 80, target: { kind: 'drop' } },
        { target: { kind: 'accept' } },
      ])
      .nftables('filter', Hook.forward, 0, [
        { source: { address: ip('198.51.100.0'), bits: 24 }, mark: { value: 0, mask: 0 }, protocol: Protocol.udp },
        ...(port === 81 ? [drop] : []),
      ]);
    expect(node.pass(port).cause).toBe(DropCause.ruleDrop);
  });
});

test('a node without any rules tracks nothing', () => {
  const node = new Node();
  expect([node.pass().cause, node.bench.stack.conntrack.created]).toEqual([-1, 0]);
});
