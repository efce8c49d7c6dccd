/**
 * Takes the pods of a cluster that is being built into the store: given ones, those of Deployments and StatefulSets, and
 * those that only slices tell of.
 *
 * A given pod keeps its node and addresses where these lie in the node's subnets; else it gets new ones, and given slices
 * follow. A pod in its node's network has the node's addresses. A given pod keeps its conditions too: one that is not ready gets no
 * traffic. A set whose pods are among those given, by labels and name, makes no others.
 */
import { familyOf, type IpAddress } from '../net/index.js';
import { addressIn, type Endpoint, type EndpointSlice, type Node, type Pod, type PodSet, type Service } from './api.js';
import type { SelectorIndex } from './controllers/selector-index.js';
import type { Placement } from './placement.js';
import type { PodNetwork, PodIps } from './pod-network.js';
import { isNamedBySet, podOfSet } from './set-pod.js';
import { objectKey, type Store } from './store.js';

/** What the intake works with. */
export interface PodIntakeSetup {
  readonly store: Store;
  readonly selectors: SelectorIndex;
  readonly addresses: PodNetwork;
  readonly placement: Placement;
  /** By index. */
  readonly nodes: readonly Node[];
  /** Whether given pods keep addresses and places that do not fit; `placed`: those whose node is known. */
  readonly keep: boolean | 'placed';
}

/** Takes pods in. */
export class PodIntake {
  private readonly setup: PodIntakeSetup;
  /** Old address by new address's owner: where given pods were given another address. */
  private readonly moved = new Map<IpAddress, Pod>();

  /** @param setup store, addresses, nodes */
  constructor(setup: PodIntakeSetup) {
    this.setup = setup;
  }

  /** Takes in pods as a manifest held them. First those that keep their address are looked after. */
  takePods(pods: readonly Pod[]): void {
    const { addresses } = this.setup;
    const kept = pods.map((pod) => {
      return this.onNode(pod) && pod.ip !== 0 && !pod.hostNetwork ? addresses.take(pod.node, pod) : undefined;
    });
    addresses.checkRoom(pods.filter((pod, i) => kept[i] === undefined && !pod.hostNetwork && !this.stays(pod)).length);
    pods.forEach((pod, i) => this.take(pod, kept[i]));
  }

  /** Makes the pods of the sets that have none yet. */
  takeSets(sets: readonly PodSet[]): void {
    const empty = sets.filter((set) => !this.hasPods(set));
    this.setup.addresses.checkRoom(empty.reduce((sum, set) => sum + set.replicas, 0));
    const numbered = new Map(
      sets.filter(({ kind }) => kind === 'StatefulSet').map((set) => [setKey(set), set.replicas]),
    );
    for (const set of empty) this.makeAll(set, set.kind === 'StatefulSet' ? 0 : (numbered.get(setKey(set)) ?? 0));
  }

  /** Names that are taken are left to their pods; a StatefulSet has no others and waits, a Deployment has. @param first number that is free */
  private makeAll(set: PodSet, first: number): void {
    const { namespace, name } = set.metadata;
    for (let number = first, made = 0; made < set.replicas; number++) {
      const own = `${name}-${number}`;
      const isFree = this.setup.store.get('pod', objectKey(namespace, own)) === undefined;
      if (isFree) this.make(own, set);
      if (isFree || set.kind === 'StatefulSet') made++;
    }
  }

  private hasPods(set: PodSet): boolean {
    let any = false;
    this.setup.selectors.forEachPod(set.metadata.namespace, set.podLabels, (pod) => {
      any ||= isNamedBySet(pod.metadata.name, set);
    });
    return any;
  }

  /**
   * Makes the pods that a Service's slices tell of, with its selector as their labels, where no pod of the Service is known.
   * @param slices slices of the Service as a manifest held them
   */
  takeEndpoints(service: Service, slices: readonly EndpointSlice[]): void {
    const { namespace, name } = service.metadata;
    if (service.selector === null || this.setup.selectors.hasPods(namespace, service.selector)) return;
    const pods: Pod[] = [];
    const seen = new Set<IpAddress>();
    // Slices of the other family tell of the same pods.
    for (const slice of slices.filter(({ family }) => family === slices[0]?.family)) {
      for (const endpoint of slice.endpoints) {
        if (seen.has(endpoint.address)) continue;
        seen.add(endpoint.address);
        pods.push(podOf(service, slice, endpoint, `${name}-${pods.length}`));
      }
    }
    this.takePods(pods);
  }

  /** The address that the pod of a given one has now; a given one of a family that it has not got stays as it is. */
  addressNow(address: IpAddress): IpAddress {
    const pod = this.moved.get(address);
    const now = pod === undefined ? 0 : addressIn(pod, familyOf(address));
    return now === 0 ? address : now;
  }

  /** A given slice, with the new addresses of pods that were given one. */
  readdressed(slice: EndpointSlice): EndpointSlice {
    if (this.moved.size === 0) return slice;
    const endpoints = slice.endpoints.map((endpoint) => {
      const pod = this.moved.get(endpoint.address);
      if (pod === undefined) return endpoint;
      return { ...endpoint, address: addressIn(pod, slice.family), node: pod.node };
    });
    return { ...slice, endpoints };
  }

  /** Whether a pod keeps addresses that do not fit. */
  private stays(pod: Pod): boolean {
    const { keep } = this.setup;
    if (keep === 'placed') return pod.ip !== 0 && this.onNode(pod) && !pod.hostNetwork;
    return keep && pod.ip !== 0;
  }

  private onNode(pod: Pod): boolean {
    return pod.node >= 0 && pod.node < this.setup.nodes.length;
  }

  private take(given: Pod, kept: PodIps | undefined): void {
    const { store, addresses, placement, nodes } = this.setup;
    if (kept === undefined && this.stays(given)) {
      store.put('pod', given);
      return;
    }
    if (given.hostNetwork) {
      const { index, ip, secondIp } = nodes[this.onNode(given) ? given.node : placement.node()]!;
      this.put(given, { ...given, node: index, ip, secondIp });
      return;
    }
    if (kept !== undefined) {
      const same = kept.ip === given.ip && kept.secondIp === given.secondIp;
      if (same) store.put('pod', given);
      else this.put(given, { ...given, ...kept });
      return;
    }
    const node = this.onNode(given) && addresses.free(given.node) > 0 ? given.node : placement.node();
    this.put(given, { ...given, node, ...addresses.next(node) });
  }

  /** Stores a pod, and remembers the addresses that it had and has no more. */
  private put(given: Pod, pod: Pod): void {
    for (const old of [given.ip, given.secondIp]) {
      if (old !== 0 && addressIn(pod, familyOf(old)) !== old) this.moved.set(old, pod);
    }
    this.setup.store.put('pod', pod);
  }

  private make(name: string, set: PodSet): void {
    const { store, addresses, placement } = this.setup;
    const node = placement.node();
    store.put('pod', podOfSet(set, name, { ...addresses.next(node), node }));
  }
}

function setKey({ metadata }: PodSet): string {
  return objectKey(metadata.namespace, metadata.name);
}

/** The pod behind an endpoint. Its ports answer to the names under which the Service looks for them. */
function podOf(service: Service, slice: EndpointSlice, endpoint: Endpoint, fallback: string): Pod {
  const { namespace } = service.metadata;
  const prefix = objectKey(namespace, '');
  const name = endpoint.target.startsWith(prefix) ? endpoint.target.slice(prefix.length) : fallback;
  const ports = slice.ports.map((port) => {
    const spec = service.ports.find((other) => other.name === port.name && other.protocol === port.protocol);
    const target = typeof spec?.targetPort === 'string' ? spec.targetPort : port.name;
    return { name: target, protocol: port.protocol, port: port.port };
  });
  return {
    metadata: { namespace, name, labels: service.selector ?? {} },
    ip: endpoint.address,
    secondIp: 0,
    hostNetwork: false,
    node: endpoint.node,
    phase: 'Running',
    ready: endpoint.serving,
    terminating: endpoint.terminating,
    ports,
  };
}
