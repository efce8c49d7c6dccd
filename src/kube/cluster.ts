/**
 * The cluster: nodes, Services, pods and slices in one store, with the controllers that keep them in step.
 *
 * Made from made-up Services or from the objects of manifests, complete at time 0: everything has its address, every pod its
 * node, every Service its slices. Changes come later, through the simulation. In a dual-stack cluster nodes and pods have an address of
 * each family, and Services as their policies say. Cost: about 2 us and 500 bytes a pod of one family.
 */
import type { IpAddress, IpFamily } from '../net/index.js';
import { invariant, type RandomStream, type Simulation } from '../sim/index.js';
import type { ClusterObjects, EndpointSlice, Ingress, Node, Pod, PodSet, Service } from './api.js';
import { ClusterError } from './cluster-error.js';
import { rangesOf, type ClusterSetup } from './cluster-setup.js';
import { Controllers } from './controllers/controllers.js';
import { type EndpointSliceController, hasSelector } from './controllers/endpoint-slice.js';
import type { PodListener, PodTiming, RollingUpdate, SuddenReplacement } from './controllers/pod-lives.js';
import { PodSets } from './controllers/pod-set.js';
import { ReadinessProbes, type PodFailure } from './controllers/readiness-probes.js';
import { selects, SelectorIndex } from './controllers/selector-index.js';
import { DNS_SERVICE } from './dns/dns-service.js';
import { dnsDeployment, dnsService } from './dns/kubeadm-dns.js';
import { HostAddresses, makeNodes } from './host-addresses.js';
import { INGRESS_SERVICE, ingressObjects, type IngressObjects } from './ingress/controller-objects.js';
import { madeUpIngress, madeUpObjects } from './made-up.js';
import { Placement } from './placement.js';
import { PodAddresses } from './pod-addresses.js';
import { PodIntake } from './pod-intake.js';
import { PodNetwork, type PodIps } from './pod-network.js';
import { withAddresses } from './service-addresses.js';
import { setOfPods } from './set-pod.js';
import { SliceIndex } from './slice-index.js';
import { objectKey, Store } from './store.js';
import { subnetClaims } from './subnet-claims.js';
import { endpointsBehind, rewritten, type WrittenAddresses } from './written-endpoints.js';

/** A whole cluster. */
export class Cluster {
  readonly store = new Store();
  readonly slices = new SliceIndex(this.store);
  readonly selectors = new SelectorIndex(this.store);
  readonly endpointSlices: EndpointSliceController;
  /** Families of the cluster, the primary one first. */
  readonly families: readonly IpFamily[];
  /** Pod addresses of the primary family. */
  readonly podAddresses: PodAddresses;
  /** Nodes by index. */
  readonly nodes: readonly Node[];
  /** Services as they were at time 0, in the order in which they were given. */
  readonly services: readonly Service[];
  readonly controllers: Controllers;
  private readonly network: PodNetwork;
  private readonly placement: Placement;
  private podSets: PodSets | undefined;
  /** Made with the first pod that fails. */
  private probes: ReadinessProbes | undefined;
  private readonly hosts: ReadonlyMap<IpFamily, HostAddresses>;
  private addressNow: (given: IpAddress) => IpAddress = (given) => given;

  /**
   * @param setup what to build
   * @throws ClusterError when an address range is too small or an address is wanted twice
   */
  constructor(setup: ClusterSetup) {
    const objects = setup.objects ?? madeUpObjects(setup);
    const { store, slices, selectors } = this;
    const ranges = rangesOf(setup);
    this.families = ranges.map(({ family }) => family);
    this.hosts = new Map(ranges.map(({ family, nodeCidr }) => [family, new HostAddresses(nodeCidr)]));
    const { nodes: count, zones = 0, externalIps = 0, keepAddresses: keep = false } = setup;
    this.nodes = makeNodes({ count, zones, given: objects.nodes, keep: keep !== false, hosts: [...this.hosts] });
    for (const node of this.nodes) store.put('node', node);
    const pools = ranges.map(({ podCidr, nodeSubnetBits }) => {
      return new PodAddresses({ podCidr, nodeSubnetBits, nodes: count, claims: subnetClaims(objects, podCidr) });
    });
    this.podAddresses = pools[0]!;
    this.network = new PodNetwork(pools);
    this.placement = new Placement(this.network, count);
    const { nodes, families } = this;
    const limit = setup.maxEndpointsPerSlice;
    const nodeCpuMillis = 1000 * (setup.coresPerNode ?? 0);
    const { endpointsObjects, pace } = setup;
    const onStore = { store, slices, selectors, limit, nodes, nodeCpuMillis, families };
    this.controllers = new Controllers({ ...onStore, endpointsObjects, pace });
    this.endpointSlices = this.controllers.slices;
    // A cluster's own DNS is older than the Services of its users, and none of those that a scenario counts.
    const dns = ownDns(setup, objects) ? dnsService(ranges[0]!.serviceCidr) : undefined;
    if (dns !== undefined) store.put('service', dns);
    const external = setup.objects === null ? externalIps : 0;
    const ingress = ownIngress(setup, objects);
    const wanted = ingress === undefined ? objects.services : [...objects.services, ingress.service];
    const services = withAddresses(wanted, ranges, external, dns?.clusterIps);
    this.services = services.slice(0, objects.services.length);
    for (const service of services) store.put('service', service);
    const podSets = [
      ...objects.podSets,
      ...(dns === undefined ? [] : [dnsDeployment(setup.dns?.replicas ?? 0)]),
      ...(ingress?.podSets ?? []),
    ];
    for (const set of podSets) store.put('pod-set', set);
    for (const own of objects.otherSlices ?? []) store.put('other-slice', own);
    for (const own of objects.ingressClasses ?? []) store.put('ingress-class', own);
    for (const own of ingressesOf(setup, objects)) store.put('ingress', own);
    this.takePods({ ...objects, podSets, pods: [...objects.pods, ...(ingress?.pods ?? [])] }, keep);
    this.controllers.reconcileAll();
  }

  /**
   * Pod addresses of a family.
   * @throws ClusterError when the cluster does not have it
   */
  podAddressesIn(family: IpFamily): PodAddresses {
    const addresses = this.network.of(family);
    if (addresses === undefined) throw new ClusterError(`the cluster has no IPv${family}`);
    return addresses;
  }

  /**
   * Lets the controllers work in simulated time.
   * @param simulation clock and events
   * @param random for how long each pod takes to come and to go
   */
  start(simulation: Simulation, random: RandomStream): void {
    const { store, network: addresses, placement } = this;
    this.controllers.start(simulation);
    this.podSets = new PodSets({ store, addresses, placement, simulation, random });
  }

  /** All pods, in the order of their creation. */
  pods(): IterableIterator<Pod> {
    return this.store.list('pod');
  }

  /** The pods that a Service selects at present. */
  podsOf(service: Service): readonly Pod[] {
    return this.podsWith(service.metadata.namespace, service.selector ?? {});
  }

  /** Has `listener` told of every pod that comes or goes; after `start`. */
  listenToPods(listener: PodListener): void {
    this.started().listen(listener);
  }

  /**
   * Scales what stands behind a Service, now; after `start`.
   * @param service index in `services`
   */
  scale(service: number, replicas: number, timing: PodTiming): void {
    const set = this.setBehind(service);
    this.started().scale(set, this.podsWith(set.metadata.namespace, set.podLabels), replicas, timing);
  }

  /**
   * Begins a rolling update of what stands behind a Service, now; after `start`.
   * @param service index in `services`
   */
  rollingUpdate(service: number, update: RollingUpdate): void {
    const set = this.setBehind(service);
    this.started().rollingUpdate(set, this.podsWith(set.metadata.namespace, set.podLabels), update);
  }

  /**
   * Brings what stands behind a Service to a number of pods in one instant; after `start`.
   * @param service index in `services`
   */
  scaleSuddenly(service: number, replicas: number): void {
    const set = this.setBehind(service);
    this.started().scaleSuddenly(set, this.podsWith(set.metadata.namespace, set.podLabels), replicas);
  }

  /**
   * Begins to replace pods behind a Service by ones that are ready at once; after `start`.
   * @param service index in `services`
   */
  replaceSuddenly(service: number, replacement: SuddenReplacement): void {
    const set = this.setBehind(service);
    this.started().replaceSuddenly(set, this.podsWith(set.metadata.namespace, set.podLabels), replacement);
  }

  /**
   * Has pods behind a Service, the oldest first, not answer from now on, until their probes notice and beyond; after `start`.
   * @param service index in `services`
   */
  failPods(service: number, { pods: count, lastsNs, probe }: PodFailure): void {
    const set = this.setBehind(service);
    const pods = this.podsWith(set.metadata.namespace, set.podLabels).filter((pod) => !pod.terminating);
    this.probes ??= this.probesOf(this.started());
    for (const { metadata } of pods.slice(0, count)) {
      this.probes.silence(objectKey(metadata.namespace, metadata.name), lastsNs, probe);
    }
  }

  /**
   * Writes other addresses, as the objects had them, into the Endpoints of a Service without selector, now; the mirroring controller follows.
   * @param service index in `services`
   * @throws ClusterError when the Service has no Endpoints that are mirrored
   */
  editEndpoints(service: number, { ready, notReady }: WrittenAddresses): void {
    const { namespace, name } = this.services[service]?.metadata ?? { namespace: '', name: `number ${service}` };
    const key = objectKey(namespace, name);
    const endpoints = this.store.get('endpoints', key);
    if (endpoints === undefined) throw new ClusterError(`Service ${key} has no Endpoints that somebody wrote`);
    const now = { ready: ready.map(this.addressNow), notReady: notReady.map(this.addressNow) };
    this.store.put('endpoints', rewritten(endpoints, now));
  }

  /**
   * An address of the underlay for one more host that is no node, such as a client outside of the cluster.
   * @throws ClusterError when the node CIDR is used up
   */
  nextHostAddress(family: IpFamily = this.families[0]!): number {
    const hosts = this.hosts.get(family);
    if (hosts === undefined) throw new ClusterError(`the cluster has no IPv${family}`);
    return hosts.next();
  }

  /** A node's turn and addresses on it, for a pod that no Service selects, such as a client. */
  placeClient(node: number = this.placement.node()): { readonly node: number } & PodIps {
    return { node, ...this.network.next(node) };
  }

  private probesOf(pods: PodSets): ReadinessProbes {
    const probes = new ReadinessProbes({ ...pods.clock, pods });
    pods.listen({ podGone: ({ metadata }) => probes.forget(objectKey(metadata.namespace, metadata.name)) });
    return probes;
  }

  private started(): PodSets {
    const { podSets } = this;
    invariant(podSets !== undefined, 'cluster-started', 'pods were to change before `start` gave the cluster a clock');
    return podSets;
  }

  private podsWith(namespace: string, labels: PodSet['podLabels']): readonly Pod[] {
    const pods: Pod[] = [];
    this.selectors.forEachPod(namespace, labels, (pod) => pods.push(pod));
    return pods;
  }

  /** The set whose pods a Service selects; bare pods are treated as a set of their own. */
  private setBehind(index: number): PodSet {
    const service = this.services[index];
    if (service === undefined)
      throw new ClusterError(`there is no Service ${index}: the cluster has ${this.services.length}`);
    const { metadata, selector } = service;
    const key = objectKey(metadata.namespace, metadata.name);
    if (selector === null || !hasSelector(service))
      throw new ClusterError(`Service ${key} has no selector, so its pods are not known`);
    for (const set of this.store.list('pod-set')) {
      if (set.metadata.namespace === metadata.namespace && selects(selector, set.podLabels)) return set;
    }
    const pods = this.podsOf(service);
    const bare = { metadata, kind: 'Deployment', replicas: pods.length, podLabels: selector, ports: [] } as const;
    return { ...bare, ...setOfPods(bare, pods) };
  }

  private takePods(objects: ClusterObjects, keep: boolean | 'placed'): void {
    const { store, selectors, network: addresses, placement, nodes } = this;
    const intake = new PodIntake({ store, selectors, addresses, placement, nodes, keep });
    this.addressNow = (given) => intake.addressNow(given);
    intake.takePods(objects.pods.filter((pod) => pod.phase === 'Pending' || pod.phase === 'Running'));
    intake.takeSets(objects.podSets);
    const given = new Map<string, EndpointSlice[]>();
    for (const slice of objects.slices) {
      if (!this.families.includes(slice.family)) continue;
      const key = objectKey(slice.metadata.namespace, slice.service);
      given.set(key, [...(given.get(key) ?? []), slice]);
    }
    for (const service of this.services) {
      const slices = given.get(objectKey(service.metadata.namespace, service.metadata.name)) ?? [];
      if (hasSelector(service)) intake.takeEndpoints(service, slices);
      else this.takeSlices(slices.map((slice) => intake.readdressed(slice)));
    }
  }

  /** Takes slices of a Service that nobody makes of pods, and what those that are mirrored are made of. */
  private takeSlices(slices: readonly EndpointSlice[]): void {
    const { store } = this;
    for (const slice of slices) store.put('slice', slice);
    const endpoints = endpointsBehind(slices);
    if (endpoints !== undefined) store.put('endpoints', endpoints);
  }
}

/** Whether the cluster is to have a DNS server that its objects do not have. */
function ownDns({ dns }: ClusterSetup, { services }: ClusterObjects): boolean {
  const { namespace, name } = DNS_SERVICE;
  return dns !== undefined && !services.some(({ metadata: m }) => m.namespace === namespace && m.name === name);
}

/** The controller of Ingresses that the objects do not have. */
function ownIngress({ ingress, nodes }: ClusterSetup, { services }: ClusterObjects): IngressObjects | undefined {
  const { namespace, name } = INGRESS_SERVICE;
  const isThere = services.some(({ metadata: m }) => m.namespace === namespace && m.name === name);
  return ingress === undefined || isThere ? undefined : ingressObjects(ingress, nodes);
}

/** Without manifests a controller has an Ingress for the made-up Services. */
function ingressesOf({ ingress, objects, services }: ClusterSetup, given: ClusterObjects): readonly Ingress[] {
  if (objects === null && ingress !== undefined) return [madeUpIngress(services)];
  return given.ingresses ?? [];
}
