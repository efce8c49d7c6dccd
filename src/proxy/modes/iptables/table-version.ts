/**
 * One version of the tables nat and filter: what kube-proxy would have written for one revision of the ledger. All
 * nodes that have seen that revision use the same chains.
 *
 * A version is made from another one where there is one: service ports that did not change keep their chains, and the
 * dispatch chains are only rebuilt when service ports came, went, or changed what their rules match on.
 * Cost: O(rules) for the first version, O(service ports + endpoints changed) for the next.
 */
import { CtState, Hook } from '../../../kernel/hook.js';
import { Owner, Table, type Netfilter } from '../../../kernel/iptables/netfilter.js';
import type { RuleSpec } from '../../../kernel/iptables/rule.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { invariant } from '../../../sim/index.js';
import type { Ledger } from '../../ledger.js';
import type { ProxyOptions } from '../../proxier.js';
import type { ServicePort } from '../../service-port.js';
import { buildDispatch, deriveDispatch, sameDispatch, type DispatchChains } from './dispatch-chains.js';
import { addFixedChains, FIXED_RULES, type FixedChains } from './fixed-chains.js';
import { ownRules, ServiceChainWriter, type ServiceChains } from './service-chains.js';

/** kube-proxy leaves comments out of endpoint rules above this many endpoints. */
const LARGE_CLUSTER_ENDPOINTS = 1000;

/** What the compiler reads of a ledger. */
export type LedgerView = Pick<Ledger, 'revision' | 'keysAt' | 'portAt' | 'changedBetween' | 'endpointCountAt'>;

/** The proxy's fragments of the built-in chains. */
interface BaseChains {
  /** For PREROUTING and OUTPUT alike. */
  readonly natServices: number;
  readonly natPostrouting: number;
  readonly filterInput: number;
  readonly filterForward: number;
  readonly filterOutput: number;
}

/** One version of the tables; it holds its chains until `discard`. */
export interface TableVersion {
  readonly revision: number;
  /** Keys of the service ports, ascending, and their own chains in the same order. */
  readonly keys: readonly number[];
  readonly own: readonly ServiceChains[];
  readonly dispatch: DispatchChains;
  readonly bases: BaseChains;
  /** Rules in each table, built-in chains aside. */
  readonly natRules: number;
  readonly filterRules: number;
  /** Whether there are so many endpoints that kube-proxy saves effort. */
  readonly largeCluster: boolean;
}

/** Place of a key in an ascending list of keys, or -1. */
export function placeOf(keys: readonly number[], key: number): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (keys[middle] === key) return middle;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Puts a version's fragments into a node's tables. */
export function installVersion(netfilter: Netfilter, bases: BaseChains): void {
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, bases.natServices);
  netfilter.setBase(Table.nat, Hook.output, Owner.proxy, bases.natServices);
  netfilter.setBase(Table.nat, Hook.postrouting, Owner.proxy, bases.natPostrouting);
  netfilter.setBase(Table.filter, Hook.input, Owner.proxy, bases.filterInput);
  netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, bases.filterForward);
  netfilter.setBase(Table.filter, Hook.output, Owner.proxy, bases.filterOutput);
}

/** Makes versions. */
export class TableCompiler {
  readonly masqueradeRules: number;
  private readonly ledger: LedgerView;
  private readonly store: RuleStore;
  private readonly fixed: FixedChains;
  private readonly writer: ServiceChainWriter;

  constructor(ledger: LedgerView, store: RuleStore, options: ProxyOptions) {
    this.ledger = ledger;
    this.store = store;
    this.fixed = addFixedChains(store);
    this.writer = new ServiceChainWriter(store, options, this.fixed.markMasquerade);
    this.masqueradeRules = this.writer.masqueradeRules;
  }

  /**
   * Makes the version of a revision and holds it.
   * @param base a version to share chains with, of an earlier or a later revision
   */
  compile(revision: number, base: TableVersion | null): TableVersion {
    const keys = this.ledger.keysAt(revision);
    const largeCluster = this.ledger.endpointCountAt(revision) > LARGE_CLUSTER_ENDPOINTS;
    const sameKeys = base !== null && sameElements(base.keys, keys);
    const changed = sameKeys ? this.changedPlaces(base, revision) : [];
    const own = sameKeys
      ? this.patchedOwn(base, revision, changed, largeCluster)
      : this.mergedOwn(base, keys, revision, largeCluster);
    const dispatch =
      sameKeys && changed.every((place) => sameDispatch(base.own[place]!.port, own[place]!.port))
        ? deriveDispatch(this.store, base.dispatch, changed, own)
        : buildDispatch(this.store, own);
    const bases = this.baseChains(dispatch, base);
    for (const chain of Object.values(bases) as number[]) this.store.retain(chain);
    const natRules =
      FIXED_RULES.nat +
      this.store.length(dispatch.services) +
      this.store.length(dispatch.nodePorts) +
      own.reduce((sum, { port }) => sum + ownRules(port, this.masqueradeRules), 0);
    const rejects = this.store.length(dispatch.filterServices) + this.store.length(dispatch.filterExternal);
    const filterRules = FIXED_RULES.filter + rejects;
    return { revision, keys, own, dispatch, bases, natRules, filterRules, largeCluster };
  }

  /** Lets a version's chains go; nodes that have it in place hold them themselves. */
  discard(version: TableVersion): void {
    for (const chain of Object.values(version.bases) as number[]) this.store.release(chain);
  }

  /** Places of the service ports that are not the same in a revision as in a version with the same keys. */
  private changedPlaces(base: TableVersion, revision: number): number[] {
    const from = Math.min(base.revision, revision);
    const to = Math.max(base.revision, revision);
    return this.ledger
      .changedBetween(from, to)
      .map((key) => placeOf(base.keys, key))
      .filter((place) => place >= 0 && this.ledger.portAt(base.keys[place]!, revision) !== base.own[place]!.port);
  }

  private patchedOwn(
    base: TableVersion,
    revision: number,
    changed: readonly number[],
    largeCluster: boolean,
  ): ServiceChains[] {
    const own = base.own.slice();
    for (const place of changed) {
      own[place] = this.writer.write(this.portAt(base.keys[place]!, revision), !largeCluster);
    }
    return own;
  }

  private mergedOwn(
    base: TableVersion | null,
    keys: readonly number[],
    revision: number,
    largeCluster: boolean,
  ): ServiceChains[] {
    let place = 0;
    return keys.map((key) => {
      const port = this.portAt(key, revision);
      while (base !== null && place < base.keys.length && base.keys[place]! < key) place++;
      const known = base?.keys[place] === key ? base.own[place] : undefined;
      return known?.port === port ? known : this.writer.write(port, !largeCluster);
    });
  }

  private portAt(key: number, revision: number): ServicePort {
    const port = this.ledger.portAt(key, revision);
    invariant(port !== undefined, 'ledger-keys', () => `revision ${revision} lists key ${key} but has no service port`);
    return port;
  }

  private baseChains(dispatch: DispatchChains, base: TableVersion | null): BaseChains {
    const { store, fixed } = this;
    const sameFilter =
      base?.dispatch.filterServices === dispatch.filterServices &&
      base.dispatch.filterExternal === dispatch.filterExternal;
    const add = (name: string, rules: RuleSpec[]): number => store.addChain(name, rules);
    return {
      natServices:
        base?.dispatch.services === dispatch.services
          ? base.bases.natServices
          : add('PREROUTING', [jump(dispatch.services, 'kubernetes service portals')]),
      natPostrouting:
        base?.bases.natPostrouting ?? add('POSTROUTING', [jump(fixed.postrouting, 'kubernetes postrouting rules')]),
      ...(sameFilter ? filterBases(base.bases) : this.newFilterBases(dispatch)),
    };
  }

  /** Top to bottom in the reverse order of kube-proxy's installation, which prepends each jump. */
  private newFilterBases(dispatch: DispatchChains): Omit<BaseChains, 'natServices' | 'natPostrouting'> {
    const { store, fixed } = this;
    const firewall = jump(fixed.firewall);
    const proxyFirewall = jumpIfNew(fixed.proxyFirewall, 'kubernetes load balancer firewall');
    const services = jumpIfNew(dispatch.filterServices, 'kubernetes service portals');
    const external = jumpIfNew(dispatch.filterExternal, 'kubernetes externally-visible service portals');
    const healthCheck = jump(fixed.healthCheckNodePorts, 'kubernetes health check service ports');
    const forward = jump(fixed.forward, 'kubernetes forwarding rules');
    return {
      filterInput: store.addChain('INPUT', [firewall, proxyFirewall, healthCheck, external]),
      filterForward: store.addChain('FORWARD', [proxyFirewall, forward, services, external]),
      filterOutput: store.addChain('OUTPUT', [firewall, proxyFirewall, services]),
    };
  }
}

function filterBases(bases: BaseChains): Omit<BaseChains, 'natServices' | 'natPostrouting'> {
  return { filterInput: bases.filterInput, filterForward: bases.filterForward, filterOutput: bases.filterOutput };
}

function jump(chain: number, comment?: string): RuleSpec {
  return { ...(comment !== undefined && { comment }), target: { kind: 'jump', chain } };
}

function jumpIfNew(chain: number, comment: string): RuleSpec {
  return { ...jump(chain, comment), state: CtState.new };
}

function sameElements(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => value === b[i]));
}
