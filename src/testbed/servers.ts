/**
 * Servers: puts a server on every pod that is an endpoint, and starts and stops servers as pods come and go.
 *
 * A pod listens on the ports under which slices name it; a pod that appears later gets its ports when it enters a slice. In a dual-stack
 * cluster a pod is in slices of both families and is one server. A host-network pod listens on its node's own addresses, where ports
 * tell pods apart.
 */
import {
  objectKey,
  type Cluster,
  type Endpoint,
  type EndpointSlice,
  type Pod,
  type PodListener,
} from '../kube/index.js';
import { AddressMap } from '../net/index.js';
import type { StationKind, Stations } from '../workload/index.js';
import type { Foundation } from './foundation.js';
import { ReadyTimes } from './ready-times.js';

/** A server in a node's own network. */
interface NodeServer {
  readonly host: number;
  readonly ports: readonly number[];
  readonly server: number;
}

/** All servers of one run. */
export class Servers implements PodListener {
  /** How long each server was a ready endpoint. */
  readonly ready: ReadyTimes;
  private readonly base: Foundation;
  private readonly stations: Stations;
  private readonly kindOf: (service: string) => StationKind | undefined;
  /** Servers of each Service, in the order in which they were met. */
  private readonly byService = new Map<string, number[]>();
  /** Hosts that stand for nodes, by address. */
  private readonly nodeAt = new AddressMap();
  /** Servers of host-network pods, by `namespace/name`. */
  private readonly onNodes = new Map<string, NodeServer>();

  /**
   * Makes the servers of all present endpoints and follows the cluster from now on.
   * @param kindOf what the servers of a Service are, by its `namespace/name`; undefined for those of the workload
   */
  constructor(
    base: Foundation,
    cluster: Cluster,
    stations: Stations,
    kindOf: (service: string) => StationKind | undefined = () => undefined,
  ) {
    this.kindOf = kindOf;
    this.base = base;
    this.stations = stations;
    this.ready = new ReadyTimes(base.probes.fromNs, base.probes.untilNs);
    for (const { ip, secondIp, index } of cluster.nodes) {
      this.nodeAt.set(ip, base.nodeHosts[index]!);
      if (secondIp !== 0) this.nodeAt.set(secondIp, base.nodeHosts[index]!);
    }
    for (const pod of cluster.pods()) this.podStarted(pod);
    for (const slice of cluster.store.list('slice')) this.takeSlice(slice);
    cluster.store.watch('slice', ({ type, object }) => {
      if (type !== 'deleted') this.takeSlice(object);
    });
    cluster.listenToPods(this);
  }

  /** The servers of each Service that has had any, in the order of the Services. */
  groups(): Iterable<readonly number[]> {
    return this.byService.values();
  }

  /** See `PodListener`: the pod gets its network. */
  podStarted(pod: Pod): void {
    if (pod.ip === 0 || pod.node < 0 || pod.hostNetwork) return;
    const host = this.base.addPod(pod.ip, pod.node, pod.secondIp);
    this.base.bridge.serve(host, -1);
  }

  /** See `PodListener`: a terminating pod goes on serving, but is no ready endpoint any more. */
  podTerminating(pod: Pod): void {
    const server = this.serverOf(pod);
    if (server >= 0) this.ready.set(server, false, this.base.simulation.now);
  }

  /** See `PodListener`: requests reach the pod's sockets and are never answered. */
  podSilent(pod: Pod, isSilent: boolean): void {
    const server = this.serverOf(pod);
    if (server >= 0 && isSilent) this.stations.stop(server);
    else if (server >= 0) this.stations.resume(server);
  }

  /** See `PodListener`: process and network are gone. */
  podGone(pod: Pod): void {
    const server = this.serverOf(pod);
    if (server >= 0) this.stations.stop(server);
    if (pod.hostNetwork) {
      this.leaveNode(objectKey(pod.metadata.namespace, pod.metadata.name));
      return;
    }
    const host = this.base.underlay.podAt.get(pod.ip);
    if (host >= 0) this.base.removePod(host);
  }

  private serverOf(pod: Pod): number {
    if (pod.hostNetwork) return this.onNodes.get(objectKey(pod.metadata.namespace, pod.metadata.name))?.server ?? -1;
    const host = this.base.underlay.podAt.get(pod.ip);
    return host < 0 ? -1 : this.base.bridge.server(host);
  }

  private leaveNode(pod: string): void {
    const known = this.onNodes.get(pod);
    if (known === undefined) return;
    this.onNodes.delete(pod);
    for (const port of known.ports) {
      this.base.hosts.unlisten(known.host, port);
      this.base.bridge.serveOnNode(known.host, port, -1);
    }
  }

  private takeSlice(slice: EndpointSlice): void {
    const key = objectKey(slice.metadata.namespace, slice.service);
    let servers = this.byService.get(key);
    if (servers === undefined) this.byService.set(key, (servers = []));
    for (const endpoint of slice.endpoints) {
      const host = this.base.underlay.podAt.get(endpoint.address);
      const server = host < 0 ? this.takeOnNode(slice, endpoint, servers) : this.takePod(slice, host, servers);
      if (server >= 0) this.ready.set(server, endpoint.ready, this.base.simulation.now);
    }
  }

  private takePod(slice: EndpointSlice, host: number, servers: number[]): number {
    const { hosts, bridge } = this.base;
    for (const { port } of slice.ports) hosts.listen(host, port);
    const known = bridge.server(host);
    if (known >= 0) return known;
    const server = this.make(slice, servers);
    bridge.serve(host, server);
    return server;
  }

  /** The endpoint may be a host-network pod; -1 when its address is nobody's. */
  private takeOnNode(slice: EndpointSlice, endpoint: Endpoint, servers: number[]): number {
    const host = this.nodeAt.get(endpoint.address);
    if (host < 0) return -1;
    const known = this.onNodes.get(endpoint.target);
    const server = known?.server ?? this.make(slice, servers);
    const ports = [...new Set([...(known?.ports ?? []), ...slice.ports.map(({ port }) => port)])];
    for (const port of ports) {
      this.base.hosts.listen(host, port);
      this.base.bridge.serveOnNode(host, port, server);
    }
    this.onNodes.set(endpoint.target, { host, ports, server });
    return server;
  }

  private make(slice: EndpointSlice, servers: number[]): number {
    const kind = this.kindOf(objectKey(slice.metadata.namespace, slice.service));
    const server = this.stations.add(servers.length, kind);
    servers.push(server);
    return server;
  }
}
