/**
 * Servers: puts a server on every pod that is an endpoint, and starts and stops servers as pods come and go.
 *
 * A pod listens on the ports under which slices name it; a pod that appears later gets its ports when it enters a slice.
 */
import type { Cluster, EndpointSlice, Pod, PodListener } from '../kube/index.js';
import type { Stations } from '../workload/index.js';
import type { Foundation } from './foundation.js';
import { ReadyTimes } from './ready-times.js';

/** All servers of one run. */
export class Servers implements PodListener {
  /** How long each server was a ready endpoint. */
  readonly ready: ReadyTimes;
  private readonly base: Foundation;
  private readonly stations: Stations;
  /** Servers of each Service, in the order in which they were met. */
  private readonly byService = new Map<string, number[]>();

  /** Makes the servers of all present endpoints and follows the cluster from now on. */
  constructor(base: Foundation, cluster: Cluster, stations: Stations) {
    this.base = base;
    this.stations = stations;
    this.ready = new ReadyTimes(base.probes.fromNs, base.probes.untilNs);
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
    if (pod.ip === 0 || pod.node < 0) return;
    const host = this.base.addPod(pod.ip, pod.node);
    this.base.bridge.serve(host, -1);
  }

  /** See `PodListener`: a terminating pod goes on serving, but is no ready endpoint any more. */
  podTerminating(pod: Pod): void {
    const host = this.base.underlay.podAt.get(pod.ip);
    const server = host < 0 ? -1 : this.base.bridge.server(host);
    if (server >= 0) this.ready.set(server, false, this.base.simulation.now);
  }

  /** See `PodListener`: process and network are gone. */
  podGone(pod: Pod): void {
    const host = this.base.underlay.podAt.get(pod.ip);
    if (host < 0) return;
    const server = this.base.bridge.server(host);
    if (server >= 0) this.stations.stop(server);
    this.base.removePod(host);
  }

  private takeSlice(slice: EndpointSlice): void {
    const { base } = this;
    const key = `${slice.metadata.namespace}/${slice.service}`;
    let servers = this.byService.get(key);
    if (servers === undefined) this.byService.set(key, (servers = []));
    for (const { address, ready } of slice.endpoints) {
      const host = base.underlay.podAt.get(address);
      if (host < 0) continue;
      for (const { port } of slice.ports) base.hosts.listen(host, port);
      let server = base.bridge.server(host);
      if (server < 0) {
        server = this.stations.add(servers.length);
        servers.push(server);
        base.bridge.serve(host, server);
      }
      this.ready.set(server, ready, base.simulation.now);
    }
  }
}
