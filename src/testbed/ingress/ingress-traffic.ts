/**
 * Traffic through Ingresses: clients ask proxies in pods for hosts and paths, and the proxies ask the endpoints' pods.
 *
 * Two connections a request, each of packets like all others: the client's passes the proxy's rules on its way to a proxy's pod, that of the
 * proxy goes straight to an endpoint's address. A process's time for a request is a queue in each proxy, as with servers, and takes no core;
 * being woken and copying is priced with the packets that it sends, as with kube-proxy's userspace mode.
 */
import {
  BackendEndpoints,
  INGRESS_SERVICE,
  IngressRoutes,
  objectKey,
  takenIngresses,
  type Cluster,
} from '../../kube/index.js';
import { AddressMap, Protocol, type IpAddress } from '../../net/index.js';
import type { IngressOptions } from '../../scenario/case.js';
import { grown } from '../../sim/index.js';
import {
  EndpointChoice,
  IngressProxies,
  type AskedFor,
  type ProxySockets,
  type StationKind,
} from '../../workload/index.js';
import { CaseError } from '../case-error.js';
import type { Foundation } from '../foundation.js';
import type { TargetPlan } from '../socket-bridge.js';
import { ProxyCounts } from './proxy-counts.js';

/** The Service behind which the proxies are, as its key in the store. */
export const INGRESS_KEY = objectKey(INGRESS_SERVICE.namespace, INGRESS_SERVICE.name);

/** From a write to the API until the controller has it: assumed, the mean of what kube-proxies have. */
const WATCH_DELAY = 1_500_000;

/** Whoever carries clients' connections on to proxies: relays and balancers. */
export interface InFront {
  /** What the client noted of its own connection, by the conversation that a proxy has; -1 when it is over. */
  ownerOf(handle: number): number;
  /** Bytes of the conversation's last message that are no request's: a header, which proxies read and do not pass on. */
  headerIn(handle: number): number;
}

/** Ingresses and proxies of one run. */
export class IngressTraffic implements AskedFor {
  readonly counts: ProxyCounts;
  readonly endpoints: BackendEndpoints;
  /** Number of different requests: one a host and path. */
  readonly targets: number;
  /** Number under which the transport knows the proxies when they dial. */
  readonly user: number;
  private readonly proxies: IngressProxies;
  /** Hosts of proxies that are no pods', by address: nodes, and machines outside. */
  private readonly hostAt = new AddressMap();
  private front: InFront | undefined;
  /** By target: the backend that answers it. */
  private readonly backends: Int32Array;
  /** By owner of a conversation: who dialled, and what for. */
  private clients = new Int32Array(64);
  private asked = new Int32Array(64);

  /** @throws CaseError when no Ingress is taken */
  constructor(base: Foundation, cluster: Cluster, options: IngressOptions) {
    const { simulation, streams, wheels, probes } = base;
    const { store, slices } = cluster;
    const taken = takenIngresses([...store.list('ingress')], [...store.list('ingress-class')], options.className);
    const routes = new IngressRoutes(taken);
    this.targets = routes.requests.length;
    if (this.targets === 0)
      throw new CaseError(`no Ingress of class ${options.className} has a host or path to ask for`);
    this.backends = Int32Array.from(routes.requests, (request) => routes.backendOf(request));
    this.counts = new ProxyCounts(simulation, probes.fromNs);
    const { backends } = routes;
    const { syncIntervalNs } = options;
    this.endpoints = new BackendEndpoints({
      store,
      slices,
      simulation,
      backends,
      watchDelayNs: WATCH_DELAY,
      syncIntervalNs,
    });
    const { endpoints } = this;
    const random = streams.stream('ingress/choice');
    for (const { ip, secondIp, index } of cluster.nodes) {
      for (const own of [ip, secondIp]) if (own !== 0) this.hostAt.set(own, base.nodeHosts[index]!);
    }
    this.user = joinedBy(base, () => this.proxies);
    this.proxies = new IngressProxies({
      simulation,
      wheels,
      sockets: socketsOf(base, this.hostAt, this.user, () => this.front),
      asked: this,
      endpoints,
      choice: new EndpointChoice({ endpoints, backends: backends.length, simulation, random }),
      observer: this.counts,
      options,
    });
  }

  /** What the servers of a Service are; undefined for those that are no proxies. */
  kindOf(service: string): StationKind | undefined {
    return service === INGRESS_KEY ? this.proxies : undefined;
  }

  /** A proxy is at an address that is no pod's. */
  addHost(address: IpAddress, host: number): void {
    this.hostAt.set(address, host);
  }

  /** Says who may be between clients and the proxies. */
  standBehind(front: InFront): void {
    this.front = front;
  }

  /** See `IngressProxies`. */
  clientOf(connection: number): number {
    return this.proxies.clientOf(connection);
  }

  /** Requests that proxies have taken on and not answered yet. */
  get active(): number {
    return this.proxies.active;
  }

  /** What clients dial for each of the requests: the one entrance of `clients`. */
  plan(clients: TargetPlan): TargetPlan {
    return {
      address: (client) => clients.address(client, 0),
      port: (client) => clients.port(client, 0),
      opened: (owner, client, target) => {
        if (owner >= this.clients.length) {
          const length = Math.max(owner + 1, this.clients.length * 2);
          this.clients = grown(this.clients, length);
          this.asked = grown(this.asked, length);
        }
        this.clients[owner] = client;
        this.asked[owner] = target;
      },
    };
  }

  /** See `AskedFor`. */
  backend(owner: number): number {
    return this.backends[this.asked[owner]!]!;
  }

  /** See `AskedFor`. */
  client(owner: number): number {
    return this.clients[owner]!;
  }
}

/** The user of sockets that dials for proxies; user 0 has their conversations with clients. */
function joinedBy({ transport }: Foundation, proxies: () => IngressProxies): number {
  const nothing = (): void => undefined;
  return transport.join({
    connected: (handle, owner) => proxies().connected(handle, owner),
    replied: (handle, owner) => proxies().replied(handle, owner),
    failed: (handle, owner) => proxies().failed(handle, owner),
    accepted: nothing,
    requested: nothing,
    ended: nothing,
  });
}

function socketsOf(
  { transport, underlay }: Foundation,
  hostAt: AddressMap,
  user: number,
  front: () => InFront | undefined,
): ProxySockets {
  const { segments } = transport;
  return {
    owner: (client) => front()?.ownerOf(client) ?? transport.owner(client),
    host: (client) => {
      const address = transport.localAddress(client);
      const pod = underlay.podAt.get(address);
      return pod >= 0 ? pod : hostAt.get(address);
    },
    requestBytes: (client) => transport.requestBytes(client) - (front()?.headerIn(client) ?? 0),
    answerBytes: (upstream) => transport.answerBytes(upstream),
    connect: (host, address, port, connection) => {
      segments.spend(1, 0);
      const handle = transport.connect(Protocol.tcp, host, address, port, connection, user);
      segments.spend(0, 0);
      return handle;
    },
    request: (upstream, sequence, bytes) => {
      segments.spend(1, 2 * bytes);
      transport.request(upstream, sequence, bytes);
      segments.spend(0, 0);
    },
    respond: (client, sequence, bytes) => {
      segments.spend(1, 2 * bytes);
      transport.respond(client, sequence, bytes);
      segments.spend(0, 0);
    },
    close: (upstream) => transport.close(upstream),
  };
}
