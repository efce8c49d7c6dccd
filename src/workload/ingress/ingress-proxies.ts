/**
 * Ingress proxies: they end clients' connections, look at each request, and send it on over a connection of their own to an endpoint's pod.
 *
 * Mirrors nginx as ingress-nginx 1.x configures it: idle connections are used again, an endpoint that refuses, resets or lets 5 s pass is followed by
 * the next one, three in all (proxy-next-upstream: error timeout); then, and without endpoints, the proxy answers itself. One request is on
 * a connection at a time. Left out: buffering to disk, a client that leaves before its answer is there (it is answered into the void),
 * marking endpoints as failed. Cost: O(1) a request.
 */
import type { BackendEndpoints } from '../../kube/index.js';
import type { IpAddress } from '../../net/index.js';
import {
  MILLISECOND,
  SECOND,
  type Nanoseconds,
  type Simulation,
  type TimerWheel,
  type TimerWheels,
} from '../../sim/index.js';
import type { ConversationEvents } from '../fabric.js';
import type { StationKind } from '../stations.js';
import type { EndpointChoice } from './endpoint-choice.js';
import { RelayedRequests, UpstreamConnections } from './relayed-requests.js';
import { MOST_REQUESTS, UpstreamPool } from './upstream-pool.js';

/** What a proxy answers itself, as HTTP status codes. */
export const ProxyError = { notFound: 404, badGateway: 502, unavailable: 503, timedOut: 504 } as const;

/** Bytes of such an answer: nginx's page of about 150 and as many of headers. */
const ERROR_BYTES = 300;
/** proxy-next-upstream-tries, proxy-connect-timeout and proxy-read-timeout of ingress-nginx. */
const TRIES = 3;
const CONNECT_TIMEOUT: Nanoseconds = 5 * SECOND;
const READ_TIMEOUT: Nanoseconds = 60 * SECOND;
const PORTS = 65_536;

/** The sockets of all proxies. Numbers only, so that no call allocates. */
export interface ProxySockets {
  /** What the client noted of its own connection, whoever carries it on to the proxy; -1 when that is over. */
  owner(client: number): number;
  /** The host on which a client's conversation has come in. */
  host(client: number): number;
  /** Size of the client's last request, read when the proxy takes it on. */
  requestBytes(client: number): number;
  /** Size of the endpoint's last answer. */
  answerBytes(upstream: number): number;
  /** Opens a connection from a proxy's host; -1 when that has no source port left. */
  connect(host: number, address: IpAddress, port: number, connection: number): number;
  /** Sends a request to an endpoint. */
  request(upstream: number, sequence: number, bytes: number): void;
  /** Answers a client. */
  respond(client: number, sequence: number, bytes: number): void;
  /** Closes a connection to an endpoint, in whatever state. */
  close(upstream: number): void;
}

/** What clients ask for. */
export interface AskedFor {
  /** Number of the backend of a conversation's requests, by its owner; -1 when no Ingress has it. */
  backend(owner: number): number;
  /** The client. */
  client(owner: number): number;
}

/** Who is told of what proxies do. */
export interface ProxyObserver {
  /** A proxy has opened a connection to an endpoint. */
  dialled(): void;
  /** A request is sent on. */
  sentOn(): void;
  /** An endpoint failed, and another one is tried. */
  triedAgain(): void;
  /** A proxy answers itself, by `ProxyError`. */
  refused(status: number): void;
}

/** What proxies are made of. */
export interface ProxyParts {
  readonly simulation: Simulation;
  readonly wheels: TimerWheels;
  readonly sockets: ProxySockets;
  readonly asked: AskedFor;
  readonly endpoints: BackendEndpoints;
  readonly choice: EndpointChoice;
  readonly observer: ProxyObserver;
  readonly options: { readonly serverNs: Nanoseconds; readonly concurrency: number; readonly keepalive: number };
}

/** All proxies of one run. */
export class IngressProxies implements StationKind, ConversationEvents {
  readonly distribution = 'constant';
  readonly meanNs: number;
  readonly concurrency: number;
  private readonly parts: ProxyParts;
  private readonly requests = new RelayedRequests();
  private readonly connections = new UpstreamConnections();
  private readonly pool: UpstreamPool;
  /** By connection: the end of a handshake's or an answer's time. */
  private readonly timers: TimerWheel;

  /** They do nothing before a station gives them a request. */
  constructor(parts: ProxyParts) {
    this.parts = parts;
    this.meanNs = parts.options.serverNs;
    this.concurrency = parts.options.concurrency;
    this.timers = parts.wheels.add(MILLISECOND, this);
    this.pool = new UpstreamPool(parts.options.keepalive, (connection) => this.close(connection));
  }

  /** Requests that are under way. */
  get active(): number {
    return this.requests.inUse;
  }

  /** The conversation with the client whose request a connection to an endpoint carries at present; -1 for none. */
  clientOf(connection: number): number {
    const request = this.connections.request[connection]!;
    return request < 0 ? -1 : this.requests.conversation[request]!;
  }

  /** See `StationKind`: a proxy has read a request and knows where it goes. */
  served(proxy: number, conversation: number, sequence: number): void {
    const { asked, sockets } = this.parts;
    const owner = sockets.owner(conversation);
    if (owner < 0) return;
    const r = this.requests;
    const request = r.take();
    r.conversation[request] = conversation;
    r.sequence[request] = sequence;
    r.bytes[request] = sockets.requestBytes(conversation);
    r.proxy[request] = proxy;
    r.host[request] = sockets.host(conversation);
    r.client[request] = asked.client(owner);
    r.backend[request] = asked.backend(owner);
    if (r.backend[request] < 0) this.refuse(request, ProxyError.notFound);
    else this.send(request);
  }

  /** See `ConversationEvents`: a connection to an endpoint is up. */
  connected(_handle: number, connection: number): void {
    this.ask(connection);
  }

  /** See `ConversationEvents`: an endpoint has answered. */
  replied(handle: number, connection: number): void {
    const { connections: c, requests: r } = this;
    const { simulation, sockets } = this.parts;
    const request = c.request[connection]!;
    if (request < 0) return;
    this.timers.cancel(connection);
    c.request[connection] = -1;
    sockets.respond(r.conversation[request]!, r.sequence[request]!, sockets.answerBytes(handle));
    r.release(request);
    if (c.sequence[connection]! >= MOST_REQUESTS) this.close(connection);
    else this.pool.put(c.proxy[connection]!, c.endpoint[connection]!, connection, simulation.now);
  }

  /** See `ConversationEvents`: a connection to an endpoint broke, or was not made. */
  failed(_handle: number, connection: number): void {
    const c = this.connections;
    const request = c.request[connection]!;
    this.timers.cancel(connection);
    this.pool.forget(c.proxy[connection]!, connection);
    c.release(connection);
    if (request >= 0) this.sendAgain(request, 0);
  }

  /** An endpoint has let too much time pass. */
  expire(connection: number): void {
    const request = this.connections.request[connection]!;
    this.close(connection);
    if (request >= 0) this.sendAgain(request, 1);
  }

  private sendAgain(request: number, timedOut: number): void {
    this.requests.tries[request]!++;
    this.requests.timedOut[request] = timedOut;
    if (this.requests.tries[request]! < TRIES) this.parts.observer.triedAgain();
    this.send(request);
  }

  /** Sends a request to the next endpoint that a connection can be had to. */
  private send(request: number): void {
    const r = this.requests;
    const { choice, endpoints } = this.parts;
    const proxy = r.proxy[request]!;
    const backend = r.backend[request]!;
    for (; r.tries[request]! < TRIES; r.tries[request]!++) {
      const place = choice.choose(proxy, backend, r.client[request]!);
      if (place < 0) {
        this.refuse(request, ProxyError.unavailable);
        return;
      }
      const { addresses, ports } = endpoints.servers(backend);
      if (this.sendTo(request, addresses[place]!, ports[place]!)) return;
    }
    this.refuse(request, r.timedOut[request] === 1 ? ProxyError.timedOut : ProxyError.badGateway);
  }

  /** Sends a request over an idle connection or a new one; false for want of a source port. */
  private sendTo(request: number, address: IpAddress, port: number): boolean {
    const { connections: c, requests: r } = this;
    const { observer, simulation, sockets } = this.parts;
    const proxy = r.proxy[request]!;
    const endpoint = address * PORTS + port;
    const idle = this.pool.take(proxy, endpoint, simulation.now);
    if (idle >= 0) {
      c.request[idle] = request;
      this.ask(idle);
      return true;
    }
    const connection = c.take();
    const handle = sockets.connect(r.host[request]!, address, port, connection);
    if (handle < 0) {
      c.release(connection);
      return false;
    }
    observer.dialled();
    c.handle[connection] = handle;
    c.proxy[connection] = proxy;
    c.endpoint[connection] = endpoint;
    c.request[connection] = request;
    this.timers.arm(connection, simulation.now + CONNECT_TIMEOUT);
    return true;
  }

  /** Sends the request of a connection that is up. */
  private ask(connection: number): void {
    const { connections: c } = this;
    const { observer, simulation, sockets } = this.parts;
    const bytes = this.requests.bytes[c.request[connection]!]!;
    this.timers.arm(connection, simulation.now + READ_TIMEOUT);
    observer.sentOn();
    sockets.request(c.handle[connection]!, ++c.sequence[connection]!, bytes);
  }

  private refuse(request: number, status: number): void {
    const { conversation, sequence } = this.requests;
    const { observer, sockets } = this.parts;
    observer.refused(status);
    sockets.respond(conversation[request]!, sequence[request]!, ERROR_BYTES);
    this.requests.release(request);
  }

  private close(connection: number): void {
    const c = this.connections;
    this.timers.cancel(connection);
    c.request[connection] = -1;
    this.parts.sockets.close(c.handle[connection]!);
    c.release(connection);
  }
}
