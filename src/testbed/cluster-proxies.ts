/**
 * kube-proxy on all nodes of a run: for each family a ledger, a mode at work, and one proxier and sync runner a node.
 *
 * So does kube-proxy itself in a dual-stack cluster: two proxiers side by side, which share nothing but the node.
 */
import { NftStore, RuleStore } from '../kernel/index.js';
import type { Cluster } from '../kube/index.js';
import type { IpFamily } from '../net/index.js';
import {
  Ledger,
  NodeProxies,
  findProxyMode,
  type ProxyMode,
  type ProxyNode,
  type SyncObserver,
} from '../proxy/index.js';
import { proxyOptions, type Case } from '../scenario/index.js';
import { CaseError } from './case-error.js';
import type { RuleStores } from './family-kernel.js';
import { FlannelRules } from './flannel-rules.js';
import type { Foundation } from './foundation.js';
import { buildNode } from './node-builder.js';
import { Overlay } from './overlay.js';

/** From a write to the API until a node's proxy has it: assumed, one hop to the API server and one to the node, and up to as much again. */
const WATCH_DELAY = 1_000_000;
const WATCH_JITTER = 1_000_000;

/** What one family has of kube-proxy. */
export interface FamilyProxies {
  readonly family: IpFamily;
  readonly ledger: Ledger;
  /** The parts of each node's kernel that its proxy writes. */
  readonly nodes: readonly ProxyNode[];
  readonly proxies: NodeProxies;
}

/** Who is told of the syncs of all families. */
export interface FamilySyncObserver {
  /** Makes the observer of one family. */
  of(family: FamilyProxies['family'], changedAt: (revision: number) => number): SyncObserver;
}

/** The proxies of one run. */
export class ClusterProxies {
  /** By family, the cluster's primary one first. */
  readonly families: readonly FamilyProxies[];
  readonly stores: RuleStores;

  /**
   * Builds the nodes with their overlays, and the proxies; nothing is synced yet.
   * @throws CaseError when there is no such mode
   */
  constructor(base: Foundation, cluster: Cluster, plan: Case, observer: FamilySyncObserver) {
    const mode = findProxyMode(plan.proxy.mode);
    if (mode === undefined) throw new CaseError(`there is no proxy mode ${plan.proxy.mode}`);
    const stores = { rules: new RuleStore(), nft: new NftStore(), lookup: plan.proxy.lookup };
    this.stores = stores;
    const ledgers = cluster.families.map((family) => new Ledger(cluster, family));
    const overlays = makeOverlays(base, cluster, plan, stores);
    const { ipvsTimeouts } = plan.proxy;
    const setup = { base, cluster, overlays, stores, options: plan.cluster, ipvsTimeouts };
    const nodes = cluster.nodes.map(({ index }) => buildNode(setup, index));
    this.families = overlays.map((overlay, place): FamilyProxies => {
      const ledger = ledgers[place]!;
      const ofFamily = nodes.map((families) => families[place]!);
      const proxies = startProxies({ base, plan, mode, stores, ledger, nodes: ofFamily, overlay, observer });
      return { family: overlay.family, ledger, nodes: ofFamily, proxies };
    });
  }

  /**
   * The proxies of a family.
   * @throws CaseError when the cluster does not have it
   */
  of(family: IpFamily): FamilyProxies {
    const found = this.families.find((each) => each.family === family);
    if (found === undefined) throw new CaseError(`the cluster has no IPv${family}`);
    return found;
  }

  /** Brings every node to the newest revision at once; see `NodeProxies.syncAll`. */
  syncAll(absent?: ReadonlySet<number>): void {
    for (const { proxies } of this.families) proxies.syncAll(absent);
  }

  /** Changes that are not in place yet, counted once for each node and family that lacks them. */
  pendingChanges(): number {
    return this.families.reduce((sum, { proxies }) => sum + proxies.pendingChanges(), 0);
  }

  /** Whether network programming latency has yet to be observed somewhere; at the end of a sync that may have taken hold already. */
  isProgramming(): boolean {
    return this.families.some(({ proxies }) => proxies.latency.isPending);
  }

  /** Starts kube-proxy on nodes that were absent; see `NodeProxies.join`. */
  join(nodes: readonly number[]): void {
    for (const node of nodes) for (const { proxies } of this.families) proxies.join(node);
  }

  /** Ends kube-proxy on some nodes and starts it again; see `NodeProxies.restart`. */
  restart(nodes: readonly number[], downNs: number): void {
    for (const node of nodes) for (const { proxies } of this.families) proxies.restart(node, downNs);
  }
}

function makeOverlays(base: Foundation, cluster: Cluster, { cluster: options }: Case, stores: RuleStores): Overlay[] {
  const rules = new FlannelRules(stores, options.flannelMasquerade);
  return cluster.families.map(
    (family) =>
      new Overlay({
        family,
        kind: options.overlay,
        cluster,
        podCidr: family === 4 ? options.podCidr : options.podCidr6,
        nodeCidr: family === 4 ? options.nodeCidr : options.nodeCidr6,
        mesh: base.underlay.mesh,
        rules,
      }),
  );
}

/** Starts the mode and the proxies of one family. */
function startProxies(parts: {
  readonly base: Foundation;
  readonly plan: Case;
  readonly mode: ProxyMode;
  readonly stores: RuleStores;
  readonly ledger: Ledger;
  readonly nodes: readonly ProxyNode[];
  readonly overlay: Overlay;
  readonly observer: FamilySyncObserver;
}): NodeProxies {
  const { base, plan, mode, stores, ledger, nodes, overlay, observer } = parts;
  const { family } = overlay;
  const options = proxyOptions(
    family,
    plan,
    nodes.map(({ index }) => overlay.subnet(index)),
  );
  const { rules, nft } = stores;
  const proxies: NodeProxies = new NodeProxies({
    simulation: base.simulation,
    ledger,
    mode: mode.start({ family, ledger, rules, nft, options, streams: base.streams }),
    nodes,
    conntrack: base.nodes.map((node) => node.conntrack),
    pricing: base.underlay.cost,
    options: {
      minSyncPeriodNs: options.minSyncPeriodNs,
      maxSyncPeriodNs: mode.forcedSyncPeriodNs ?? options.syncPeriodNs,
      burst: options.burst,
      watchDelayNs: WATCH_DELAY,
      watchJitterNs: WATCH_JITTER,
    },
    random: base.streams.stream(family === plan.cluster.ipFamilies[0] ? 'proxy/watch' : `proxy/watch/${family}`),
    observer: observer.of(family, (revision) => proxies.changedAt(revision)),
  });
  return proxies;
}
