/** Nodes of the userspace mode with tables and a relay that nobody uses sockets of, over a made-up ledger. */
import { SetTable } from '../../../src/kernel/ipset.js';
import { Netfilter } from '../../../src/kernel/iptables/netfilter.js';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import type { Ipvs } from '../../../src/kernel/ipvs/ipvs.js';
import type { NftStore } from '../../../src/kernel/nftables/nft-store.js';
import type { Nftables } from '../../../src/kernel/nftables/nftables.js';
import { Relay } from '../../../src/kernel/relay/relay.js';
import { Work } from '../../../src/kernel/work.js';
import { PacketPool, formatIpPort, type IpFamily } from '../../../src/net/index.js';
import { userspaceMode } from '../../../src/proxy/modes/userspace/mode.js';
import type { Proxier, ProxyNode } from '../../../src/proxy/proxier.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { RandomStreams } from '../../../src/sim/index.js';
import { Context } from '../../kernel/iptables/context.js';
import { LOCAL_IPS, NODE_IP, OPTIONS, asLedger, ip, ledgerOf } from '../iptables/fixture.js';

/** One node with its proxier. */
export class UserspaceNode {
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly context = new Context(LOCAL_IPS);
  readonly netfilter: Netfilter;
  readonly relay = new Relay({ tableChanged: () => undefined }, 0);
  readonly proxyNode: ProxyNode;

  constructor(store: RuleStore, index: number, family: IpFamily, lookup: 'index' | 'walk') {
    this.netfilter = new Netfilter(store, this.packets, this.work, new SetTable(), lookup);
    const address = family === 4 ? NODE_IP + index : ip('fd00:192:168::1');
    this.proxyNode = {
      ...{ index, name: `node-${index}`, zone: '', ip: address, localIps: LOCAL_IPS, netfilter: this.netfilter },
      // This mode never touches these.
      ...{ ipvs: undefined as unknown as Ipvs, nftables: undefined as unknown as Nftables },
      relay: this.relay,
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

  /** Whom the relay would dial for a client that comes to a proxy port; empty when it would close. */
  dial(
    proxyPort: number,
    client: number,
    options: { again?: boolean; nowNs?: number; protocol?: number } = {},
  ): string {
    const table = this.relay.tableFor(client);
    const listener = table?.listenerAt(options.protocol ?? 6, proxyPort) ?? -1;
    const target = { address: 0, port: 0 };
    if (table?.choose(listener, client, options.again ?? false, options.nowNs ?? 0, target) !== true) return '';
    return formatIpPort(target.address, target.port);
  }
}

/** A run of the mode over given revisions, and its nodes. */
export function userspaceRun(
  revisions: readonly (readonly ServicePort[])[],
  options: { family?: IpFamily; nodes?: number; seed?: string; lookup?: 'index' | 'walk' } = {},
) {
  const { family = 4, nodes: count = 1, seed = 'seed', lookup = 'index' } = options;
  const store = new RuleStore();
  const run = userspaceMode.start({
    family,
    ledger: asLedger(ledgerOf(revisions)),
    rules: store,
    nft: undefined as unknown as NftStore,
    options: OPTIONS,
    streams: new RandomStreams(seed),
  });
  const nodes = Array.from({ length: count }, (_, index) => new UserspaceNode(store, index, family, lookup));
  const proxiers: Proxier[] = nodes.map((node) => run.proxier(node.proxyNode));
  return { store, run, nodes, proxiers, node: nodes[0]!, proxier: proxiers[0]! };
}

/** Proxy ports in a script, by comment. */
export function proxyPorts(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, comment, port] of text.matchAll(/--comment "([^"]+)".* REDIRECT --to-ports (\d+)/g)) {
    found.set(comment!, Number(port));
  }
  return found;
}
