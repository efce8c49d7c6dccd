/** TCP connections that carry many requests, one at a time: what a pool of HTTP keepalive connections does. */
import { Protocol } from '../net/index.js';
import type { Workload } from './workload.js';

/** The workload `keepalive`. */
export const keepalive: Workload = {
  name: 'keepalive',
  doc: 'up to `concurrency` TCP connections a client, each closed after `requestsPerConnection` requests (0: never)',
  protocol: Protocol.tcp,
  rules: (options) => ({
    sessionsPerClient: options.concurrency,
    requestsPerConnection: options.requestsPerConnection,
    handshake: true,
  }),
};
