/**
 * Ingress proxies of a trace: the very programs of a run (ingress-nginx, see workload's `IngressProxies`), on every endpoint of the controller's
 * Service, with what they do written down: who asked, which endpoints were tried, and what they answered themselves.
 *
 * There is one request, so no proxy waits for another one; its own time for a request passes.
 */
import { BackendEndpoints, type RoutedBackend } from '../../kube/index.js';
import { Failure, type SocketUser, type Transport } from '../../kernel/index.js';
import { Protocol, formatIpPort, type IpAddress } from '../../net/index.js';
import type { IngressOptions } from '../../scenario/case.js';
import { EventClass, type Simulation } from '../../sim/index.js';
import { EndpointChoice, IngressProxies, type ProxySockets } from '../../workload/index.js';
import { PROXIES_KEY, type IngressTarget } from './ingress-target.js';
import type { ProxyTry } from './ingress-told.js';
import type { Served, Talk } from './talk.js';
import type { Place } from './place.js';
import type { TraceWorld } from './trace-world.js';

const RESULTS: Readonly<Record<number, ProxyTry['result']>> = {
  [Failure.refused]: 'refused',
  [Failure.reset]: 'reset',
  [Failure.timedOut]: 'timed out',
};

interface Try {
  readonly handle: number;
  readonly place: Place;
  readonly address: string;
  result: ProxyTry['result'];
}

/** The proxies, as a user of sockets. */
export class TracedProxies implements SocketUser {
  /** Number under which the transport knows it. */
  readonly user: number;
  readonly endpoints: BackendEndpoints;
  /** The client's connection as the proxy has it; null as long as none came in. */
  entered: Served | null = null;
  /** What the proxy answered itself; 0 while it has not. */
  ownAnswer = 0;
  private readonly world: TraceWorld;
  private readonly talk: Talk;
  private readonly transport: Transport;
  private readonly simulation: Simulation;
  private readonly options: IngressOptions;
  private readonly proxies: IngressProxies;
  private readonly attempts: Try[] = [];
  private readonly kind: number;
  /** The client's conversation, its request's number and the host on which it came in. */
  private asking = { handle: -1, sequence: 0, host: -1 };

  /** Has proxies listen wherever the controller's Service has endpoints, or outside of the cluster; before anybody else listens there. */
  constructor(world: TraceWorld, talk: Talk, { routes, request, options, address, port }: IngressTarget) {
    const { simulation, transport, streams, wheels } = world.base;
    this.world = world;
    this.talk = talk;
    this.transport = transport;
    this.simulation = simulation;
    this.options = options;
    this.user = transport.join(this);
    this.kind = simulation.register('ingress-request', EventClass.traffic, this);
    this.endpoints = endpointsOf(world, routes.backends, options);
    const { endpoints } = this;
    const random = streams.stream('ingress/choice');
    const nothing = (): void => undefined;
    this.proxies = new IngressProxies({
      simulation,
      wheels,
      sockets: this.sockets(),
      asked: { backend: () => routes.backendOf(request), client: () => 0 },
      endpoints,
      choice: new EndpointChoice({ endpoints, backends: routes.backends.length, simulation, random }),
      observer: {
        dialled: nothing,
        sentOn: nothing,
        triedAgain: nothing,
        refused: (status) => {
          this.ownAnswer = status;
        },
      },
      options,
    });
    if (options.exposure === 'outside') world.base.hosts.listen(world.hostAt(address), port, Protocol.tcp, this.user);
    else this.listen();
  }

  /** Endpoints in the order in which they were tried. */
  get tries(): readonly ProxyTry[] {
    return this.attempts.map(({ place, address, result }) => ({ ...place, address, result }));
  }

  /** See `ServerEvents`: a client's connection is up. */
  accepted(handle: number, host: number): void {
    const { transport } = this;
    this.entered ??= {
      host,
      address: transport.localAddress(handle),
      port: transport.localPort(handle),
      peer: transport.peerAddress(handle),
      peerPort: transport.peerPort(handle),
    };
  }

  /** See `ServerEvents`: a request is there; it takes the proxy its time. */
  requested(handle: number, host: number, sequence: number): void {
    this.asking = { handle, sequence, host };
    this.simulation.schedule(this.simulation.now + this.options.serverNs, this.kind, 0);
  }

  /** The proxy knows where the request goes. */
  fire(): void {
    const { handle, host, sequence } = this.asking;
    this.proxies.served(host, handle, sequence);
  }

  /** See `ServerEvents`. */
  ended(): void {
    return undefined;
  }

  /** See `ClientEvents`: a connection to an endpoint is up. */
  connected(handle: number, owner: number): void {
    this.proxies.connected(handle, owner);
  }

  /** See `ClientEvents`: an endpoint has answered. */
  replied(handle: number, owner: number): void {
    this.settle(handle, 'answered');
    this.proxies.replied(handle, owner);
  }

  /** See `ClientEvents`: a connection to an endpoint was not made, or broke. */
  failed(handle: number, owner: number, failure: number): void {
    this.settle(handle, RESULTS[failure] ?? 'reset');
    this.proxies.failed(handle, owner);
  }

  /** The first result counts: a connection that was good for one request may end in any way. */
  private settle(handle: number, result: ProxyTry['result']): void {
    const attempt = this.attempts.find((own) => own.handle === handle);
    if (attempt?.result === 'under way') attempt.result = result;
  }

  private listen(): void {
    const { world } = this;
    for (const slice of world.cluster.slices.of(PROXIES_KEY)) {
      for (const { address } of slice.endpoints) {
        const host = world.hostAt(address);
        if (host < 0) continue;
        for (const { port, protocol } of slice.ports) world.base.hosts.listen(host, port, protocol, this.user);
      }
    }
  }

  private dial(host: number, address: IpAddress, port: number, connection: number): number {
    const { transport, world } = this;
    const handle = transport.connect(Protocol.tcp, host, address, port, connection, this.user);
    const server = world.hostAt(address);
    const place = server < 0 ? { name: '', node: '' } : world.place(server);
    const text = formatIpPort(address, port);
    this.attempts.push({ handle, place, address: text, result: handle < 0 ? 'refused' : 'under way' });
    return handle;
  }

  /** What the proxies see of sockets; waking and copying is priced as in a run. */
  private sockets(): ProxySockets {
    const { transport, talk } = this;
    const { segments } = transport;
    const priced = <T>(wakes: number, bytes: number, send: () => T): T => {
      segments.spend(wakes, bytes);
      const result = send();
      segments.spend(0, 0);
      return result;
    };
    return {
      owner: () => (talk.isOver ? -1 : 0),
      host: () => this.asking.host,
      requestBytes: (client) => transport.requestBytes(client),
      answerBytes: (upstream) => transport.answerBytes(upstream),
      connect: (host, address, port, connection) => priced(1, 0, () => this.dial(host, address, port, connection)),
      request: (upstream, sequence, bytes) => {
        priced(1, 2 * bytes, () => transport.request(upstream, sequence, bytes));
      },
      respond: (client, sequence, bytes) => {
        priced(1, 2 * bytes, () => transport.respond(client, sequence, bytes));
      },
      close: (upstream) => {
        this.settle(upstream, 'timed out');
        transport.close(upstream);
      },
    };
  }
}

/** What the proxies know of endpoints: what is there. */
function endpointsOf(
  { base, cluster }: TraceWorld,
  backends: readonly RoutedBackend[],
  { syncIntervalNs }: IngressOptions,
): BackendEndpoints {
  const { store, slices } = cluster;
  const { simulation } = base;
  return new BackendEndpoints({ store, slices, simulation, backends, watchDelayNs: 0, syncIntervalNs });
}
