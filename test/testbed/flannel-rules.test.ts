/** Whose source flannel's own rules rewrite, written with iptables and with nftables, in both families. */
import { describe, expect, test } from 'vitest';
import { Hook, NftStore, Origin, Owner, RuleStore, Table, WorkKind } from '../../src/kernel/index.js';
import { Protocol, TcpFlag, parseIp, type IpAddress } from '../../src/net/index.js';
import { familyKernel } from '../../src/testbed/family-kernel.js';
import { FlannelRules } from '../../src/testbed/flannel-rules.js';
import { LabBench } from '../../src/testbed/lab-bench.js';
import { prefix } from './small-case.js';

const ip = (text: string): IpAddress => parseIp(text)!;

const FAMILIES = [
  {
    family: 4,
    node: '192.0.2.1',
    all: '10.244.0.0/16',
    own: '10.244.1.0/24',
    ownPod: '10.244.1.5',
    otherPod: '10.244.2.5',
    outside: '198.51.100.7',
    multicast: '239.1.2.3',
  },
  {
    family: 6,
    node: '2001:db8::1',
    all: 'fd00:10::/48',
    own: 'fd00:10:0:1::/64',
    ownPod: 'fd00:10:0:1::5',
    otherPod: 'fd00:10:0:2::5',
    outside: '2001:db8:1::7',
    multicast: 'ff0e::1',
  },
] as const;

describe.each(FAMILIES)('IPv$family', ({ family, node, all, own, ...hosts }) => {
  /** Whether the source of a first packet is rewritten on a node with flannel's rules alone. */
  function isMasqueraded(backend: 'iptables' | 'nftables', from: string, to: string, mark = 0): boolean {
    const stores = { rules: new RuleStore(), nft: new NftStore(), lookup: 'index' as const };
    const bench = new LabBench(family, { ip: ip(node), localIps: [ip(node)] }, (underlay) =>
      familyKernel(underlay, stores),
    );
    new FlannelRules(stores, backend).install(bench.kernel, { family, all: prefix(all), own: prefix(own) });
    if (mark !== 0) {
      const chain = stores.rules.addChain('PREROUTING', [{ target: { kind: 'mark-or', bits: mark } }]);
      bench.kernel.netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, chain);
    }
    const { packets } = bench;
    const packet = packets.take(0);
    packets.source[packet] = ip(from);
    packets.destination[packet] = ip(to);
    packets.sourcePort[packet] = 40_000;
    packets.destinationPort[packet] = 80;
    packets.protocol[packet] = Protocol.tcp;
    packets.flags[packet] = TcpFlag.syn;
    packets.length[packet] = 60;
    return bench.pass(packet, Origin.wire).work[WorkKind.masquerade]! > 0;
  }

  const { ownPod, otherPod, outside, multicast } = hosts;

  test.each([
    ['own pod to another pod', ownPod, otherPod, false, false],
    ['another pod to an own one', otherPod, ownPod, false, false],
    ['outside to an own pod', outside, ownPod, false, false],
    ['own pod to outside', ownPod, outside, true, true],
    ['another pod to outside', otherPod, outside, true, true],
    ['own pod to a group', ownPod, multicast, false, false],
    // Rule 4 of the nftables mode lets it go before rule 6 can take it.
    ['outside to another pod', outside, otherPod, true, false],
    ['outside to outside', outside, node.replace(/1$/, '9'), false, false],
  ])('%s', (_, from, to, iptables, nftables) => {
    expect([isMasqueraded('iptables', from, to), isMasqueraded('nftables', from, to)]).toEqual([iptables, nftables]);
  });

  test('what kube-proxy has marked is left to it, by one bit or by the whole mark', () => {
    const seen = (mark: number): boolean[] =>
      (['iptables', 'nftables'] as const).map((backend) => isMasqueraded(backend, ownPod, outside, mark));
    expect([seen(0x4000), seen(0x4001), seen(0x1)]).toEqual([
      [false, false],
      [false, true],
      [true, true],
    ]);
  });
});
