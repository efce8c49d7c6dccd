/**
 * Idle connections that proxies keep to endpoints: nginx's `keepalive` (ngx_http_upstream_keepalive_module, 1.25).
 *
 * Each proxy keeps up to a number of them over all endpoints; one more closes the one that was idle longest. A request takes the one to its
 * endpoint that was used last. A connection is closed once it was idle for 60 s (looked at when it would be taken) or has carried 10,000 requests.
 * Cost: O(1) to take and to put; O(idle connections to one endpoint) to close the oldest.
 */
import { SECOND, type Nanoseconds } from '../../sim/index.js';

/** upstream-keepalive-timeout and upstream-keepalive-requests of ingress-nginx. */
const IDLE_NS: Nanoseconds = 60 * SECOND;
/** See `IDLE_NS`. */
export const MOST_REQUESTS = 10_000;

/** An idle connection. */
interface IdleConnection {
  readonly connection: number;
  readonly endpoint: number;
  readonly sinceNs: Nanoseconds;
}

/** Idle connections of one proxy. */
interface ProxyConnections {
  /** By number, the oldest first. */
  readonly idle: Map<number, IdleConnection>;
  /** By endpoint, the newest last. */
  readonly byEndpoint: Map<number, IdleConnection[]>;
}

/** The idle connections of all proxies, by number of the connection. */
export class UpstreamPool {
  private readonly limit: number;
  private readonly close: (connection: number) => void;
  private readonly proxies = new Map<number, ProxyConnections>();

  /**
   * @param limit idle connections of one proxy; 0: none is kept
   * @param close ends a connection that is kept no longer
   */
  constructor(limit: number, close: (connection: number) => void) {
    this.limit = limit;
    this.close = close;
  }

  /**
   * Takes an idle connection.
   * @param proxy whose
   * @param endpoint to whom, by number
   * @returns its number, or -1
   */
  take(proxy: number, endpoint: number, nowNs: Nanoseconds): number {
    const own = this.proxies.get(proxy);
    const newest = own?.byEndpoint.get(endpoint)?.at(-1);
    if (own === undefined || newest === undefined) return -1;
    remove(own, newest);
    if (nowNs - newest.sinceNs <= IDLE_NS) return newest.connection;
    // The newest is too old, and so are all others.
    this.close(newest.connection);
    return this.take(proxy, endpoint, nowNs);
  }

  /** A connection has nothing to do. */
  put(proxy: number, endpoint: number, connection: number, nowNs: Nanoseconds): void {
    if (this.limit === 0) {
      this.close(connection);
      return;
    }
    const own = this.connectionsOf(proxy);
    const idle = { connection, endpoint, sinceNs: nowNs };
    own.idle.set(connection, idle);
    const others = own.byEndpoint.get(endpoint);
    if (others === undefined) own.byEndpoint.set(endpoint, [idle]);
    else others.push(idle);
    if (own.idle.size <= this.limit) return;
    for (const oldest of own.idle.values()) {
      remove(own, oldest);
      this.close(oldest.connection);
      return;
    }
  }

  /** An idle connection broke. */
  forget(proxy: number, connection: number): void {
    const own = this.proxies.get(proxy);
    const idle = own?.idle.get(connection);
    if (own !== undefined && idle !== undefined) remove(own, idle);
  }

  private connectionsOf(proxy: number): ProxyConnections {
    const known = this.proxies.get(proxy);
    if (known !== undefined) return known;
    const made: ProxyConnections = { idle: new Map(), byEndpoint: new Map() };
    this.proxies.set(proxy, made);
    return made;
  }
}

function remove({ idle, byEndpoint }: ProxyConnections, gone: IdleConnection): void {
  idle.delete(gone.connection);
  const others = byEndpoint.get(gone.endpoint) ?? [];
  others.splice(others.lastIndexOf(gone), 1);
  if (others.length === 0) byEndpoint.delete(gone.endpoint);
}
