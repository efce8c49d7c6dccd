/**
 * A first packet before nat PREROUTING of kube-proxy's iptables mode, to a Service of a fixed place: the index costs the
 * same wherever it stands, the literal walk compares every rule before it.
 */
import { CtState, Hook, Table, WorkKind, type RuleContext } from '../../src/kernel/index.js';
import { Protocol } from '../../src/net/index.js';
import { World } from '../../src/testbed/world.js';
import type { Micro } from '../micro.js';
import { servicePathCase } from '../testbed/service-path.bench.js';

/** Packets a call, by how rules are looked up: a walk of 10,000 rules takes as long as hundreds of lookups. */
const PACKETS = { index: 10_000, walk: 100 };

/** The check is the number of rules compared a packet; it must be the same for index and walk. */
export function firstPacket(lookup: 'index' | 'walk', services: number): Micro {
  const plan = servicePathCase({ workload: 'keepalive', mode: 'iptables', services, requests: 1 });
  const world = new World({ ...plan, proxy: { ...plan.proxy, lookup } }, 'bench');
  const { packets, underlay } = world.base;
  const { netfilter } = world.proxyNodes[0]!;
  const counts = underlay.work.counts;
  const target = world.ledger.portAt(world.ledger.keysAt(world.ledger.revision)[services - 1]!, world.ledger.revision);
  if (target === undefined) throw new Error('the last Service is not there');
  const context: RuleContext = {
    state: CtState.new,
    fromPod: true,
    dnatAddress: 0,
    dnatPort: 0,
    masquerade: 0,
    isLocal: () => false,
    draw: () => 0,
  };
  const packet = packets.take(0);
  packets.protocol[packet] = Protocol.tcp;
  packets.source[packet] = world.base.hosts.address[world.base.bridge.clientHosts[0]!]!;
  packets.destination[packet] = target.clusterIp;
  packets.destinationPort[packet] = target.port;
  const times = PACKETS[lookup];
  return {
    name: `iptables, first packet by ${lookup}, last of ${services}`,
    operations: times,
    run: () => {
      underlay.work.clear();
      for (let i = 0; i < times; i++) netfilter.evaluate(Table.nat, Hook.prerouting, packet, context);
      return counts[WorkKind.rule]! / times;
    },
  };
}
