/** The iptables mode at work: nodes that sync to the revisions of a made-up ledger. */
import { Hook, type Verdict } from '../../../src/kernel/hook.js';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { iptablesMode } from '../../../src/proxy/modes/iptables/mode.js';
import type { ModeRun, Proxier, ProxyOptions, SyncReport } from '../../../src/proxy/proxier.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { asLedger, ledgerOf, OPTIONS, TestNode } from './fixture.js';

export class World {
  readonly store = new RuleStore();
  readonly mode: ModeRun;
  private readonly proxiers = new Map<TestNode, Proxier>();
  private nodes = 0;

  constructor(revisions: readonly (readonly ServicePort[])[], options: ProxyOptions = OPTIONS) {
    this.mode = iptablesMode.start({ ledger: asLedger(ledgerOf(revisions)), rules: this.store, options });
  }

  node(lookup: 'index' | 'walk' = 'index'): TestNode {
    const node = new TestNode(this.store, lookup, this.nodes++);
    this.proxiers.set(node, this.mode.proxier(node.proxyNode));
    return node;
  }

  sync(node: TestNode, revision: number): SyncReport {
    const proxier = this.proxiers.get(node)!;
    const report = proxier.prepare(revision);
    proxier.commit();
    return report;
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
