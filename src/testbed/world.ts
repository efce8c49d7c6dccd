/**
 * The world of one case: everything built and joined, ready to run.
 *
 * Order matters and is fixed: addresses before nodes, the cluster's state before the proxies' first sync, rules in place
 * before traffic. Whatever draws by chance draws from a stream of its own name.
 */
import { Cluster, objectKey, WatchFanout } from '../kube/index.js';
import type { IpFamily } from '../net/index.js';
import type { ServicePort } from '../proxy/index.js';
import type { Case, ClusterOptions } from '../scenario/case.js';
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
import { ClientKnowledge } from './client-knowledge.js';
import { Clients } from './clients.js';
import { ClusterProxies } from './cluster-proxies.js';
import { Foundation } from './foundation.js';
import { IngressTraffic, outsideProxies } from './ingress/index.js';
import { DNS_KEY, NameLookups } from './lookups/index.js';
import { Servers } from './servers.js';
import { SourceLog } from './source-log.js';
import { SyncProbe } from './sync-probe.js';
import { wayInOf, type OutsideMachine, type WayIn } from './ways-in/index.js';

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
  /** What is between clients outside and the nodes. */
  readonly wayIn: WayIn;
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
    const { ipFamily: family } = plan.workload;
    const ofFamily = this.proxies.of(family);
    this.wayIn = wayInOf({ base, cluster: this.cluster, plan, proxies: ofFamily });
    const outside = this.makeOutside(options, family);
    const clients = new Clients({
      base,
      cluster: this.cluster,
      ledger: ofFamily.ledger,
      workload: plan.workload,
      options,
      protocol: workload.protocol,
      spread: this.wayIn.spread,
      outside: outside?.map(({ address }) => address),
      dials: dialledIn(plan),
    });
    this.sources = this.makeSources(outside);
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
    this.planChurn(plan);
  }

  /** What happens to the cluster while traffic runs. */
  private planChurn({ churn }: Case): void {
    const { cluster, proxies, wayIn } = this;
    new Churn(this.base.simulation, churn, {
      scale: (service, replicas, timing) => cluster.scale(service, replicas, timing),
      rollingUpdate: (service, update) => cluster.rollingUpdate(service, update),
      scaleSuddenly: (service, replicas) => cluster.scaleSuddenly(service, replicas),
      failPods: (service, failure) => cluster.failPods(service, failure),
      editEndpoints: (service, addresses) => cluster.editEndpoints(service, addresses),
      replaceSuddenly: (service, replacement) => cluster.replaceSuddenly(service, replacement),
      restartProxies: (nodes, downNs) => proxies.restart(nodes, downNs),
      joinNodes: (nodes) => proxies.join(nodes),
      setNextHops: (nodes) => wayIn.ecmp?.setNextHops(nodes),
    });
  }

  /** Whose addresses servers see, and what they know. @param outside ingress proxies outside of the cluster */
  private makeSources(outside: readonly OutsideMachine[] = []): SourceLog {
    const { base, cluster, proxies, stations, ingress, wayIn } = this;
    const knowledge = new ClientKnowledge({ base, balancer: wayIn.balancer, ingress });
    ingress?.standBehind(knowledge);
    const machines = [...wayIn.machines, ...outside.map(({ host }) => host)];
    return new SourceLog({ base, cluster, families: proxies.families, stations, knowledge, machines });
  }

  /** Ingress proxies outside of the cluster; undefined without. */
  private makeOutside(options: ClusterOptions, family: IpFamily): readonly OutsideMachine[] | undefined {
    const { base, cluster, stations, ingress: traffic } = this;
    return outsideProxies({ base, cluster, options, family, stations, traffic });
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

  /** Writes of slices so far, of both controllers that make them. */
  sliceWrites(): number {
    const { slices, mirroring } = this.cluster.controllers;
    return [slices, mirroring].reduce((sum, { writes }) => sum + writes.create + writes.update + writes.delete, 0);
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
