/**
 * The world of one case: everything built and joined, ready to run.
 *
 * Order matters and is fixed: addresses before nodes, the cluster's state before the proxies' first sync, rules in place
 * before traffic. Whatever draws by chance draws from a stream of its own name.
 */
import { Cluster } from '../kube/index.js';
import type { Case } from '../scenario/case.js';
import { Churn, Stations, Traffic, workloads, type Workload } from '../workload/index.js';
import { CaseError } from './case-error.js';
import { Clients } from './clients.js';
import { ClusterProxies } from './cluster-proxies.js';
import { Foundation } from './foundation.js';
import { Servers } from './servers.js';
import { SyncProbe } from './sync-probe.js';

/** A case, built. */
export class World {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly proxies: ClusterProxies;
  readonly syncs: SyncProbe;
  readonly traffic: Traffic;
  readonly stations: Stations;
  readonly servers: Servers;
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
    this.syncs = new SyncProbe(simulation);
    this.proxies = new ClusterProxies(base, this.cluster, plan, this.syncs);
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
      ledger: this.proxies.of(plan.workload.ipFamily).ledger,
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
      traffic: this.traffic,
      stations: this.stations,
      plan: clients,
      protocol: workload.protocol,
    });
    this.slicesAtStart = this.sliceWrites();
    this.proxies.syncAll();
    const { cluster, proxies } = this;
    new Churn(simulation, plan.churn, {
      scale: (service, replicas, timing) => cluster.scale(service, replicas, timing),
      rollingUpdate: (service, update) => cluster.rollingUpdate(service, update),
      restartProxies: (nodes, downNs) => proxies.restart(nodes, downNs),
    });
  }

  /** Writes of slices so far. */
  sliceWrites(): number {
    const { create, update, delete: deleted } = this.cluster.endpointSlices.writes;
    return create + update + deleted;
  }
}

function workloadNamed(name: string): Workload {
  const workload = workloads.find((known) => known.name === name);
  if (workload === undefined) throw new CaseError(`there is no workload ${name}`);
  return workload;
}
