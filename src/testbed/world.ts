/**
 * The world of one case: everything built and joined, ready to run.
 *
 * Order matters and is fixed: addresses before nodes, the cluster's state before the proxies' first sync, rules in place
 * before traffic. Whatever draws by chance draws from a stream of its own name.
 */
import { addressIn, Cluster, objectKey, WatchFanout } from '../kube/index.js';
import type { ServicePort } from '../proxy/index.js';
import type { Case } from '../scenario/case.js';
import {
  Churn,
  nodesToJoin,
  Stations,
  Traffic,
  workloads,
  type StationKind,
  type Workload,
} from '../workload/index.js';
import { CaseError } from './case-error.js';
import { Clients } from './clients.js';
import { ClusterProxies } from './cluster-proxies.js';
import { Foundation } from './foundation.js';
import { IngressTraffic } from './ingress/index.js';
import { DNS_KEY, NameLookups } from './lookups/index.js';
import { Servers } from './servers.js';
import { SourceLog } from './source-log.js';
import { SyncProbe } from './sync-probe.js';
import { CloudLoadBalancer, EcmpRoutes, type FlowSpread } from './ways-in/index.js';

/** A case, built. */
export class World {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly proxies: ClusterProxies;
  readonly syncs: SyncProbe;
  readonly traffic: Traffic;
  readonly stations: Stations;
  readonly servers: Servers;
  /** Lookups of names; undefined in runs without. */
  readonly lookups: NameLookups | undefined;
  /** Traffic through Ingresses; undefined in runs without. */
  readonly ingress: IngressTraffic | undefined;
  readonly sources: SourceLog;
  /** What writes cost on their way to the nodes; undefined where nobody asks. */
  readonly fanout: WatchFanout | undefined;
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
    const base = foundationOf(plan, seed);
    const { simulation, streams, wheels, bridge, probes: observer } = base;
    this.base = base;
    this.cluster = new Cluster(options);
    this.fanout = fanoutOf(plan, this.cluster);
    this.cluster.start(simulation, streams.stream('kube/pods'));
    this.syncs = new SyncProbe(simulation);
    this.proxies = new ClusterProxies(base, this.cluster, plan, this.syncs);
    this.stations = new Stations({
      simulation,
      streams,
      fabric: bridge,
      observer,
      options: { ...plan.workload.server, responseBytes: plan.workload.responseBytes },
    });
    this.lookups = this.makeLookups(plan);
    const { ingress } = options;
    this.ingress = ingress === undefined ? undefined : new IngressTraffic(base, this.cluster, ingress);
    this.servers = new Servers(base, this.cluster, this.stations, (service) => this.kindOf(service));
    const clients = new Clients({
      base,
      cluster: this.cluster,
      ledger: this.proxies.of(plan.workload.ipFamily).ledger,
      workload: plan.workload,
      options,
      protocol: workload.protocol,
      spread: this.makeSpread(plan),
      dials: dialledIn(plan),
    });
    this.sources = new SourceLog({
      base,
      cluster: this.cluster,
      families: this.proxies.families,
      stations: this.stations,
    });
    const named = this.lookups?.traffic(clients.targets);
    this.traffic = new Traffic({
      simulation,
      wheels,
      streams,
      fabric: named?.fabric ?? bridge,
      observer,
      options: plan.workload,
      rules: workload.rules(plan.workload),
      targets: named?.targets ?? this.ingress?.targets ?? clients.targets.length,
      untilNs: run.durationNs,
    });
    bridge.join({
      traffic: named?.join(this.traffic) ?? this.traffic,
      stations: this.stations,
      plan: this.ingress?.plan(clients) ?? clients,
      protocol: workload.protocol,
      sources: this.sources,
    });
    this.slicesAtStart = this.sliceWrites();
    this.proxies.syncAll(nodesToJoin(plan.churn));
    const { cluster, proxies } = this;
    new Churn(simulation, plan.churn, {
      scale: (service, replicas, timing) => cluster.scale(service, replicas, timing),
      rollingUpdate: (service, update) => cluster.rollingUpdate(service, update),
      scaleSuddenly: (service, replicas) => cluster.scaleSuddenly(service, replicas),
      failPods: (service, failure) => cluster.failPods(service, failure),
      replaceSuddenly: (service, replacement) => cluster.replaceSuddenly(service, replacement),
      restartProxies: (nodes, downNs) => proxies.restart(nodes, downNs),
      joinNodes: (nodes) => proxies.join(nodes),
    });
  }

  /** How flows from outside are dealt out over the nodes; undefined where each client comes in by one. */
  private makeSpread({ cluster: options, workload }: Case): FlowSpread | undefined {
    const { simulation, packets } = this.base;
    const { ledger, proxies } = this.proxies.of(workload.ipFamily);
    const nodes = this.cluster.nodes.map((node) => addressIn(node, workload.ipFamily));
    if (workload.frontend === 'ecmp') return new EcmpRoutes(packets, nodes);
    const { loadBalancer } = options;
    if (loadBalancer === undefined) return undefined;
    return new CloudLoadBalancer({ simulation, packets, nodes, ledger, proxies, ...loadBalancer });
  }

  /** What the servers of a Service are; undefined for those of the workload. */
  private kindOf(service: string): StationKind | undefined {
    return this.lookups?.kindOf(service) ?? this.ingress?.kindOf(service);
  }

  private makeLookups(plan: Case): NameLookups | undefined {
    const { dns } = plan.cluster;
    const { lookup } = plan.workload;
    if (dns === undefined || lookup === undefined) return undefined;
    return new NameLookups({
      base: this.base,
      cluster: this.cluster,
      plan,
      dns,
      lookup,
      stations: () => this.stations,
    });
  }

  /** Writes of slices so far. */
  sliceWrites(): number {
    const { create, update, delete: deleted } = this.cluster.endpointSlices.writes;
    return create + update + deleted;
  }
}

/** Which Services clients dial: where names are looked up, kube-dns is for that alone. */
function dialledIn({ cluster, workload }: Case): (service: ServicePort) => boolean {
  if (cluster.dns === undefined) return () => true;
  const isWorkload = workload.kind === 'dns';
  return ({ namespace, service }) => (objectKey(namespace, service) === DNS_KEY) === isWorkload;
}

/** Digits of a resource version of a cluster that has been used for a while. */
const RESOURCE_VERSION_DIGITS = 7;

/** Counts writes from now on, where the case asks for it. */
function fanoutOf({ cluster: { fanout } }: Case, { store, nodes }: Cluster): WatchFanout | undefined {
  if (fanout === undefined) return undefined;
  const measured = { nodes, resourceVersionDigits: RESOURCE_VERSION_DIGITS, created: true, minor: 34 } as const;
  return new WatchFanout(store, nodes.length, fanout.sizes ?? { ...measured, encoding: fanout.encoding });
}

function foundationOf({ profile, run, cluster }: Case, seed: string): Foundation {
  return new Foundation({ seed, profile, fromNs: run.warmupNs, untilNs: run.durationNs, icmp: cluster.icmp });
}

function workloadNamed(name: string): Workload {
  const workload = workloads.find((known) => known.name === name);
  if (workload === undefined) throw new CaseError(`there is no workload ${name}`);
  return workload;
}
