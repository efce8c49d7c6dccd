/**
 * What a sync hands to iptables-restore: the tables filter and nat with all shared chains, and the own chains of the service ports
 * that it writes.
 *
 * Mirrors the text that syncProxyRules builds (pkg/proxy/iptables/proxier.go, 1.34) for `iptables-restore --noflush --counters`.
 * kube-proxy goes from service to service; here the lines of a chain stand together, which restores the same.
 * Cost: O(lines), with the names' hashes; only when asked for.
 */
import type { Netfilter } from '../../../kernel/iptables/netfilter.js';
import { readRule } from '../../../kernel/iptables/rule-codec.js';
import { ROW_CELLS } from '../../../kernel/iptables/rule-bits.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { ruleLine } from '../../../kernel/iptables/rule-text.js';
import { TableNames } from '../../../kernel/iptables/table-names.js';
import type { EndpointList } from '../../service-port.js';
import { POLICY_TAG, PolicyText } from './chain-texts.js';
import type { FixedChains } from './fixed-chains.js';
import type { RuleOptions } from './rule-options.js';
import type { ServiceChains } from './service-chains.js';
import type { SyncPlan } from './sync-plan.js';
import type { TableVersion } from './table-version.js';

/**
 * The text for a sync as planned.
 * @param netfilter of the node, whose chains are named
 * @param version the tables after it
 */
export function restoreText(
  netfilter: Netfilter,
  fixed: FixedChains,
  options: RuleOptions,
  version: TableVersion,
  plan: SyncPlan,
): string {
  const writer = new RestoreWriter(netfilter);
  const { filter, dispatch } = version;
  const firewall = options.localhostNodePorts ? [fixed.firewall] : [];
  const refusing = [filter.services, filter.externalServices];
  const filterChains = [...refusing, fixed.forward, filter.healthChecks, filter.proxyFirewall, ...firewall];
  const filterRules = [...firewall, ...refusing, filter.proxyFirewall, filter.healthChecks, fixed.forward];
  const own = new OwnLines(writer, !version.view.largeCluster);
  for (const chains of plan.written) own.add(chains);
  const deleted = plan.deleted().map(({ name }) => name);
  const natChains = [dispatch.services, dispatch.nodePorts, fixed.postrouting, fixed.markMasquerade];
  const services = writer.rules(dispatch.services);
  // kube-proxy writes the way to the node ports last of all.
  const last = services.splice(dispatch.serviceLayout.length);
  const lines = [
    '*filter',
    ...filterChains.map((chain) => writer.chainLine(chain)),
    ...filterRules.flatMap((chain) => writer.rules(chain)),
    'COMMIT',
    '*nat',
    ...natChains.map((chain) => writer.chainLine(chain)),
    ...own.chainLines,
    ...deleted.map(chainLine),
    ...[fixed.postrouting, fixed.markMasquerade].flatMap((chain) => writer.rules(chain)),
    ...services,
    ...writer.rules(dispatch.nodePorts),
    ...own.ruleLines,
    ...deleted.map((name) => `-X ${name}`),
    ...last,
    'COMMIT',
  ];
  return `${lines.join('\n')}\n`;
}

function chainLine(name: string): string {
  return `:${name} - [0:0]`;
}

/** Writes chains and rules of one node; names are made once. */
class RestoreWriter {
  readonly store: RuleStore;
  private readonly names: TableNames;

  constructor(netfilter: Netfilter) {
    this.store = netfilter.store;
    this.names = new TableNames(netfilter);
  }

  chainLine(chain: number): string {
    return chainLine(this.names.chain(chain));
  }

  /** The rules of a chain, with its own comments or with those given by position. */
  rules(chain: number, comment?: (position: number) => string | undefined): string[] {
    const { store } = this;
    return Array.from({ length: store.length(chain) }, (_, position) => {
      if (comment === undefined) return this.line(chain, store.rule(chain, position));
      const rule = readRule(store.rows, store.firstRow(chain) + position * ROW_CELLS);
      const text = comment(position);
      return this.line(chain, text === undefined ? rule : { ...rule, comment: text });
    });
  }

  private line(chain: number, rule: ReturnType<typeof readRule>): string {
    return ruleLine(this.names, this.names.chain(chain), rule, false);
  }
}

/** Lines of service ports' own chains. A chain that is kept may still have comments that a sync would not write, or lack them. */
class OwnLines {
  readonly chainLines: string[] = [];
  readonly ruleLines: string[] = [];
  private readonly writer: RestoreWriter;
  private readonly commented: boolean;

  constructor(writer: RestoreWriter, commented: boolean) {
    this.writer = writer;
    this.commented = commented;
  }

  add({ plan, cluster, local, external, firewall }: ServiceChains): void {
    const { port } = plan;
    for (const chain of [external, firewall]) if (chain >= 0) this.chain(chain);
    const endpoints = new Set<number>();
    if (plan.cluster !== null) this.policy('KUBE-SVC-', cluster, plan.cluster, plan, endpoints);
    if (plan.local !== null) this.policy('KUBE-SVL-', local, plan.local, plan, endpoints);
    for (const chain of endpoints) this.chain(chain, () => (this.commented ? port.displayName : undefined));
  }

  private policy(
    prefix: 'KUBE-SVC-' | 'KUBE-SVL-',
    chain: number,
    list: EndpointList,
    { port }: ServiceChains['plan'],
    endpoints: Set<number>,
  ): void {
    const { store } = this.writer;
    const masqueradeRules = store.length(chain) - list.length * (port.affinitySeconds > 0 ? 2 : 1);
    const text = new PolicyText(port, list, { prefix, masqueradeRules, commented: this.commented });
    this.chain(chain, (position) => text.comment(POLICY_TAG, position));
    const first = store.firstRow(chain) + masqueradeRules * ROW_CELLS;
    for (let i = 0; i < list.length; i++) endpoints.add(store.rows.jumpTarget(first + i * ROW_CELLS));
  }

  private chain(chain: number, comment?: (position: number) => string | undefined): void {
    this.chainLines.push(this.writer.chainLine(chain));
    for (const line of this.writer.rules(chain, comment)) this.ruleLines.push(line);
  }
}
