/**
 * kube-proxy's userspace mode: the proxy listens on a port for each service port, has the kernel redirect packets there, and copies bytes.
 *
 * Mirrors pkg/proxy/userspace (v1.20; gone since 1.26), bound to all addresses. It uses ready endpoints and nothing else: traffic policies,
 * topology, terminating endpoints, source ranges, local detectors, nodePortAddresses and masquerading mean nothing to it. Endpoints are taken up when
 * they change, service ports in a sync. Left out: that each node's proxy draws its own ports, the deletion of UDP
 * connections to a service that is gone, the limit of open files.
 */
import { Hook } from '../../../kernel/hook.js';
import { Owner, Table } from '../../../kernel/iptables/netfilter.js';
import type { IpFamily } from '../../../net/index.js';
import { RandomStreams, SECOND, type Nanoseconds } from '../../../sim/index.js';
import type { ModeRun, ModeSetup, Proxier, ProxyMode, ProxyNode, SyncReport, ToolInput } from '../../proxier.js';
import { installLayout } from './layout.js';
import { Openings } from './openings.js';
import { PortTable } from './port-table.js';
import { portalScript } from './script.js';
import { nothingWritten, SyncReports } from './sync-report.js';
import { Versions, type Version } from './versions.js';

/** The userspace mode, for the list of modes. */
export const userspaceMode: ProxyMode = {
  name: 'userspace',
  doc: 'The proxy accepts connections itself and copies their bytes (kube-proxy 1.20); a first packet walks the services one by one.',
  pick: 'each in turn',
  defaultMinSyncPeriodNs: SECOND,
  hasScheduler: false,
  start: (setup) => new UserspaceRun(setup),
};

class UserspaceRun implements ModeRun {
  readonly cleansConntrack = false;
  readonly follows = true;
  readonly family: IpFamily;
  readonly versions: Versions;
  readonly reports = new SyncReports();
  private readonly streams: RandomStreams;
  private readonly proxiers = new Map<number, UserspaceProxier>();

  constructor({ family, ledger, rules, streams }: ModeSetup) {
    this.family = family;
    this.streams = streams ?? new RandomStreams('userspace');
    const openings = new Openings(`ipv${family}`);
    this.versions = new Versions(ledger, rules, openings);
  }

  proxier(node: ProxyNode): Proxier {
    // A second proxier on a node is kube-proxy started again: what the first one held is let go, and its connections end.
    this.proxiers.get(node.index)?.stop();
    const table = new PortTable(this.streams, `userspace/ipv${this.family}/node/${node.index}`);
    const proxier = new UserspaceProxier(this, node, table);
    this.proxiers.set(node.index, proxier);
    return proxier;
  }
}

class UserspaceProxier implements Proxier {
  private readonly run: UserspaceRun;
  private readonly node: ProxyNode;
  private readonly table: PortTable;
  /** Whose ports and rules are in place, whose endpoints the balancers have, and what is planned. */
  private current: Version | null = null;
  private followed: Version | null = null;
  private planned: Version | null = null;
  private nowNs: Nanoseconds = 0;

  constructor(run: UserspaceRun, node: ProxyNode, table: PortTable) {
    this.run = run;
    this.node = node;
    this.table = table;
  }

  prepare(revision: number, nowNs: Nanoseconds): SyncReport {
    const planned = this.run.versions.take(revision);
    if (this.planned !== null) this.run.versions.give(this.planned);
    this.planned = planned;
    this.nowNs = nowNs;
    const before = this.current?.layout ?? null;
    const start = { before, after: planned.layout, jumpsExist: this.jumpsExist() };
    return this.run.reports.of(start, this.node.localIps);
  }

  script(): readonly ToolInput[] {
    const version = this.planned ?? this.current;
    if (version === null) return [];
    const target = { family: this.run.family, nodeIp: this.node.ip, withJumps: !this.jumpsExist() };
    return [portalScript(this.run.versions.store, version.layout, target)];
  }

  commit(): void {
    const { planned } = this;
    if (planned === null) return;
    this.planned = null;
    installLayout(this.node.netfilter, planned.layout.bases);
    this.node.netfilter.nodeAddress = this.node.ip;
    this.table.open(planned.layout);
    // Endpoints taken up during the sync are newer than what it brings.
    const isNewer = this.followed === null || planned.revision > this.followed.revision;
    const isOld = this.current?.layout === planned.layout && this.current.revision > planned.revision;
    const left = isOld ? planned : this.current;
    if (!isOld) this.current = planned;
    if (isNewer) this.take(planned);
    if (left !== null) this.run.versions.give(left);
    this.node.relay.install(this.run.family, this.table);
  }

  /** See `Proxier`. */
  follow(revision: number, nowNs: Nanoseconds): SyncReport | null {
    const { current } = this;
    if (current === null) return null;
    this.nowNs = nowNs;
    const version = this.run.versions.take(revision);
    this.take(version);
    // A sync under way may be about to bring other ports and rules.
    const isAll = version.layout === current.layout && (this.planned?.layout ?? current.layout) === current.layout;
    if (isAll) this.current = version;
    this.run.versions.give(isAll ? current : version);
    return isAll ? nothingWritten(version.layout) : null;
  }

  /** The process ends: its sockets close; the node's tables stay as they are. */
  stop(): void {
    for (const version of [this.current, this.followed, this.planned]) {
      if (version !== null) this.run.versions.give(version);
    }
    this.current = this.followed = this.planned = null;
    this.node.relay.install(this.run.family, null);
  }

  /** Has the balancers follow a version's endpoints. */
  private take(version: Version): void {
    const before = this.followed;
    this.followed = this.run.versions.hold(version);
    this.table.follow(version, this.nowNs);
    if (before !== null) this.run.versions.give(before);
  }

  private jumpsExist(): boolean {
    return this.node.netfilter.base(Table.nat, Hook.prerouting, Owner.proxy) >= 0;
  }
}
