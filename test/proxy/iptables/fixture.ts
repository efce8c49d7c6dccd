/** Made-up service ports in revisions, and a node's tables, for the tests of the iptables mode. */
import { SetTable } from '../../../src/kernel/ipset.js';
import { Netfilter } from '../../../src/kernel/iptables/netfilter.js';
import type { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import { Work } from '../../../src/kernel/work.js';
import { PacketPool, parseIp } from '../../../src/net/index.js';
import type { Ipvs } from '../../../src/kernel/ipvs/ipvs.js';
import type { Nftables } from '../../../src/kernel/nftables/nftables.js';
import type { Relay } from '../../../src/kernel/relay/relay.js';
import type { Ledger } from '../../../src/proxy/ledger.js';
import type { NodeFacts, ProxyNode, ProxyOptions } from '../../../src/proxy/proxier.js';
import { EndpointCondition, type EndpointList, type ServicePort } from '../../../src/proxy/service-port.js';
import { Context } from '../../kernel/iptables/context.js';
import type { LedgerView } from '../../../src/proxy/modes/iptables/revision-view.js';

/** The address that a text names. */
export function ip(text: string): number {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}

export const NODE_IP = ip('192.168.0.1');
/** Addresses of a node's interfaces. */
export const LOCAL_IPS: readonly number[] = [ip('127.0.0.1'), NODE_IP];
export const POD = ip('10.244.3.7');
export const OUTSIDE = ip('203.0.113.9');

export const OPTIONS: ProxyOptions = {
  scheduler: '',
  detector: { kind: 'source', prefix: { address: ip('10.244.0.0'), bits: 16 } },
  masqueradeAll: false,
  masqueradeBit: 14,
  nodePortAddresses: [],
  localhostNodePorts: true,
  nfacctCounters: false,
  randomFully: true,
  conntrackTcpBeLiberal: false,
  serviceCidrs: [],
  strictArp: false,
  excludeCidrs: [],
  minSyncPeriodNs: 1e9,
  syncPeriodNs: 30e9,
  burst: 2,
};

const { ready, serving, terminating } = EndpointCondition;

/** Ready endpoints `address:port` on node 0, or as told, in the given order. */
export function endpointList(
  pairs: readonly (readonly [address: number, port: number, node?: number, draining?: boolean])[],
): EndpointList {
  return {
    length: pairs.length,
    address: Uint32Array.from(pairs, ([address]) => address),
    port: Uint16Array.from(pairs, ([, port]) => port),
    node: Int32Array.from(pairs, ([, , node]) => node ?? 0),
    conditions: Uint8Array.from(pairs, ([, , , draining]) =>
      draining === true ? serving | terminating : ready | serving,
    ),
    hints: null,
  };
}

/** A service port `ns1/svc<key>:p80`, with `count` endpoints, unless told otherwise. */
export function servicePort(key: number, count: number, changes: Partial<ServicePort> = {}): ServicePort {
  const portName = changes.portName ?? 'p80';
  const service = changes.service ?? `svc${key}`;
  return {
    key,
    namespace: 'ns1',
    service,
    portName,
    displayName: `ns1/${service}:${portName}`,
    protocol: 6,
    clusterIp: ip('10.96.0.0') + key + 1,
    port: 80,
    nodePort: 0,
    externalIps: [],
    loadBalancerVips: [],
    sourceRanges: [],
    affinitySeconds: 0,
    internalLocal: false,
    externalLocal: false,
    healthCheckNodePort: 0,
    endpoints: endpointList(
      Array.from({ length: count }, (_, i) => [ip('10.244.0.0') + ((key * 37 + i + 2) & 0xffff), 8080]),
    ),
    ...changes,
  };
}

/** A ledger whose revisions are given: revision 1 first. Keys must be unique in each. */
export function ledgerOf(revisions: readonly (readonly ServicePort[])[]): LedgerView {
  const byKey = revisions.map((ports) => new Map(ports.map((port) => [port.key, port])));
  const at = (revision: number): Map<number, ServicePort> => byKey[revision - 1] ?? new Map<number, ServicePort>();
  return {
    revision: revisions.length,
    keysAt: (revision) => [...at(revision).keys()].sort((a, b) => a - b),
    portAt: (key, revision) => at(revision).get(key),
    changedBetween: (from, to) => {
      const keys = new Set([...at(from).keys(), ...at(to).keys()]);
      return [...keys].filter((key) => at(from).get(key) !== at(to).get(key)).sort((a, b) => a - b);
    },
    endpointCountAt: (revision) => [...at(revision).values()].reduce((sum, port) => sum + port.endpoints.length, 0),
  };
}

/** The fake seen as the ledger that modes ask for: they use no more of it. */
export function asLedger(view: LedgerView): Ledger {
  return view as Ledger;
}

/** One node with its tally, packets and tables. */
export class TestNode {
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly sets = new SetTable();
  readonly context: Context;
  readonly netfilter: Netfilter;
  readonly proxyNode: ProxyNode;

  /** @param facts what is not as on every node here */
  constructor(store: RuleStore, lookup: 'index' | 'walk', index: number, facts: Partial<NodeFacts> = {}) {
    const localIps = facts.localIps ?? LOCAL_IPS;
    this.context = new Context(localIps);
    this.netfilter = new Netfilter(store, this.packets, this.work, this.sets, lookup);
    this.proxyNode = {
      ...{ index, name: `node-${index}`, zone: '', ip: NODE_IP, localIps, netfilter: this.netfilter, ...facts },
      // The iptables mode never touches these.
      ...{ ipvs: undefined as unknown as Ipvs, nftables: undefined as unknown as Nftables },
      relay: undefined as unknown as Relay,
    };
  }

  /** A packet; TCP unless told otherwise. */
  packet(source: number, destination: number, destinationPort: number, protocol = 6): number {
    const packet = this.packets.take(0);
    this.packets.source[packet] = source;
    this.packets.destination[packet] = destination;
    this.packets.sourcePort[packet] = 40000;
    this.packets.destinationPort[packet] = destinationPort;
    this.packets.protocol[packet] = protocol;
    return packet;
  }
}
