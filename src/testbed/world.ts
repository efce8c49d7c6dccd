/**
 * The world of one case: everything built and joined, ready to run.
 *
 * Order matters and is fixed: addresses before nodes, the cluster's state before the proxies' first sync, rules in place
 * before traffic. Whatever draws by chance draws from a stream of its own name.
 */
import { RuleStore } from '../kernel/index.js';
import { Cluster } from '../kube/index.js';
import { Ledger, NodeProxies, findProxyMode, type ProxyNode } from '../proxy/index.js';
import type { Case } from '../scenario/case.js';
import { Churn, Stations, Traffic, workloads, type Workload } from '../workload/index.js';
import { CaseError } from './case-error.js';
import { Clients } from './clients.js';
import { Foundation } from './foundation.js';
import { buildNode } from './node-builder.js';
import { Overlay } from './overlay.js';
import { Servers } from './servers.js';
import { SyncProbe } from './sync-probe.js';

/** From a write to the API until a node's proxy has it: assumed, one hop to the API server and one to the node, and up to as much again. */
const WATCH_DELAY = 1_000_000;
const WATCH_JITTER = 1_000_000;

/** A case, built. */
export class World {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly proxies: NodeProxies;
  readonly syncs: SyncProbe;
  readonly traffic: Traffic;
  readonly stations: Stations;
  readonly rules = new RuleStore();
  readonly servers: Servers;
  /** The parts of each node's kernel that its proxy writes. */
  readonly proxyNodes: ProxyNode[] = [];
  /** Writes of slices before the run began. */
  readonly slicesAtStart: number;

  /**
   * Builds a case.
   * @param plan the case
   * @param seed the run's seed
   * @throws CaseError or ClusterError when the case does not fit together
   */
  constructor(plan: Case, seed: string) {
    const { cluster: options, run } = plan;
    const workload = workloadNamed(plan.workload.kind);
    const base = new Foundation({ seed, profile: plan.profile, fromNs: run.warmupNs, untilNs: run.durationNs });
    const { simulation, streams, wheels, bridge } = base;
    this.base = base;
    this.cluster = new Cluster(options);
    this.cluster.start(simulation, streams.stream('kube/pods'));
    this.ledger = new Ledger(this.cluster);
    this.syncs = new SyncProbe(simulation, (revision) => this.proxies.changedAt(revision));
    this.proxies = this.buildNodes(plan);
    const observer = base.probes;
    this.stations = new Stations({
      simulation,
      streams,
      fabric: bridge,
      observer,
      options: { ...plan.workload.server, responseBytes: plan.workload.responseBytes },
    });
    this.servers = new Servers(base, this.cluster, this.stations);
    const clients = new Clients({
      base,
      cluster: this.cluster,
      ledger: this.ledger,
      workload: plan.workload,
      options,
      protocol: workload.protocol,
    });
    this.traffic = new Traffic({
      simulation,
      wheels,
      streams,
      fabric: bridge,
      observer,
      options: plan.workload,
      rules: workload.rules(plan.workload),
      targets: clients.targets.length,
      untilNs: run.durationNs,
    });
    bridge.join({
      transport: base.transport,
      traffic: this.traffic,
      stations: this.stations,
      plan: clients,
      protocol: workload.protocol,
    });
    this.slicesAtStart = this.sliceWrites();
    this.proxies.syncAll();
    new Churn(simulation, plan.churn, this.cluster);
  }

  /** Writes of slices so far. */
  sliceWrites(): number {
    const { create, update, delete: deleted } = this.cluster.endpointSlices.writes;
    return create + update + deleted;
  }

  private buildNodes(plan: Case): NodeProxies {
    const { base, cluster, ledger, rules } = this;
    const { cluster: options, proxy } = plan;
    const mode = findProxyMode(proxy.mode);
    if (mode === undefined) throw new CaseError(`there is no proxy mode ${proxy.mode}`);
    const overlay = new Overlay({
      kind: options.overlay,
      cluster,
      podCidr: options.podCidr,
      nodeCidr: options.nodeCidr,
      mesh: base.underlay.mesh,
      rules,
    });
    const running = mode.start({ ledger, rules, options: { ...proxy, clusterCidr: options.podCidr } });
    const setup = { base, cluster, overlay, rules, options, lookup: proxy.lookup };
    for (let index = 0; index < options.nodes; index++) this.proxyNodes.push(buildNode(setup, index));
    const proxiers = this.proxyNodes.map((node) => running.proxier(node));
    return new NodeProxies({
      simulation: base.simulation,
      ledger,
      proxiers,
      pricing: base.underlay.cost,
      options: {
        minSyncPeriodNs: proxy.minSyncPeriodNs,
        maxSyncPeriodNs: mode.forcedSyncPeriodNs ?? proxy.syncPeriodNs,
        burst: proxy.burst,
        watchDelayNs: WATCH_DELAY,
        watchJitterNs: WATCH_JITTER,
      },
      random: base.streams.stream('proxy/watch'),
      observer: this.syncs,
    });
  }
}

function workloadNamed(name: string): Workload {
  const workload = workloads.find((known) => known.name === name);
  if (workload === undefined) throw new CaseError(`there is no workload ${name}`);
  return workload;
}
