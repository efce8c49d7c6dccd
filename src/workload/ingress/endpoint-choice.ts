/**
 * Which endpoint a proxy sends a request to: in turn, beginning somewhere, or where the client's cookie leads.
 *
 * Mirrors ingress-nginx (rootfs/etc/nginx/lua/balancer: round_robin.lua, the default, and sticky.lua). Each proxy has turns of its own; those of
 * the worker processes of one proxy are not told apart. A client sends the cookie that it was given back, one for each backend.
 * Cost: O(1) a choice in turn, O(log points) by cookie.
 */
import type { BackendEndpoints, BackendServers, CookieAffinity } from '../../kube/index.js';
import { SECOND, type RandomStream, type Simulation } from '../../sim/index.js';

/** Largest number that a session's key is drawn from (math.random(999999) in sticky.lua). */
const SESSION_NUMBERS = 999_999;

/** Chooses endpoints for all proxies. */
export class EndpointChoice {
  /** Sessions begun: cookies given out. */
  sessions = 0;
  private readonly endpoints: BackendEndpoints;
  private readonly simulation: Simulation;
  private readonly random: RandomStream;
  private readonly backends: number;
  /** By proxy and backend: whose turn is next. */
  private readonly turns = new Map<number, number>();
  /** By client and backend. */
  private readonly cookies = new Map<number, string>();

  /** @param random for where turns begin, and for sessions */
  constructor(parts: {
    readonly endpoints: BackendEndpoints;
    readonly backends: number;
    readonly simulation: Simulation;
    readonly random: RandomStream;
  }) {
    this.endpoints = parts.endpoints;
    this.backends = parts.backends;
    this.simulation = parts.simulation;
    this.random = parts.random;
  }

  /**
   * The place of the endpoint among those of the backend.
   * @param client number of the client
   * @returns -1 when there is none
   */
  choose(proxy: number, backend: number, client: number): number {
    const servers = this.endpoints.servers(backend);
    const count = servers.addresses.length;
    if (count === 0) return -1;
    if (servers.affinity !== undefined) return this.byCookie(servers, servers.affinity, proxy, backend, client);
    const key = proxy * this.backends + backend;
    const turn = (this.turns.get(key) ?? this.random.below(count)) % count;
    this.turns.set(key, turn + 1);
    return turn;
  }

  private byCookie(
    { places }: BackendServers,
    affinity: CookieAffinity,
    proxy: number,
    backend: number,
    client: number,
  ): number {
    const key = client * this.backends + backend;
    const cookie = this.cookies.get(key);
    const known = cookie === undefined ? undefined : affinity.endpointOf(cookie);
    if (known !== undefined) return places.get(known) ?? -1;
    const nowSeconds = Math.floor(this.simulation.now / SECOND);
    const random = 1 + this.random.below(SESSION_NUMBERS);
    const session = affinity.begin({ nowSeconds, workerPid: proxy, random });
    if (session === undefined) return -1;
    this.sessions++;
    this.cookies.set(key, session.cookie);
    return places.get(session.endpoint) ?? -1;
  }
}
