/**
 * kube-proxy's ipvs mode: Services become virtual servers, ipsets and a constant number of iptables rules.
 *
 * Mirrors pkg/proxy/ipvs (v1.30). What a revision of the ledger comes to is compiled once for all nodes; a node only
 * swaps versions, and what it has of its own (connections, scheduler positions, draining servers) is in its kernel.
 * Left out: external addresses, load balancers, traffic policies, strictARP, exclusion of addresses; node ports
 * stand on the node's uplink address only (kube-proxy: on every local address).
 */
import { IpSet } from '../../../kernel/index.js';
import { Hook, Owner, Table } from '../../../kernel/index.js';
import { Protocol } from '../../../net/index.js';
import type { ModeRun, Proxier, ProxyMode, ProxyNode, SyncReport } from '../../proxier.js';
import { SET_KINDS, SetHandle } from './ip-sets.js';
import { installRules, RuleVariants, type FilledSets } from './rules.js';
import { syncReport } from './sync-report.js';
import { VersionCompiler, type Version } from './versions.js';

/** The ipvs mode, for the list of modes. */
export const ipvsMode: ProxyMode = {
  name: 'ipvs',
  doc: 'Virtual servers of the kernel, found by hash; a scheduler picks the endpoint.',
  defaultMinSyncPeriodNs: 0,
  hasScheduler: true,
  start: ({ ledger, rules, options }) =>
    new IpvsRun(new VersionCompiler(ledger, options.scheduler), new RuleVariants(rules, options)),
};

/** Versions that may be out of use before they are dropped, since dropping looks at every virtual server. */
const DROP_AT_ONCE = 256;

class IpvsRun implements ModeRun {
  readonly compiler: VersionCompiler;
  readonly variants: RuleVariants;
  /** What each node has in place, kube-proxy restarted or not. */
  private readonly installed = new Map<number, Version | null>();
  /** Nodes by the revision that they have in place. */
  private readonly users = new Map<number, number>();
  private oldest = 0;
  private dropped = 0;

  constructor(compiler: VersionCompiler, variants: RuleVariants) {
    this.compiler = compiler;
    this.variants = variants;
  }

  proxier(node: ProxyNode): Proxier {
    if (!this.installed.has(node.index)) {
      this.installed.set(node.index, null);
      this.users.set(0, (this.users.get(0) ?? 0) + 1);
      this.oldest = 0;
    }
    return new IpvsProxier(this, node);
  }

  /** What a node has in place, or null. */
  installedOn(node: number): Version | null {
    return this.installed.get(node) ?? null;
  }

  /** Notes what a node has in place now, and drops what no node needs any more. */
  install(node: number, version: Version): void {
    const before = this.installedOn(node)?.revision ?? 0;
    this.installed.set(node, version);
    this.users.set(version.revision, (this.users.get(version.revision) ?? 0) + 1);
    const left = (this.users.get(before) ?? 0) - 1;
    if (left > 0) this.users.set(before, left);
    else this.users.delete(before);
    while (this.oldest < version.revision && !this.users.has(this.oldest)) this.oldest++;
    if (this.oldest - this.dropped < DROP_AT_ONCE) return;
    this.compiler.forgetBefore(this.oldest);
    this.dropped = this.oldest;
  }
}

class IpvsProxier implements Proxier {
  private readonly run: IpvsRun;
  private readonly node: ProxyNode;
  private readonly ownAddresses: readonly number[];
  private planned: Version | null = null;

  constructor(run: IpvsRun, node: ProxyNode) {
    this.run = run;
    this.node = node;
    this.ownAddresses = [node.ip];
  }

  prepare(revision: number): SyncReport {
    const { run, node } = this;
    const from = run.installedOn(node.index);
    const to = run.compiler.version(revision);
    this.planned = to;
    const { local } = run.compiler;
    const before = from?.revision ?? 0;
    const added = local.added(node.index, revision);
    const removed = local.removed(node.index, revision);
    return syncReport(to, run.variants.of(this.filled(to)).rules, {
      from,
      jumpsExist: node.netfilter.base(Table.nat, Hook.prerouting, Owner.proxy) >= 0,
      ownAddresses: this.ownAddresses.length,
      localAdded: added - local.added(node.index, before),
      localRemoved: removed - local.removed(node.index, before),
      localEntries: added - removed,
      draining: node.ipvs.servers.drainingCount,
    });
  }

  commit(): void {
    const version = this.planned;
    if (version === null) return;
    this.planned = null;
    const { netfilter, ipvs, index } = this.node;
    const before = this.run.installedOn(index);
    for (let handle = 0; handle < version.sets.length; handle++) {
      if (before?.sets[handle] !== version.sets[handle]) netfilter.sets.put(handle, version.sets[handle]!);
    }
    if (version.sctpNodePorts.length > 0 || (before?.sctpNodePorts.length ?? 0) > 0) {
      netfilter.sets.put(SetHandle.nodePortSctp, this.sctpNodePorts(version));
    }
    installRules(netfilter, this.run.variants.of(this.filled(version)));
    ipvs.use(version.table, this.ownAddresses);
    this.run.install(index, version);
  }

  /** Which sets have entries on this node. */
  private filled(version: Version): FilledSets {
    const { local } = this.run.compiler;
    let filled = 0;
    for (let handle = 0; handle < version.sets.length; handle++) {
      if (version.sets[handle]!.size > 0) filled |= 1 << handle;
    }
    const here = local.added(this.node.index, version.revision) - local.removed(this.node.index, version.revision);
    filled &= ~(1 << SetHandle.loopBack);
    if (here > 0) filled |= 1 << SetHandle.loopBack;
    if (version.sctpNodePorts.length > 0) filled |= 1 << SetHandle.nodePortSctp;
    return filled;
  }

  /** The set of SCTP node ports, which holds the node's own addresses (hash:ip,port). */
  private sctpNodePorts(version: Version): IpSet {
    const kind = SET_KINDS[SetHandle.nodePortSctp]!;
    const set = new IpSet(kind.name, kind.type);
    for (const address of this.ownAddresses) {
      for (const port of version.sctpNodePorts) set.add(address, Protocol.sctp, port);
    }
    return set;
  }
}
