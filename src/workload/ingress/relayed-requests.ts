/** Requests that proxies have taken on, and their connections to endpoints, in typed columns. */
import { grown } from '../../sim/index.js';

/** Requests under way through proxies. */
export class RelayedRequests {
  /** The conversation with the client, and the number of the request on it. */
  conversation = new Int32Array(64);
  sequence = new Int32Array(64);
  /** Its size. */
  bytes = new Uint16Array(64);
  /** Proxy, by its server number, and its host. */
  proxy = new Int32Array(64);
  host = new Int32Array(64);
  /** Where it goes, by number of the backend, and the client whose it is. */
  backend = new Int32Array(64);
  client = new Int32Array(64);
  /** Endpoints tried in vain, and whether the last one did not answer in time. */
  tries = new Uint8Array(64);
  timedOut = new Uint8Array(64);
  private free = new Int32Array(64);
  private freeCount = 0;
  private made = 0;

  /** Requests at present. */
  get inUse(): number {
    return this.made - this.freeCount;
  }

  /** A new request, tried nowhere yet. */
  take(): number {
    if (this.freeCount === 0 && this.made === this.conversation.length) this.growTo(this.made * 2);
    const request = this.freeCount > 0 ? this.free[--this.freeCount]! : this.made++;
    this.tries[request] = 0;
    this.timedOut[request] = 0;
    return request;
  }

  /** Gives a request back; its columns stay readable until the next `take`. */
  release(request: number): void {
    this.free[this.freeCount++] = request;
  }

  private growTo(length: number): void {
    this.conversation = grown(this.conversation, length);
    this.sequence = grown(this.sequence, length);
    this.bytes = grown(this.bytes, length);
    this.proxy = grown(this.proxy, length);
    this.host = grown(this.host, length);
    this.backend = grown(this.backend, length);
    this.client = grown(this.client, length);
    this.tries = grown(this.tries, length);
    this.timedOut = grown(this.timedOut, length);
    this.free = grown(this.free, length);
  }
}

/** Connections of proxies to endpoints. */
export class UpstreamConnections {
  handle = new Int32Array(64);
  /** Proxy by its server number, and the endpoint by number. */
  proxy = new Int32Array(64);
  endpoint = new Float64Array(64);
  /** Request that is under way; -1 while idle. */
  request = new Int32Array(64);
  /** Requests so far. */
  sequence = new Int32Array(64);
  private free = new Int32Array(64);
  private freeCount = 0;
  private made = 0;

  /** Connections opened so far. */
  opened = 0;

  /** A new connection, without a request yet. */
  take(): number {
    if (this.freeCount === 0 && this.made === this.handle.length) this.growTo(this.made * 2);
    const connection = this.freeCount > 0 ? this.free[--this.freeCount]! : this.made++;
    this.opened++;
    this.request[connection] = -1;
    this.sequence[connection] = 0;
    return connection;
  }

  /** Gives a connection back. */
  release(connection: number): void {
    this.free[this.freeCount++] = connection;
  }

  private growTo(length: number): void {
    this.handle = grown(this.handle, length);
    this.proxy = grown(this.proxy, length);
    this.endpoint = grown(this.endpoint, length);
    this.request = grown(this.request, length);
    this.sequence = grown(this.sequence, length);
    this.free = grown(this.free, length);
  }
}
