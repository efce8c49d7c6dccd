/** The iptables mode at work: nodes that sync to the revisions of a made-up ledger. */
import { Hook, type Verdict } from '../../../src/kernel/hook.js';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import type { NftStore } from '../../../src/kernel/nftables/nft-store.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { iptablesMode } from '../../../src/proxy/modes/iptables/mode.js';
import type { ModeRun, NodeFacts, Proxier, ProxyOptions, SyncReport } from '../../../src/proxy/proxier.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import type { IpFamily } from '../../../src/net/index.js';
import { asLedger, ledgerOf, OPTIONS, TestNode } from './fixture.js';

/** A sync and its text. */
export interface SyncWithText {
  readonly report: SyncReport;
  readonly text: string;
}

export class World {
  readonly store = new RuleStore();
  readonly mode: ModeRun;
  private readonly proxiers = new Map<TestNode, Proxier>();
  private nodes = 0;

  constructor(revisions: readonly (readonly ServicePort[])[], options: ProxyOptions = OPTIONS, family: IpFamily = 4) {
    this.mode = iptablesMode.start({
      family,
      ledger: asLedger(ledgerOf(revisions)),
      rules: this.store,
      // The iptables mode has no use for it.
      nft: undefined as unknown as NftStore,
      options,
    });
  }

  node(lookup: 'index' | 'walk' = 'index', facts: Partial<NodeFacts> = {}): TestNode {
    const node = new TestNode(this.store, lookup, this.nodes++, facts);
    this.proxiers.set(node, this.mode.proxier(node.proxyNode));
    return node;
  }

  /** Starts kube-proxy on a node again. */
  restart(node: TestNode): void {
    this.proxiers.set(node, this.mode.proxier(node.proxyNode));
  }

  sync(node: TestNode, revision: number, nowNs = 0, full = false): SyncReport {
    return this.syncWithText(node, revision, nowNs, full, false).report;
  }

  /** A sync, and what it hands to iptables-restore. */
  syncWithText(node: TestNode, revision: number, nowNs = 0, full = false, asksForText = true): SyncWithText {
    const proxier = this.proxiers.get(node)!;
    const report = proxier.prepare(revision, nowNs, full);
    const text = asksForText ? proxier.script()[0]!.text : '';
    proxier.commit();
    return { report, text };
  }
}

/** Rules compared at each hook by one packet, and what became of it. */
export interface Passage {
  readonly verdict: Verdict;
  readonly prerouting: number;
  readonly forward: number;
  readonly postrouting: number;
  /** Every kind of work together, hook after hook. */
  readonly work: readonly number[];
  readonly dnat: string;
  readonly masquerade: number;
}

/** Sends a packet through a node as the first one of a connection: DNAT is applied before filter and POSTROUTING. */
export function pass(
  node: TestNode,
  source: number,
  destination: number,
  port: number,
  draw = 0,
  protocol = 6,
): Passage {
  const { packets, context, netfilter, work } = node;
  const packet = node.packet(source, destination, port, protocol);
  context.reset();
  context.draws = [draw];
  const all: number[] = [];
  const ask = (table: Table, hook: Hook): { verdict: Verdict; rules: number } => {
    work.clear();
    const verdict = netfilter.evaluate(table, hook, packet, context);
    all.push(...work.counts);
    return { verdict, rules: work.counts[WorkKind.rule]! };
  };
  const prerouting = ask(Table.nat, Hook.prerouting);
  if (context.dnatAddress !== 0) {
    packets.destination[packet] = context.dnatAddress;
    packets.destinationPort[packet] = context.dnatPort;
  }
  const forward = ask(Table.filter, Hook.forward);
  const postrouting = ask(Table.nat, Hook.postrouting);
  packets.release(packet);
  return {
    verdict: forward.verdict,
    prerouting: prerouting.rules,
    forward: forward.rules,
    postrouting: postrouting.rules,
    work: all,
    dnat: `${context.dnatAddress}:${context.dnatPort}`,
    masquerade: context.masquerade,
  };
}

/** A draw that picks the endpoint with that index of `count` equal ones. */
export function drawFor(index: number, count: number): number {
  return Math.floor(((index + 0.5) / count) * 2 ** 32);
}
