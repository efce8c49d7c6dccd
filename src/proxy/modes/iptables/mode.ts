/**
 * kube-proxy's iptables mode: Services become the chains of the tables nat and filter.
 *
 * Mirrors pkg/proxy/iptables/proxier.go (1.33). The tables of a revision are compiled once for all nodes and dropped when
 * no node has them or plans to; the newest stay, because the next revision is made from them.
 * Left out: the canary, restores that fail, the full sync that kube-proxy 1.33 does each hour.
 */
import { Hook } from '../../../kernel/hook.js';
import { Owner, Table } from '../../../kernel/iptables/netfilter.js';
import { SECOND } from '../../../sim/index.js';
import type { ModeRun, Proxier, ProxyMode, ProxyNode, SyncReport } from '../../proxier.js';
import { syncReport, type SyncStart } from './sync-report.js';
import { installVersion, TableCompiler, type LedgerView, type TableVersion } from './table-version.js';

/** The iptables mode, for the list of modes. */
export const iptablesMode: ProxyMode = {
  name: 'iptables',
  doc: 'Rules in the tables nat and filter; a first packet walks the services one by one.',
  defaultMinSyncPeriodNs: SECOND,
  forcedSyncPeriodNs: 3600 * SECOND,
  hasScheduler: false,
  start: ({ ledger, rules, options }) => new IptablesRun(ledger, new TableCompiler(ledger, rules, options)),
};

/** A version in use. */
interface CachedVersion {
  readonly tables: TableVersion;
  /** Nodes that have it in place or plan to. */
  users: number;
  /** By what the sync starts from: nodes in step share their reports too. */
  readonly reports: Map<string, SyncReport>;
}

class IptablesRun implements ModeRun {
  private readonly ledger: LedgerView;
  private readonly compiler: TableCompiler;
  private readonly versions = new Map<number, CachedVersion>();
  private newest: CachedVersion | null = null;
  private readonly proxiers = new Map<number, IptablesProxier>();

  constructor(ledger: LedgerView, compiler: TableCompiler) {
    this.ledger = ledger;
    this.compiler = compiler;
  }

  proxier(node: ProxyNode): Proxier {
    // A second proxier on a node is kube-proxy started again: what the first one held is let go.
    this.proxiers.get(node.index)?.stop();
    const proxier = new IptablesProxier(this, node);
    this.proxiers.set(node.index, proxier);
    return proxier;
  }

  /** Takes a version into use, compiling it if nobody has yet. */
  take(revision: number): CachedVersion {
    const version = this.versions.get(revision) ?? this.add(revision);
    version.users++;
    return version;
  }

  /** Gives a version back. */
  give(version: CachedVersion): void {
    version.users--;
    if (version.users === 0 && version !== this.newest) this.drop(version);
  }

  report(version: CachedVersion, start: SyncStart): SyncReport {
    const key = `${start.from}/${start.full}/${start.jumpsExist}`;
    let report = version.reports.get(key);
    if (report === undefined) {
      report = syncReport(this.ledger, version.tables, start, this.compiler.masqueradeRules);
      version.reports.set(key, report);
    }
    return report;
  }

  private add(revision: number): CachedVersion {
    const base = this.newest;
    const tables = this.compiler.compile(revision, base?.tables ?? null);
    const version: CachedVersion = { tables, users: 0, reports: new Map() };
    this.versions.set(revision, version);
    if (base === null || revision > base.tables.revision) {
      this.newest = version;
      if (base?.users === 0) this.drop(base);
    }
    return version;
  }

  private drop(version: CachedVersion): void {
    this.versions.delete(version.tables.revision);
    this.compiler.discard(version.tables);
  }
}

class IptablesProxier implements Proxier {
  private readonly run: IptablesRun;
  private readonly node: ProxyNode;
  private current: CachedVersion | null = null;
  private planned: CachedVersion | null = null;

  constructor(run: IptablesRun, node: ProxyNode) {
    this.run = run;
    this.node = node;
  }

  prepare(revision: number): SyncReport {
    const planned = this.run.take(revision);
    if (this.planned !== null) this.run.give(this.planned);
    this.planned = planned;
    const jumpsExist = this.node.netfilter.base(Table.nat, Hook.prerouting, Owner.proxy) >= 0;
    return this.run.report(planned, {
      from: this.current?.tables.revision ?? 0,
      full: this.current === null,
      jumpsExist,
    });
  }

  commit(): void {
    if (this.planned === null) return;
    installVersion(this.node.netfilter, this.planned.tables.bases);
    if (this.current !== null) this.run.give(this.current);
    this.current = this.planned;
    this.planned = null;
  }

  /** Lets go of everything; the node's tables stay as they are. */
  stop(): void {
    if (this.current !== null) this.run.give(this.current);
    if (this.planned !== null) this.run.give(this.planned);
    this.current = null;
    this.planned = null;
  }
}
