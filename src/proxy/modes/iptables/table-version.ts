/**
 * One version of the tables nat and filter: what kube-proxy would have written on some nodes for one revision of the ledger. All nodes of a
 * class that choose the same endpoints use the same chains.
 *
 * A version is made from another one where there is one: service ports that did not change keep their chains, and the
 * dispatch chains are only rebuilt when service ports came, went, or changed what their rules match on.
 * Cost: O(rules) for the first version, O(service ports + endpoints changed) for the next.
 */
import { CtState, Hook } from '../../../kernel/hook.js';
import { Owner, Table, type Netfilter } from '../../../kernel/iptables/netfilter.js';
import type { RuleSpec } from '../../../kernel/iptables/rule.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import type { DispatchChains } from './dispatch-chains.js';
import type { FilterChains } from './filter-chains.js';
import type { FixedChains } from './fixed-chains.js';
import type { PortChains } from './port-chains.js';
import type { RevisionView } from './revision-view.js';
import type { NodeClass } from './rule-options.js';
import type { ServiceChains, ServiceChainWriter } from './service-chains.js';

/** The proxy's fragments of the built-in chains. */
export interface BaseChains {
  /** For PREROUTING and OUTPUT alike. */
  readonly natServices: number;
  readonly natPostrouting: number;
  readonly filterInput: number;
  readonly filterForward: number;
  readonly filterOutput: number;
}

/** One version of the tables; it holds its chains until `discard`. */
export interface TableVersion {
  readonly view: RevisionView;
  readonly nodeClass: NodeClass;
  readonly writer: ServiceChainWriter;
  /** Own chains of the service ports, in the order of the view. */
  readonly own: readonly ServiceChains[];
  /** Variants of service ports that it uses. */
  readonly variants: readonly PortChains[];
  readonly dispatch: DispatchChains;
  readonly filter: FilterChains;
  readonly bases: BaseChains;
  /** Rules and chains of the service ports' own. */
  readonly ownRules: number;
  readonly ownChains: number;
  /** Rules in each table, built-in chains aside. */
  readonly natRules: number;
  readonly filterRules: number;
}

/** Chains that nothing need lead to, by table. */
export interface LooseChains {
  readonly nat: readonly number[];
  readonly filter: readonly number[];
}

/** Puts a version's fragments, and the chains that nothing need lead to, into a node's tables. */
export function installVersion(netfilter: Netfilter, bases: BaseChains, loose: LooseChains): void {
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, bases.natServices);
  netfilter.setBase(Table.nat, Hook.output, Owner.proxy, bases.natServices);
  netfilter.setBase(Table.nat, Hook.postrouting, Owner.proxy, bases.natPostrouting);
  netfilter.setBase(Table.filter, Hook.input, Owner.proxy, bases.filterInput);
  netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, bases.filterForward);
  netfilter.setBase(Table.filter, Hook.output, Owner.proxy, bases.filterOutput);
  netfilter.setLoose(Table.nat, loose.nat);
  netfilter.setLoose(Table.filter, loose.filter);
}

/**
 * The fragments for some chains, those of another version where they lead to the same; nobody holds new ones yet.
 * Top to bottom in the reverse order of kube-proxy's installation, which prepends each jump.
 */
export function makeBases(
  store: RuleStore,
  fixed: FixedChains,
  dispatch: DispatchChains,
  filter: FilterChains,
  base: TableVersion | null,
): BaseChains {
  return {
    natServices:
      base?.dispatch.services === dispatch.services
        ? base.bases.natServices
        : store.addChain('PREROUTING', [jump(dispatch.services, 'kubernetes service portals')]),
    natPostrouting:
      base?.bases.natPostrouting ??
      store.addChain('POSTROUTING', [jump(fixed.postrouting, 'kubernetes postrouting rules')]),
    ...(base?.filter === filter ? filterBases(base.bases) : newFilterBases(store, fixed, filter)),
  };
}

type FilterBases = Omit<BaseChains, 'natServices' | 'natPostrouting'>;

function filterBases(bases: BaseChains): FilterBases {
  return { filterInput: bases.filterInput, filterForward: bases.filterForward, filterOutput: bases.filterOutput };
}

function newFilterBases(store: RuleStore, fixed: FixedChains, filter: FilterChains): FilterBases {
  const firewall = jump(fixed.firewall);
  const proxyFirewall = jumpIfNew(filter.proxyFirewall, 'kubernetes load balancer firewall');
  const services = jumpIfNew(filter.services, 'kubernetes service portals');
  const external = jumpIfNew(filter.externalServices, 'kubernetes externally-visible service portals');
  const healthCheck = jump(filter.healthChecks, 'kubernetes health check service ports');
  const forward = jump(fixed.forward, 'kubernetes forwarding rules');
  return {
    filterInput: store.addChain('INPUT', [firewall, proxyFirewall, healthCheck, external]),
    filterForward: store.addChain('FORWARD', [proxyFirewall, forward, services, external]),
    filterOutput: store.addChain('OUTPUT', [firewall, proxyFirewall, services]),
  };
}

function jump(chain: number, comment?: string): RuleSpec {
  return { ...(comment !== undefined && { comment }), target: { kind: 'jump', chain } };
}

function jumpIfNew(chain: number, comment: string): RuleSpec {
  return { ...jump(chain, comment), state: CtState.new };
}
