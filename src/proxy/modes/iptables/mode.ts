/**
 * kube-proxy's iptables mode: Services become the chains of the tables nat and filter.
 *
 * Mirrors pkg/proxy/iptables/proxier.go (1.34). The tables of a revision are compiled once for all nodes with the same endpoints to choose
 * from, and dropped when no node has them or plans to. Left out: restores that fail, and the check every syncPeriod that the
 * canary chains are still there, since nobody else flushes the tables here.
 */
import { Hook } from '../../../kernel/hook.js';
import { Owner, Table } from '../../../kernel/iptables/netfilter.js';
import { SECOND, type Nanoseconds } from '../../../sim/index.js';
import { EndpointChoices } from '../../endpoint-choice.js';
import type { ModeRun, ModeSetup, Proxier, ProxyMode, ProxyNode, SyncReport, ToolInput } from '../../proxier.js';
import { restoreText } from './restore-text.js';
import type { LedgerView } from './revision-view.js';
import { ruleOptions, type NodeClass } from './rule-options.js';
import { NO_STALE_CHAINS, StaleChainSets, type StaleChains } from './stale-chains.js';
import { planSync, type GoneList, type SyncPlan, type SyncStart } from './sync-plan.js';
import { TableCompiler } from './table-compiler.js';
import { installVersion } from './table-version.js';
import { VersionCache, type CachedVersion } from './version-cache.js';

/** The iptables mode, for the list of modes. */
export const iptablesMode: ProxyMode = {
  name: 'iptables',
  doc: 'Rules in the tables nat and filter; a first packet walks the services one by one.',
  pick: 'at random',
  defaultMinSyncPeriodNs: SECOND,
  forcedSyncPeriodNs: 3600 * SECOND,
  hasScheduler: false,
  start: (setup) => new IptablesRun(setup),
};

class IptablesRun implements ModeRun {
  readonly compiler: TableCompiler;
  readonly versions: VersionCache;
  readonly syncPeriodNs: Nanoseconds;
  private readonly ledger: LedgerView;
  private readonly staleSets = new StaleChainSets();
  private readonly proxiers = new Map<number, IptablesProxier>();

  constructor({ ledger, rules: store, options, family }: ModeSetup) {
    this.ledger = ledger;
    this.syncPeriodNs = options.syncPeriodNs;
    const rules = ruleOptions(options, family);
    this.compiler = new TableCompiler({ ledger, choices: new EndpointChoices(), store, options, rules });
    this.versions = new VersionCache(this.compiler);
  }

  proxier(node: ProxyNode): Proxier {
    // A second proxier on a node is kube-proxy started again: it knows nothing, but finds what the first one put in place.
    const former = this.proxiers.get(node.index);
    const proxier = new IptablesProxier(this, node, former?.stop() ?? NOTHING);
    this.proxiers.set(node.index, proxier);
    return proxier;
  }

  plan(version: CachedVersion, inPlace: InPlace, start: Omit<SyncStart, 'before' | 'stale'>): SyncPlan {
    const { from, full, jumpsExist, cleans } = start;
    const key = `${inPlace.version?.id ?? 0} ${from} ${full} ${jumpsExist} ${cleans} ${inPlace.stale.id}`;
    let plan = version.plans.get(key);
    if (plan === undefined) {
      const before = inPlace.version?.tables ?? null;
      const whole = { ...start, before, stale: inPlace.stale };
      plan = planSync(this.ledger, this.compiler.rules, version.tables, whole, this.staleSets);
      version.plans.set(key, plan);
    }
    return plan;
  }
}

/** What a kube-proxy has put into a node's tables. */
interface InPlace {
  readonly version: CachedVersion | null;
  readonly stale: StaleChains;
  /** Lists of session affinity whose rules are stale or gone. */
  readonly goneLists: readonly GoneList[];
}

const NOTHING: InPlace = { version: null, stale: NO_STALE_CHAINS, goneLists: [] };

/** A sync about to take hold. */
interface Planned {
  readonly version: CachedVersion;
  readonly plan: SyncPlan;
  readonly nowNs: Nanoseconds;
  readonly cleans: boolean;
}

class IptablesProxier implements Proxier {
  private readonly run: IptablesRun;
  private readonly node: ProxyNode;
  private readonly kind: NodeClass;
  private inPlace: InPlace;
  private planned: Planned | null = null;
  /** Revision synced last; 0 before the first sync. */
  private synced = 0;
  private cleanedNs: Nanoseconds = -Infinity;

  constructor(run: IptablesRun, node: ProxyNode, inPlace: InPlace) {
    this.run = run;
    this.node = node;
    this.kind = run.compiler.classOf(node);
    this.inPlace = inPlace;
  }

  prepare(revision: number, nowNs: Nanoseconds, full: boolean): SyncReport {
    const { run, node } = this;
    const version = run.versions.take(revision, this.kind, node);
    if (this.planned !== null) run.versions.give(this.planned.version);
    const cleans = !version.tables.view.largeCluster || nowNs - this.cleanedNs > run.syncPeriodNs;
    const plan = run.plan(version, this.inPlace, {
      from: this.synced,
      full: full || this.synced === 0,
      jumpsExist: node.netfilter.base(Table.nat, Hook.prerouting, Owner.proxy) >= 0,
      cleans,
    });
    this.planned = { version, plan, nowNs, cleans };
    return plan.report;
  }

  script(): readonly ToolInput[] {
    if (this.planned === null) return [];
    const { compiler } = this.run;
    const { version, plan } = this.planned;
    const tool = compiler.rules.family === 4 ? 'iptables-restore' : 'ip6tables-restore';
    return [{ tool, text: restoreText(this.node.netfilter, compiler.fixed, compiler.rules, version.tables, plan) }];
  }

  commit(): void {
    if (this.planned === null) return;
    const { version, plan, nowNs, cleans } = this.planned;
    const { netfilter } = this.node;
    installVersion(netfilter, version.tables.bases, this.run.compiler.loose);
    if (this.inPlace.version !== null) this.run.versions.give(this.inPlace.version);
    const goneLists = [...this.inPlace.goneLists, ...plan.goneLists];
    // A list lives as long as a rule names it, and stale rules do.
    if (cleans && goneLists.length > 0) this.run.compiler.dropLists(netfilter, version.tables, goneLists);
    this.inPlace = { version, stale: plan.stale, goneLists: cleans ? [] : goneLists };
    this.synced = version.tables.view.revision;
    if (cleans) this.cleanedNs = nowNs;
    this.planned = null;
  }

  /** Lets go of what is planned, and hands over what is in place; the node's tables stay as they are. */
  stop(): InPlace {
    if (this.planned !== null) this.run.versions.give(this.planned.version);
    this.planned = null;
    const { inPlace } = this;
    this.inPlace = NOTHING;
    return inPlace;
  }
}
