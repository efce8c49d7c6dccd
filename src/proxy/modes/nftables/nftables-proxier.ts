/**
 * One node's kube-proxy in nftables mode: plans a sync, says what it writes, and puts it into the node's kernel.
 *
 * Mirrors syncProxyRules (pkg/proxy/nftables/proxier.go, 1.34). Chains of no use are flushed at once, and again with each sync that finds
 * them; a second after that the next sync deletes them in a transaction of its own, before it begins with its own.
 */
import { chainNames } from '../../../kernel/nftables/rule-text.js';
import { formatIpPrefix, type IpAddress } from '../../../net/index.js';
import type { Nanoseconds } from '../../../sim/index.js';
import {
  detectorOf,
  type Proxier,
  type ProxyNode,
  type ProxyOptions,
  type SyncReport,
  type ToolInput,
} from '../../proxier.js';
import type { ServicePort } from '../../service-port.js';
import { installFixedTable } from './fixed-table.js';
import { nodePortIps, type RuleOptions } from './rule-options.js';
import { setupLines, setupOperations, type SetupParts } from './setup-text.js';
import { operationCount, planSync, sizeOf, syncWork, type Operations, type SyncPlan } from './sync-plan.js';
import { NO_STALE_CHAINS, type StaleChains, type StaleChainSets, type StaleStep } from './stale-chains.js';
import type { ChangeSetup, ElementChange } from './table-change.js';
import { elementsOf } from './table-contents.js';
import { TABLE_SETS, TableSet } from './table-names.js';
import { chainsOf } from './table-version.js';
import { deletionLines, transactionLines, type TextParts } from './transaction-text.js';
import type { CachedVersion, VersionCache } from './version-cache.js';

/** What a proxier works with. */
export interface ProxierSetup extends ChangeSetup {
  readonly options: ProxyOptions;
  readonly rules: RuleOptions;
  readonly cache: VersionCache;
  readonly staleSets: StaleChainSets;
}

/** What a kube-proxy has put into a node's kernel. */
export interface InPlace {
  readonly version: CachedVersion | null;
  /** Chains of no use, and when they were flushed last; Infinity where this proxy does not know. */
  readonly stale: StaleChains;
  readonly staleSinceNs: Nanoseconds;
}

/** Nothing. */
export const NOTHING_IN_PLACE: InPlace = { version: null, stale: NO_STALE_CHAINS, staleSinceNs: Infinity };

/** A sync about to take hold. */
interface Planned {
  readonly version: CachedVersion;
  readonly plan: SyncPlan;
  readonly full: boolean;
  readonly first: boolean;
  readonly nowNs: Nanoseconds;
  readonly stale: StaleStep;
  readonly operations: Operations;
}

/** One node's proxier. */
export class NftablesProxier implements Proxier {
  private readonly setup: ProxierSetup;
  private readonly node: ProxyNode;
  private readonly nodePortIps: readonly IpAddress[];
  private inPlace: InPlace;
  private planned: Planned | null = null;
  /** Revision synced last; 0 before the first sync. */
  private synced = 0;

  /** @param inPlace what a former proxier left on the node */
  constructor(setup: ProxierSetup, node: ProxyNode, inPlace: InPlace) {
    this.setup = setup;
    this.node = node;
    this.nodePortIps = nodePortIps(setup.options, setup.rules, node);
    this.inPlace = { ...inPlace, staleSinceNs: Infinity };
  }

  prepare(revision: number, nowNs: Nanoseconds, full: boolean): SyncReport {
    const { cache } = this.setup;
    const version = cache.take(revision, this.node);
    if (this.planned !== null) cache.give(this.planned.version);
    const isFull = full || this.synced === 0;
    const plan = this.planFor(version, isFull);
    const { stale: known, staleSinceNs } = this.inPlace;
    const stale = this.setup.staleSets.step(plan, known, staleSinceNs, nowNs);
    const first = this.synced === 0;
    const setup = isFull ? setupOperations(this.setupParts(first)) : 0;
    const operations = { ...plan.operations, setup, flushes: stale.flushed.length };
    this.planned = { version, plan, full: isFull, first, nowNs, stale, operations };
    return this.report(this.planned);
  }

  script(): readonly ToolInput[] {
    if (this.planned === null) return [];
    const { plan, full, first, stale } = this.planned;
    const { deleted, flushed } = stale;
    const { store, rules } = this.setup;
    const text: TextParts = { store, rules, nameOf: chainNames(store), ownPrefix: this.ownPrefixText() };
    const lines = full ? setupLines(this.setupParts(first)) : [];
    const { written, keeps, goneSets, change } = plan;
    const parts = {
      ports: written,
      keeps,
      elements: change.elements(),
      flushed,
      goneSets,
      portOf: this.portFinder(this.planned),
    };
    for (const line of transactionLines(text, parts)) lines.push(line);
    const inputs: ToolInput[] = deleted.length > 0 ? [toolInput(deletionLines(text, deleted))] : [];
    return [...inputs, toolInput(lines)];
  }

  commit(): void {
    if (this.planned === null) return;
    const { version, plan, stale, nowNs } = this.planned;
    const { nftables } = this.node;
    const { fixed, cache } = this.setup;
    installFixedTable(fixed, nftables);
    for (let set = 0; set < TABLE_SETS; set++) {
      if (set !== TableSet.nodePortIps) nftables.setContent(fixed.sets[set]!, version.table.contents.versions[set]!);
    }
    if (this.synced === 0) this.installNodeParts();
    for (const set of plan.goneSets) nftables.dropDynamicSet(set);
    if (this.inPlace.version !== null) cache.give(this.inPlace.version);
    this.inPlace = { version, stale: stale.after, staleSinceNs: nowNs };
    this.synced = version.table.shared.revision;
    this.planned = null;
  }

  /** Lets go of what is planned, and hands over what is in place; the node's table stays as it is. */
  stop(): InPlace {
    if (this.planned !== null) this.setup.cache.give(this.planned.version);
    this.planned = null;
    const { inPlace } = this;
    this.inPlace = NOTHING_IN_PLACE;
    return inPlace;
  }

  private planFor(version: CachedVersion, full: boolean): SyncPlan {
    const before = this.inPlace.version;
    const key = `${before?.id ?? 0} ${this.synced} ${full}`;
    let plan = version.plans.get(key);
    if (plan === undefined) {
      plan = planSync(this.setup, version.table, { before: before?.table ?? null, from: this.synced, full });
      version.plans.set(key, plan);
    }
    return plan;
  }

  private report({ version, full, stale, operations }: Planned): SyncReport {
    const { fixed, ledger } = this.setup;
    const { counts, shared } = version.table;
    const count = operationCount(operations);
    const fixedSize = { chains: fixed.bases.length + fixed.chains.size, anonymousSets: fixed.anonymousSets };
    const before = this.inPlace.version;
    const size = before === null ? null : sizeOf(fixedSize, before.table.counts);
    const inPlace = size === null ? null : { ...size, chains: size.chains + this.inPlace.stale.chains.size };
    const visited = { services: shared.keys.length, endpoints: ledger.endpointCountAt(shared.revision) };
    const work = syncWork(inPlace, { operations: count, deletions: stale.deleted.length, full }, visited);
    return {
      full,
      rulesWritten: 0,
      rulesTotal: 0,
      chainsTotal: 0,
      operations: count,
      nftChains: fixedSize.chains + counts.chains + stale.after.chains.size,
      nftRules: fixed.rules + counts.rules,
      nftElements: counts.elements + this.nodePortIps.length,
      virtualServers: 0,
      realServers: 0,
      setEntries: 0,
      work,
      workBeforeLive: work,
    };
  }

  private setupParts(first: boolean): SetupParts {
    const { store, fixed, rules } = this.setup;
    return { store, fixed, rules, nodePortIps: this.nodePortIps, first };
  }

  /** What is the node's own and never changes: addresses of node ports, prefix of its pods. */
  private installNodeParts(): void {
    const { nftables, index } = this.node;
    const { store, fixed, options } = this.setup;
    const set = fixed.sets[TableSet.nodePortIps]!;
    let content = 0;
    for (const ip of this.nodePortIps) content = store.withElement(set, content, ip, 0, null);
    nftables.setContent(set, content);
    store.sets.contentOf(set).release(content);
    const detector = detectorOf(options, index);
    nftables.ownPrefix = detector.kind === 'source' ? detector.prefix : null;
  }

  private ownPrefixText(): string {
    const detector = detectorOf(this.setup.options, this.node.index);
    return detector.kind === 'source' ? formatIpPrefix(detector.prefix) : '';
  }

  /** Finds the service port of an element that the planned sync adds. */
  private portFinder({ plan, version }: Planned): (change: ElementChange) => ServicePort | undefined {
    const ports = new Map<string, ServicePort>();
    for (const key of plan.change.keys) {
      const chains = chainsOf(version.table, key);
      if (chains === undefined) continue;
      for (const { set, address, service } of elementsOf(chains, this.setup.fixed.reject)) {
        const place = `${set} ${address} ${service}`;
        if (!ports.has(place)) ports.set(place, chains.plan.port);
      }
    }
    return ({ set, address, service }) => ports.get(`${set} ${address} ${service}`);
  }
}

function toolInput(lines: readonly string[]): ToolInput {
  return { tool: 'nft', text: lines.map((line) => `${line}\n`).join('') };
}
