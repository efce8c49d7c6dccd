/** The nftables mode at work: a store with a ledger on it, and nodes that sync to it when told to. */
import { NftStore } from '../../../src/kernel/nftables/nft-store.js';
import { Nftables } from '../../../src/kernel/nftables/nftables.js';
import type { Netfilter } from '../../../src/kernel/iptables/netfilter.js';
import type { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import type { Ipvs } from '../../../src/kernel/ipvs/ipvs.js';
import type { Relay } from '../../../src/kernel/relay/relay.js';
import { Work } from '../../../src/kernel/work.js';
import { PacketPool, parseIp, parseIpPrefix, type IpFamily, type IpPrefix } from '../../../src/net/index.js';
import { nftablesMode } from '../../../src/proxy/modes/nftables/mode.js';
import { rulesetLines } from '../../../src/proxy/modes/nftables/ruleset.js';
import type { ModeRun, NodeFacts, Proxier, ProxyNode, ProxyOptions, SyncReport } from '../../../src/proxy/proxier.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { Context } from '../../kernel/iptables/context.js';
import { ledgerWorld, type Writer } from '../ledger-world.js';

/** The address that a text names. */
export function ip(text: string): number {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}

/** The prefix that a text names. */
export function prefix(text: string): IpPrefix {
  const parsed = parseIpPrefix(text);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  return parsed;
}

export const OPTIONS: ProxyOptions = {
  scheduler: '',
  detector: { kind: 'source', prefix: prefix('10.244.0.0/16') },
  masqueradeAll: false,
  masqueradeBit: 14,
  nodePortAddresses: [],
  localhostNodePorts: true,
  nfacctCounters: false,
  randomFully: true,
  conntrackTcpBeLiberal: false,
  serviceCidrs: [prefix('10.96.0.0/12')],
  strictArp: false,
  excludeCidrs: [],
  minSyncPeriodNs: 1e9,
  syncPeriodNs: 30e9,
  burst: 2,
};

export const OPTIONS_V6: ProxyOptions = {
  ...OPTIONS,
  detector: { kind: 'source', prefix: prefix('fd00:10:244::/56') },
  serviceCidrs: [prefix('fd00:10:96::/112')],
};

/** A node with its tally, packets and tables. */
export class NftNode {
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly context: Context;
  readonly nftables: Nftables;
  readonly facts: ProxyNode;
  proxier: Proxier;

  constructor(store: NftStore, run: ModeRun, lookup: 'index' | 'walk', facts: NodeFacts) {
    this.nftables = new Nftables(store, this.packets, this.work, lookup);
    this.context = new Context(facts.localIps);
    // The nftables mode never touches the others.
    const none = undefined as unknown;
    const others = { netfilter: none as Netfilter, ipvs: none as Ipvs, relay: none as Relay };
    this.facts = { ...facts, ...others, nftables: this.nftables };
    this.proxier = run.proxier(this.facts);
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

/** A sync and what it hands to nft. */
export interface NftSync {
  readonly report: SyncReport;
  readonly scripts: readonly string[];
}

/** The world. */
export class NftWorld {
  readonly nft = new NftStore();
  readonly world: ReturnType<typeof ledgerWorld>;
  readonly run: ModeRun;
  private readonly family: IpFamily;
  private made = 0;

  constructor(prepare: (write: Writer) => void, options: ProxyOptions = OPTIONS, family: IpFamily = 4) {
    this.family = family;
    this.world = ledgerWorld(prepare, family);
    const rules = undefined as unknown as RuleStore;
    this.run = nftablesMode.start({ family, ledger: this.world.ledger, rules, nft: this.nft, options });
  }

  get write(): Writer {
    return this.world.write;
  }

  node(lookup: 'index' | 'walk' = 'index', facts: Partial<NodeFacts> = {}): NftNode {
    const index = this.made++;
    const loopback = ip(this.family === 4 ? '127.0.0.1' : '::1');
    const own = ip(this.family === 4 ? `192.168.0.${index + 1}` : `2001:db8::${index + 1}`);
    const all = { index, name: `node-${index}`, zone: '', ip: own, localIps: [loopback, own], ...facts };
    return new NftNode(this.nft, this.run, lookup, all);
  }

  /** Starts kube-proxy on a node again. */
  restart(node: NftNode): void {
    node.proxier = this.run.proxier(node.facts);
  }

  sync(node: NftNode, nowNs = 0, full = false): NftSync {
    const report = node.proxier.prepare(this.world.ledger.revision, nowNs, full);
    const scripts = node.proxier.script().map(({ text }) => text);
    node.proxier.commit();
    return { report, scripts };
  }

  /** The table in place on a node, a command a line. */
  lines(node: NftNode): string[] {
    const { ledger } = this.world;
    const ports = ledger
      .keysAt(ledger.revision)
      .map((key) => ledger.portAt(key, ledger.revision))
      .filter((port): port is ServicePort => port !== undefined);
    return [...rulesetLines(node.nftables, this.family, ports)];
  }
}
