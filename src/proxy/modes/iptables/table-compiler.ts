/**
 * Makes versions of the tables, from one another where that is possible.
 *
 * The own chains of a service port whose plan is the same on all nodes belong to the versions that use them; those of the others, and all
 * where nodes have detectors of their own, are kept by service port (`port-chains.ts`), so that nodes share what is equal.
 */
import type { Netfilter } from '../../../kernel/iptables/netfilter.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import type { EndpointChoices } from '../../endpoint-choice.js';
import type { NodeFacts, ProxyOptions } from '../../proxier.js';
import type { ServicePort } from '../../service-port.js';
import { AffinityLists } from './affinity-lists.js';
import { DispatchBuilder } from './dispatch-chains.js';
import { sameInFilter, sameInNat } from './dispatch-rules.js';
import { FilterBuilder, type FilterChains } from './filter-chains.js';
import { addFixedChains, FIXED_NAT_RULES, fixedFilterRules, type FixedChains } from './fixed-chains.js';
import { PortChains } from './port-chains.js';
import { hasEndpoint, ownChains, ownRules } from './port-plan.js';
import { placeOf, RevisionViews, sameKeys, type LedgerView, type RevisionView } from './revision-view.js';
import { nodeClass, type NodeClass, type RuleOptions } from './rule-options.js';
import { ServiceChainWriter, writeServiceChains, type ServiceChains } from './service-chains.js';
import type { GoneList } from './sync-plan.js';
import { makeBases, type LooseChains, type TableVersion } from './table-version.js';

/** What versions are made for. */
export interface CompilerSetup {
  readonly ledger: LedgerView;
  readonly choices: EndpointChoices;
  readonly store: RuleStore;
  readonly options: ProxyOptions;
  readonly rules: RuleOptions;
}

/** Makes versions. */
export class TableCompiler {
  readonly rules: RuleOptions;
  readonly fixed: FixedChains;
  readonly loose: LooseChains;
  readonly views: RevisionViews;
  readonly affinity: AffinityLists;
  private readonly setup: CompilerSetup;
  private readonly store: RuleStore;
  private readonly dispatch: DispatchBuilder;
  private readonly filter: FilterBuilder;
  private readonly writers = new Map<string, ServiceChainWriter>();
  private readonly variants = new Map<ServicePort, PortChains>();
  private readonly manyDetectors: boolean;

  constructor(setup: CompilerSetup) {
    const { store, rules, ledger, choices, options } = setup;
    this.setup = setup;
    this.store = store;
    this.rules = rules;
    this.fixed = addFixedChains(store, rules);
    // Where nothing is to be masqueraded, nothing leads to KUBE-MARK-MASQ; to the canary nothing ever does.
    const { markMasquerade, canary } = this.fixed;
    this.loose = { nat: [markMasquerade, canary], filter: [canary] };
    this.views = new RevisionViews(ledger, choices);
    this.affinity = new AffinityLists(store);
    this.dispatch = new DispatchBuilder(store, rules);
    this.filter = new FilterBuilder(store, rules.family);
    this.manyDetectors = !('kind' in options.detector);
  }

  /** The class of a node. */
  classOf(node: NodeFacts): NodeClass {
    return nodeClass(this.setup.options, this.rules, node);
  }

  /**
   * Makes the version of a revision for a node and those like it, and holds it.
   * @param base a version for nodes with the same detector to share chains with, of an earlier or a later revision
   */
  compile(view: RevisionView, kind: NodeClass, node: NodeFacts, base: TableVersion | null): TableVersion {
    const writer = this.writerOf(kind);
    const used = new Set<PortChains>();
    const same = base !== null && sameKeys(base.view.keys, view.keys);
    const write = (place: number, known: ServiceChains | undefined): ServiceChains =>
      this.ownChains(view, place, node, writer, known, used);
    const changed: number[] = [];
    const own = same ? this.patched(view, base, changed, write) : this.merged(view, base, write);
    // What was taken over from the base is used as well.
    if (this.manyDetectors) for (const { port } of view.ports) this.variantsOf(port, used);
    for (const chains of used) chains.users++;
    const natSame = same && base.nodeClass.key === kind.key && this.every(changed, base.own, own, sameInNat);
    const dispatch = natSame
      ? this.dispatch.derive(base.dispatch, changed, own)
      : this.dispatch.build(own, kind.nodePortIps);
    const filterSame = same && this.every(changed, base.own, own, sameInFilter);
    const filter = filterSame ? base.filter : this.filter.build(own);
    const bases = makeBases(this.store, this.fixed, dispatch, filter, base);
    for (const chain of Object.values(bases) as number[]) this.store.retain(chain);
    const size = this.sizeOf(own, writer, same ? { base, changed } : null);
    const shared = this.store.length(dispatch.services) + this.store.length(dispatch.nodePorts);
    return {
      ...{ view, nodeClass: kind, writer, own, variants: [...used], dispatch, filter, bases },
      ...size,
      natRules: FIXED_NAT_RULES + shared + size.ownRules,
      filterRules: fixedFilterRules(this.rules) + this.filterLength(filter),
    };
  }

  /** Lets a version's chains go; nodes that have it in place hold them themselves. */
  discard(version: TableVersion): void {
    for (const chain of Object.values(version.bases) as number[]) this.store.release(chain);
    for (const chains of version.variants) if (--chains.users === 0) this.dropVariants(chains);
  }

  /** Drops a node's lists of session affinity that its rules name no more. */
  dropLists(netfilter: Netfilter, { view, own }: TableVersion, gone: readonly GoneList[]): void {
    for (const { key, address, port } of gone) {
      const place = placeOf(view.keys, key);
      const plan = place < 0 ? undefined : own[place]!.plan;
      const used = plan !== undefined && plan.port.affinitySeconds > 0 && hasEndpoint(plan, address, port);
      const list = used ? -1 : this.affinity.find(key, address, port);
      if (list >= 0) netfilter.recent.drop(list);
    }
  }

  private writerOf({ detector, detectorKey }: NodeClass): ServiceChainWriter {
    let writer = this.writers.get(detectorKey);
    if (writer === undefined) {
      writer = new ServiceChainWriter(this.store, this.rules, detector, this.fixed.markMasquerade, this.affinity);
      this.writers.set(detectorKey, writer);
    }
    return writer;
  }

  /** The own chains at a place; `known` are those of the same service port in the base. */
  private ownChains(
    view: RevisionView,
    place: number,
    node: NodeFacts,
    writer: ServiceChainWriter,
    known: ServiceChains | undefined,
    used: Set<PortChains>,
  ): ServiceChains {
    const portView = view.ports[place]!;
    const alone = portView.plan !== null && !this.manyDetectors;
    if (alone && known?.plan.port === portView.port) return known;
    const plan = this.views.planOn(portView, node);
    const commented = !view.largeCluster;
    return alone
      ? writeServiceChains(writer, plan, commented)
      : this.variantsOf(portView.port, used).of(writer, plan, commented);
  }

  /** The variants of a service port, noted as used. */
  private variantsOf(port: ServicePort, used: Set<PortChains>): PortChains {
    let chains = this.variants.get(port);
    if (chains === undefined) {
      chains = new PortChains(this.store, port);
      this.variants.set(port, chains);
    }
    used.add(chains);
    return chains;
  }

  private patched(
    view: RevisionView,
    base: TableVersion,
    changed: number[],
    write: (place: number, known: ServiceChains) => ServiceChains,
  ): ServiceChains[] {
    const own = base.own.slice();
    for (const place of this.maybeChanged(view, base)) {
      const chains = write(place, own[place]!);
      if (chains === own[place]) continue;
      own[place] = chains;
      changed.push(place);
    }
    return own;
  }

  /** Places of service ports that may have other chains in a view than in a version with the same keys, ascending. */
  private maybeChanged(view: RevisionView, base: TableVersion): number[] {
    const places = new Set([...view.dependents, ...base.view.dependents]);
    const [from, to] = [Math.min(base.view.revision, view.revision), Math.max(base.view.revision, view.revision)];
    for (const key of from === to ? [] : this.setup.ledger.changedBetween(from, to)) {
      const place = placeOf(view.keys, key);
      if (place >= 0) places.add(place);
    }
    return [...places].sort((a, b) => a - b);
  }

  private merged(
    view: RevisionView,
    base: TableVersion | null,
    write: (place: number, known: ServiceChains | undefined) => ServiceChains,
  ): ServiceChains[] {
    const baseKeys = base?.view.keys ?? [];
    let at = 0;
    return view.keys.map((key, place) => {
      while (at < baseKeys.length && baseKeys[at]! < key) at++;
      return write(place, baseKeys[at] === key ? base?.own[at] : undefined);
    });
  }

  private every(
    places: readonly number[],
    before: readonly ServiceChains[],
    after: readonly ServiceChains[],
    same: (a: ServiceChains['plan'], b: ServiceChains['plan']) => boolean,
  ): boolean {
    return places.every((place) => same(before[place]!.plan, after[place]!.plan));
  }

  /** Rules and chains of all service ports' own: counted anew, or from what changed. */
  private sizeOf(
    own: readonly ServiceChains[],
    { shape }: ServiceChainWriter,
    patch: { readonly base: TableVersion; readonly changed: readonly number[] } | null,
  ): Pick<TableVersion, 'ownRules' | 'ownChains'> {
    const size = { ownRules: patch?.base.ownRules ?? 0, ownChains: patch?.base.ownChains ?? 0 };
    const add = ({ plan }: ServiceChains, times: number): void => {
      size.ownRules += times * ownRules(plan, shape);
      size.ownChains += times * ownChains(plan);
    };
    if (patch === null) for (const chains of own) add(chains, 1);
    else {
      for (const place of patch.changed) {
        add(patch.base.own[place]!, -1);
        add(own[place]!, 1);
      }
    }
    return size;
  }

  private filterLength(filter: FilterChains): number {
    return (Object.values(filter) as number[]).reduce((sum, chain) => sum + this.store.length(chain), 0);
  }

  private dropVariants(chains: PortChains): void {
    this.variants.delete(chains.port);
    chains.release();
  }
}
