/**
 * Which source addresses the Services' servers see: by whose address it is.
 *
 * A request counts when it reaches a server; requests that reach ingress proxies count behind them, not there. Where proxies are in front, it also counts
 * whether the server knows the client's address. Cost: a hash probe a request, and what `ClientKnowledge` costs.
 */
import type { Cluster } from '../kube/index.js';
import { AddressMap, type IpAddress } from '../net/index.js';
import type { ClientKnowledge } from './client-knowledge.js';
import type { FamilyProxies } from './cluster-proxies.js';
import type { Stations } from '../workload/index.js';
import type { Foundation } from './foundation.js';

/** Whose address it is. `node`: of a node's uplink, `tunnel`: of its flannel.1, `bridge`: of its cni0. */
export const SourceKind = { client: 0, proxy: 1, node: 2, tunnel: 3, bridge: 4, other: 5 } as const;

const KINDS = 6;
const { client: CLIENT, proxy: PROXY, node: NODE, tunnel: TUNNEL, bridge: BRIDGE, other: OTHER } = SourceKind;

/** Source addresses of one run. */
export class SourceLog {
  /** Requests by `SourceKind`. */
  readonly counts = new Float64Array(KINDS);
  /** Requests whose server knows the client's address; counted where somebody is in front. */
  known = 0;
  readonly knowledge: ClientKnowledge;
  private readonly kinds = new AddressMap();
  private readonly base: Foundation;
  private readonly stations: Stations;

  /** Knows the addresses of nodes and of clients that are none. */
  constructor(parts: {
    readonly base: Foundation;
    readonly cluster: Cluster;
    readonly families: readonly FamilyProxies[];
    readonly stations: Stations;
    readonly knowledge: ClientKnowledge;
    /** Hosts of proxies and balancers outside of the cluster. */
    readonly machines: readonly number[];
  }) {
    const { base, cluster, families, stations, knowledge, machines } = parts;
    this.base = base;
    this.knowledge = knowledge;
    this.stations = stations;
    for (const { family } of families) {
      const pods = cluster.podAddressesIn(family);
      for (const { index } of cluster.nodes) {
        this.kinds.set(pods.subnet(index).address, TUNNEL);
        this.kinds.set(pods.gateway(index), BRIDGE);
      }
    }
    const { hosts, nodeHosts, bridge } = base;
    for (const host of machines) this.add(host, PROXY);
    for (const host of nodeHosts) this.add(host, NODE);
    for (const host of bridge.clientHosts) if (hosts.isNode[host] === 0) this.add(host, CLIENT);
  }

  /** A request has reached a server, over a conversation with an address. */
  seen(address: IpAddress, handle: number): void {
    const { simulation, probes, underlay, bridge } = this.base;
    if (simulation.now < probes.fromNs) return;
    if (this.knowledge.isAsked && this.knowledge.knows(handle)) this.known++;
    const kind = this.kinds.get(address);
    if (kind >= 0) {
      this.counts[kind]!++;
      return;
    }
    // A pod that is no client asks only on behalf of one.
    const pod = underlay.podAt.get(address);
    this.counts[pod >= 0 && this.stations.isOther(bridge.server(pod)) ? PROXY : OTHER]!++;
  }

  private add(host: number, kind: number): void {
    const { hosts } = this.base;
    for (const address of [hosts.address[host]!, hosts.secondAddress[host]!]) {
      if (address !== 0) this.kinds.set(address, kind);
    }
  }
}
