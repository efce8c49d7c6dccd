/**
 * How large the table is, without writing it: what `kpb rules --count` says in nftables mode.
 *
 * Counts follow from the plans, the very ones that chains are written by. Cost: O(service ports and their addresses).
 */
import { invariant } from '../../../sim/index.js';
import { parseIp, type IpFamily } from '../../../net/index.js';
import type { EndpointChoices } from '../../endpoint-choice.js';
import type { NodeFacts, ProxyOptions } from '../../proxier.js';
import type { ServicePort } from '../../service-port.js';
import { isNodeAllowed, planPort, type RuleShape } from '../../port-plan.js';
import { planCounts } from './port-plan.js';
import { nodePortIps, ruleDetector, ruleOptions } from './rule-options.js';
import { elementsOf } from './table-contents.js';
import { SET_DECLARATIONS, TableSet } from './table-names.js';

/** Base chains, other fixed chains, and their rules without the one that service prefixes bring. */
const FIXED_CHAINS = 16;
const FIXED_RULES = 22;

/** Sizes of the table. */
export interface NftTableCounts {
  readonly chains: number;
  readonly rules: number;
  /** Sets and maps with a name, those of session affinity included. */
  readonly sets: number;
  /** Elements by set or map, affinity sets and anonymous ones aside. */
  readonly elements: Readonly<Record<string, number>>;
}

/** What is counted, and for whom. */
export interface CountedTable {
  readonly ports: Iterable<ServicePort>;
  readonly choices: EndpointChoices;
  readonly options: ProxyOptions;
  readonly family: IpFamily;
  readonly node: NodeFacts;
}

/** Counts the table of a node. */
export function countNftTable({ ports, choices, options, family, node }: CountedTable): NftTableCounts {
  const loopbackV6 = parseIp('::1');
  invariant(loopbackV6 !== undefined, 'loopback-v6', '::1 is an address');
  const rules = ruleOptions(options, family, loopbackV6);
  const implemented = ruleDetector(options, node).kind === 'none' ? 0 : 1;
  const shape: RuleShape = { masquerade: rules.masqueradeAll ? 1 : implemented, detector: implemented };
  const places = SET_DECLARATIONS.map(() => new Set<string | number>());
  const sum = { chains: FIXED_CHAINS, rules: FIXED_RULES + (rules.serviceCidrs.length > 0 ? 1 : 0), affinitySets: 0 };
  for (const port of ports) {
    const plan = planPort(port, choices.of(port, node), isNodeAllowed(port, node));
    const counts = planCounts(plan, shape);
    sum.chains += counts.chains;
    sum.rules += counts.rules;
    sum.affinitySets += counts.affinitySets;
    places[TableSet.clusterIps]!.add(port.clusterIp);
    const targets = { plan, service: 0, local: 0, external: 0, firewall: 0 };
    for (const { set, address, service } of elementsOf(targets, 0)) places[set]!.add(`${address} ${service}`);
  }
  for (const ip of nodePortIps(options, rules, node)) places[TableSet.nodePortIps]!.add(ip);
  const used = SET_DECLARATIONS.map((_, set) => set).filter(
    (set) => !rules.allNodePorts || set !== TableSet.nodePortIps,
  );
  return {
    chains: sum.chains,
    rules: sum.rules,
    sets: used.length + sum.affinitySets,
    elements: Object.fromEntries(used.map((set) => [SET_DECLARATIONS[set]!.name, places[set]!.size])),
  };
}
