/**
 * The pods behind a load balancer's addresses, for balancers that send to pods and not to nodes.
 *
 * A controller in the cluster follows EndpointSlices and writes every ready endpoint into the balancer (network endpoint groups of GKE, target groups of
 * type `ip` of the AWS load balancer controller): what the balancer knows is late by a delay, in which several changes are taken up at once. Policies of the
 * Service and hints mean nothing here. Cost: O(slices) a change, O(ports of an address) a look.
 */
import { BackendEndpoints, type BackendServers, type Cluster } from '../../kube/index.js';
import { AddressMap, familyOf, type IpAddress, type IpFamily } from '../../net/index.js';
import type { Ledger } from '../../proxy/index.js';
import type { Nanoseconds, Simulation } from '../../sim/index.js';

/** Pods behind an address and port at one moment. */
export interface PodPool {
  readonly addresses: readonly IpAddress[];
  readonly ports: readonly number[];
}

/** An address and port of the balancer, and what is behind it. */
interface Entrance {
  readonly protocol: number;
  readonly port: number;
  readonly backend: number;
  /** What `pool` was made from. */
  known: BackendServers | undefined;
  pool: PodPool;
}

const NOBODY: PodPool = { addresses: [], ports: [] };

/** The pods of one family behind all addresses of a balancer. */
export class PodTargets {
  /** Changes taken up so far, as `BackendEndpoints.syncs`. */
  readonly endpoints: BackendEndpoints;
  private readonly family: IpFamily;
  /** By address: a place in `entrances`. */
  private readonly placeOf = new AddressMap();
  private readonly entrances: Entrance[][] = [];

  /** Knows what is there at the moment, and follows it. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly cluster: Cluster;
    readonly ledger: Ledger;
    readonly family: IpFamily;
    /** From a write to the API until the balancer sends by it. */
    readonly delayNs: Nanoseconds;
  }) {
    const { simulation, cluster, ledger, family, delayNs } = parts;
    const { store, slices } = cluster;
    const balanced = ledger
      .keysAt(ledger.revision)
      .map((key) => ledger.portAt(key, ledger.revision))
      .filter((own) => own !== undefined)
      .filter(({ loadBalancerVips }) => loadBalancerVips.length > 0);
    const backends = balanced.map(({ namespace, service, port, protocol }) => {
      return { namespace, service, port, protocol, affinity: undefined };
    });
    this.family = family;
    this.endpoints = new BackendEndpoints({
      ...{ store, slices, simulation, backends },
      watchDelayNs: delayNs,
      syncIntervalNs: 0,
    });
    for (const [backend, { loadBalancerVips, port, protocol }] of balanced.entries()) {
      for (const vip of loadBalancerVips) this.add(vip, { protocol, port, backend, known: undefined, pool: NOBODY });
    }
  }

  /** The pods behind an address and port; none where the balancer does not listen. */
  pool(protocol: number, address: IpAddress, port: number): PodPool {
    const entrance = this.entrances[this.placeOf.get(address)]?.find(
      (own) => own.port === port && own.protocol === protocol,
    );
    if (entrance === undefined) return NOBODY;
    const servers = this.endpoints.servers(entrance.backend);
    if (servers !== entrance.known) {
      entrance.known = servers;
      entrance.pool = this.ofFamily(servers);
    }
    return entrance.pool;
  }

  private add(vip: IpAddress, entrance: Entrance): void {
    const place = this.placeOf.get(vip);
    if (place >= 0) {
      this.entrances[place]!.push(entrance);
      return;
    }
    this.placeOf.set(vip, this.entrances.length);
    this.entrances.push([entrance]);
  }

  private ofFamily({ addresses, ports }: BackendServers): PodPool {
    const own = [...addresses.keys()].filter((i) => familyOf(addresses[i]!) === this.family);
    return { addresses: own.map((i) => addresses[i]!), ports: own.map((i) => ports[i]!) };
  }
}
