/**
 * Who knows a client's address: whoever gets its packets with their source as it was, or is told by a header.
 *
 * A header of the PROXY protocol stands at the beginning of a connection and passes every proxy that only carries bytes, such as kube-proxy's userspace
 * mode; an ingress proxy tells what it knows itself in each request (X-Forwarded-For). Headers tell what their sender has seen: behind a masquerade that is
 * a node. Cost: O(proxies on the way) a request.
 */
import type { InFront, IngressTraffic } from './ingress/index.js';
import type { Foundation } from './foundation.js';
import type { ConnectionBalancer } from './ways-in/index.js';

/** User of sockets that stands for the clients themselves. */
const CLIENTS = 0;

/** What servers know of clients in one run, and what those in front have noted. */
export class ClientKnowledge implements InFront {
  private readonly base: Foundation;
  private readonly balancer: ConnectionBalancer | undefined;
  private readonly ingress: IngressTraffic | undefined;

  /** @param parts who stands between clients and servers; undefined for nobody */
  constructor(parts: {
    readonly base: Foundation;
    readonly balancer: ConnectionBalancer | undefined;
    readonly ingress: IngressTraffic | undefined;
  }) {
    this.base = parts.base;
    this.balancer = parts.balancer;
    this.ingress = parts.ingress;
  }

  /** Whether there is anybody who would have to tell. */
  get isAsked(): boolean {
    return this.balancer !== undefined || this.ingress !== undefined;
  }

  /** Whether the server of a conversation knows the address of the client on whose behalf it was dialled. */
  knows(handle: number): boolean {
    const { transport } = this.base;
    const isClients = transport.clientUser(handle) === CLIENTS;
    return isClients ? transport.peerAddress(handle) === transport.clientAddress(handle) : this.isTold(handle);
  }

  /** See `InFront`. */
  ownerOf(handle: number): number {
    const { transport } = this.base;
    let own = handle;
    while (transport.clientUser(own) > CLIENTS) own = this.before(own);
    return transport.owner(own);
  }

  /** See `InFront`: of the PROXY protocol. */
  headerIn(handle: number): number {
    const { balancer, base } = this;
    const { transport, relays } = base;
    const user = transport.clientUser(handle);
    if (balancer === undefined || user < 0) return 0;
    if (user === balancer.user) return balancer.headerIn(transport.owner(handle));
    return user === relays.tcpSocketUser ? this.headerIn(this.before(handle)) : 0;
  }

  /** Whether what is sent over a conversation tells of the client. */
  private isTold(handle: number): boolean {
    const { base, balancer } = this;
    const { transport, relays } = base;
    const user = transport.clientUser(handle);
    if (user <= CLIENTS) return false;
    const before = this.before(handle);
    if (user === relays.tcpSocketUser) return this.isTold(before);
    const isHeaded = user !== balancer?.user || balancer.tells(transport.owner(handle));
    return isHeaded && before >= 0 && this.knows(before);
  }

  /** The conversation that one which no client has dialled goes on with; -1 when it is over. */
  private before(handle: number): number {
    const { base, balancer, ingress } = this;
    const { transport, relays } = base;
    const user = transport.clientUser(handle);
    const owner = transport.owner(handle);
    if (user === relays.tcpSocketUser) return relays.clientOf(handle, owner);
    if (user === balancer?.user) return balancer.clientOf(handle, owner);
    return user === ingress?.user ? ingress.clientOf(owner) : -1;
  }
}
