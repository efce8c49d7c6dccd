/** kube-proxy in ipvs mode on one node: plans a sync, says what it would hand to the tools, and puts it in place. */
import type { IpSet } from '../../../kernel/index.js';
import { Hook, Owner, Table } from '../../../kernel/index.js';
import type { Proxier, ProxyNode, SyncReport, ToolInput } from '../../proxier.js';
import type { FirewallVariants } from './firewall.js';
import { SetHandle } from './ip-sets.js';
import type { LocalChanges } from './local-endpoints.js';
import type { ListPlan } from './node-lists.js';
import type { NodeState } from './node-state.js';
import type { FilledSets } from './rule-parts.js';
import { installRules, type RuleVariant, type RuleVariants } from './rules.js';
import { syncScript } from './script.js';
import { syncReport } from './sync-report.js';
import type { Version, VersionCompiler } from './versions.js';

/** What the proxiers of a run share. */
export interface SharedParts {
  readonly compiler: VersionCompiler;
  readonly variants: RuleVariants;
  readonly firewalls: FirewallVariants;
  /** Told when a node has another version in place. */
  readonly installed: (before: Version | null, after: Version) => void;
}

/** A sync that is planned. */
interface Plan {
  readonly version: Version;
  readonly lists: ListPlan;
  readonly local: LocalChanges;
  /** By handle, but for KUBE-LOOP-BACK, which is the one in place. */
  readonly sets: readonly IpSet[];
  readonly rules: RuleVariant;
}

/** Sets of a node that are not the same for all: their entries that come and go are counted one by one. */
const OWN_SETS: readonly SetHandle[] = [
  SetHandle.loadBalancerSourceIp,
  SetHandle.nodePortSctp,
  SetHandle.nodePortLocalSctp,
];

/** One node's proxier. */
export class IpvsProxier implements Proxier {
  private readonly shared: SharedParts;
  private readonly node: ProxyNode;
  private readonly state: NodeState;
  private planned: Plan | null = null;

  /**
   * @param shared by all nodes
   * @param node its kernel
   * @param state what it has in place
   */
  constructor(shared: SharedParts, node: ProxyNode, state: NodeState) {
    this.shared = shared;
    this.node = node;
    this.state = state;
  }

  /** See `Proxier`; every sync is a full one. */
  prepare(revision: number): SyncReport {
    const { node, state } = this;
    const { compiler, firewalls, variants } = this.shared;
    // The node's labels may have changed.
    compiler.addZone(node.zone);
    const version = compiler.version(revision);
    const firewall = firewalls.of(version.firewalled, node.ip);
    const local = compiler.local.changes(node.index, revision);
    const loopBack = compiler.local.set(node.index);
    const localEntries = loopBack.size + local.added.length - local.removed.length;
    const sets = state.nodeSets.of(version, firewall, loopBack);
    const filled = filledSets(sets, localEntries);
    const rules = variants.of({ filled, firewall, node: node.index });
    const lists = state.lists.plan(node, revision);
    this.planned = { version, lists, local, sets, rules };
    const ownChanges = OWN_SETS.reduce<number>(
      (sum, handle) => sum + entryChanges(state.sets[handle], sets[handle]!),
      0,
    );
    return syncReport(version, {
      from: state.version,
      jumpsExist: node.netfilter.base(Table.nat, Hook.prerouting, Owner.proxy) >= 0,
      ownAddresses: state.nodePorts.length,
      rules: rules.rules,
      ownEntryChanges: ownChanges + local.added.length + local.removed.length,
      entries: sets.reduce((sum, set) => sum + set.size, 0) - loopBack.size + localEntries,
      tally: lists.tally,
      draining: node.ipvs.servers.drainingCount,
    });
  }

  /** See `Proxier`. */
  script(): readonly ToolInput[] {
    const { planned, node, state } = this;
    if (planned === null) return [];
    const { version, lists, local, rules } = planned;
    const sets = planned.sets.slice();
    sets[SetHandle.loopBack] = this.shared.compiler.local.setAfter(node.index, local);
    return syncScript({ node, state, version, lists, sets, rules });
  }

  /** See `Proxier`. */
  commit(): void {
    const { planned, node, state, shared } = this;
    if (planned === null) return;
    this.planned = null;
    const { version, lists, rules } = planned;
    const { netfilter, ipvs, index } = node;
    shared.compiler.local.apply(index, version.revision);
    const sets = planned.sets.slice();
    sets[SetHandle.loopBack] = shared.compiler.local.set(index);
    sets.forEach((set, handle) => {
      if (state.sets[handle] !== set) netfilter.sets.put(handle, set);
    });
    installRules(netfilter, rules);
    state.lists.commit(lists, index);
    ipvs.use(version.table, state.nodePorts, { own: state.lists, initial: state.initial });
    const before = state.version;
    state.version = version;
    state.sets = sets;
    state.initial = false;
    shared.installed(before, version);
  }
}

/** Which sets have entries. */
function filledSets(sets: readonly IpSet[], localEntries: number): FilledSets {
  let filled = localEntries > 0 ? 1 << SetHandle.loopBack : 0;
  sets.forEach((set, handle) => {
    if (handle !== SetHandle.loopBack && set.size > 0) filled |= 1 << handle;
  });
  return filled;
}

/** Entries that come and go between two versions of a small set. */
function entryChanges(before: IpSet | undefined, after: IpSet): number {
  if (before === after) return 0;
  const known = new Set((before?.entries() ?? []).map((entry) => JSON.stringify(entry)));
  const stay = after.entries().filter((entry) => known.has(JSON.stringify(entry))).length;
  return known.size + after.size - 2 * stay;
}
