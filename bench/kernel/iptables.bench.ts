/**
 * A first packet before nat PREROUTING of tables as kube-proxy's iptables mode writes them: to a Service of a fixed place, and to one with
 * session affinity and many endpoints. The index costs the same whatever stands before; the literal walk compares every rule.
 */
import {
  CtState,
  Hook,
  Netfilter,
  Owner,
  RuleStore,
  SetTable,
  Table,
  Work,
  WorkKind,
  newRuleContext,
  type RuleContext,
  type RuleSpec,
} from '../../src/kernel/index.js';
import { PacketPool, Protocol } from '../../src/net/index.js';
import type { Micro } from '../micro.js';

/** Packets a call, by how rules are looked up: a walk of 10,000 rules takes as long as hundreds of lookups. */
const PACKETS = { index: 10_000, walk: 100 };

const CLIENT = 0x0af40005;
const SERVICE = 0x0a600001;
const POD = 0x0af50000;
const PORT = 80;

/** The check is the number of rules compared a packet; it must be the same for index and walk. */
export function firstPacket(lookup: 'index' | 'walk', services: number): Micro {
  const store = new RuleStore();
  const rules = Array.from({ length: services }, (_, i): RuleSpec => {
    const pods = [POD + 2 * i, POD + 2 * i + 1].map((pod) => endpointChain(store, pod, -1));
    const chain = store.addChain('KUBE-SVC', [
      { probability: '0.5000000000', target: { kind: 'jump', chain: pods[0]! } },
      { target: { kind: 'jump', chain: pods[1]! } },
    ]);
    return { ...toService(SERVICE + i), target: { kind: 'jump', chain } };
  });
  return micro(
    `iptables, first packet by ${lookup}, last of ${services}`,
    store,
    rules,
    SERVICE + services - 1,
    lookup,
  );
}

/** The same to a Service whose endpoints each have a list of the sources that they served; the client stands in the last one. */
export function affinityPacket(lookup: 'index' | 'walk', endpoints: number): Micro {
  const store = new RuleStore();
  const lists = Array.from({ length: endpoints }, (_, i) => store.recentList(`LIST-${i}`));
  const pods = lists.map((list, i) => endpointChain(store, POD + i, list));
  const chain = store.addChain(
    'KUBE-SVC',
    lists.map((list, i) => ({
      recent: { list, operation: 'rcheck', seconds: 10_800 },
      target: { kind: 'jump', chain: pods[i]! },
    })),
  );
  const name = `iptables, affinity by ${lookup}, last of ${endpoints} endpoints`;
  const rules: RuleSpec[] = [{ ...toService(SERVICE), target: { kind: 'jump', chain } }];
  return micro(name, store, rules, SERVICE, lookup, (netfilter) => netfilter.recent.set(lists.at(-1)!, CLIENT, 0));
}

function toService(address: number): RuleSpec {
  return { destination: { address, bits: 32 }, protocol: Protocol.tcp, destinationPort: PORT };
}

function endpointChain(store: RuleStore, pod: number, list: number): number {
  return store.addChain('KUBE-SEP', [
    { source: { address: pod, bits: 32 }, target: { kind: 'mark-or', bits: 0x4000 } },
    {
      ...(list >= 0 && { recent: { list, operation: 'set', seconds: 0 } }),
      protocol: Protocol.tcp,
      target: { kind: 'dnat', address: pod, port: 8080 },
    },
  ]);
}

function micro(
  name: string,
  store: RuleStore,
  rules: readonly RuleSpec[],
  address: number,
  lookup: 'index' | 'walk',
  prepare?: (netfilter: Netfilter) => void,
): Micro {
  const packets = new PacketPool();
  const work = new Work();
  const netfilter = new Netfilter(store, packets, work, new SetTable(), lookup);
  const dispatch = store.addChain('KUBE-SERVICES', rules);
  const base = store.addChain('PREROUTING', [{ target: { kind: 'jump', chain: dispatch } }]);
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, base);
  prepare?.(netfilter);
  const packet = packets.take(0);
  packets.protocol[packet] = Protocol.tcp;
  packets.source[packet] = CLIENT;
  packets.destination[packet] = address;
  packets.destinationPort[packet] = PORT;
  const context = newConnection();
  const times = PACKETS[lookup];
  return {
    name,
    operations: times,
    run: () => {
      work.clear();
      for (let i = 0; i < times; i++) netfilter.evaluate(Table.nat, Hook.prerouting, packet, context);
      return work.counts[WorkKind.rule]! / times;
    },
  };
}

function newConnection(): RuleContext {
  return { ...newRuleContext(), state: CtState.new, fromPod: true };
}
