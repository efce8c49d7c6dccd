/** UDP requests and replies, one datagram each way; a new socket, and so a new flow, every `requestsPerConnection` requests. */
import { Protocol } from '../net/index.js';
import type { Workload } from './workload.js';

/** The workload `udp`. */
export const udp: Workload = {
  name: 'udp',
  doc: 'UDP request and reply; a new socket every `requestsPerConnection` requests (0: one socket for good)',
  protocol: Protocol.udp,
  rules: (options) => ({
    sessionsPerClient: options.requestsPerConnection === 1 ? Infinity : options.concurrency,
    requestsPerConnection: options.requestsPerConnection,
    handshake: false,
  }),
};
