/**
 * Session affinity by cookie as ingress-nginx 1.x has it (rootfs/etc/nginx/lua/balancer/sticky*.lua): from a request's cookie to an
 * endpoint, and from no cookie to a new one.
 *
 * `balanced` (the default) looks the cookie up on a ring of the present endpoints, so that a session moves when an endpoint next to it
 * comes or goes. `persistent` names one endpoint, by a digest, and holds to it as long as it is there. Endpoints are pods' addresses from
 * the slices: the Service's cluster IP and its sessionAffinity have no say.
 * Left out: trying another endpoint after a failure (session-cookie-change-on-failure), canaries.
 */
import { HashRing } from './hash-ring.js';
import { md5 } from './md5.js';

/** Annotation affinity-mode. */
export type AffinityMode = 'balanced' | 'persistent';

/** Name of the cookie without the annotation session-cookie-name. */
export const DEFAULT_COOKIE_NAME = 'INGRESSCOOKIE';

/** Stands between the two parts of a cookie: what decides the endpoint, and which backend it is of. */
const DELIMITER = '|';

/** A session that begins. */
export interface NewSession {
  readonly endpoint: string;
  /** Value of the cookie that is set. */
  readonly cookie: string;
}

/** The endpoints of one backend, as they are at one moment. */
export class CookieAffinity {
  private readonly mode: AffinityMode;
  private readonly endpoints: readonly string[];
  private readonly backendKey: string;
  private readonly salt: string;
  private readonly ring: HashRing;
  private readonly byDigest: ReadonlyMap<string, string>;

  /**
   * @param backend the backend's name, such as `default-web-80`
   * @param endpoints such as `10.244.1.5:8080`
   */
  constructor(mode: AffinityMode, backend: string, endpoints: readonly string[]) {
    this.mode = mode;
    this.endpoints = endpoints;
    this.salt = backend;
    this.backendKey = md5(md5(backend) + backend);
    this.ring = new HashRing(mode === 'balanced' ? endpoints : []);
    const persistent = mode === 'persistent' ? endpoints : [];
    this.byDigest = new Map(persistent.map((endpoint) => [this.digest(endpoint), endpoint]));
  }

  /**
   * Where a cookie leads.
   * @returns undefined when it leads nowhere: then a new session begins
   */
  endpointOf(cookie: string): string | undefined {
    const [key = ''] = cookie.split(DELIMITER);
    if (key === '') return undefined;
    return this.mode === 'balanced' ? this.ring.find(key) : this.byDigest.get(key);
  }

  /**
   * Begins a session.
   * @param nowSeconds, workerPid, random (1 to 999999): what ingress-nginx makes the key of a balanced session from
   * @returns undefined without endpoints
   */
  begin({ nowSeconds, workerPid, random }: SessionSeed): NewSession | undefined {
    if (this.endpoints.length === 0) return undefined;
    if (this.mode === 'persistent') {
      const endpoint = this.endpoints[random % this.endpoints.length]!;
      return { endpoint, cookie: this.cookieOf(this.digest(endpoint)) };
    }
    const key = `${nowSeconds}.${workerPid}.${random}`;
    const endpoint = this.ring.find(key);
    return endpoint === undefined ? undefined : { endpoint, cookie: this.cookieOf(key) };
  }

  private digest(endpoint: string): string {
    return md5(this.salt + endpoint);
  }

  private cookieOf(key: string): string {
    return `${key}${DELIMITER}${this.backendKey}`;
  }
}

/** What a new session is drawn from. */
export interface SessionSeed {
  readonly nowSeconds: number;
  readonly workerPid: number;
  /** 1 to 999999. */
  readonly random: number;
}
