/** One TCP connection a request: handshake, request, answer, close. Every request pays for a first packet. */
import { Protocol } from '../net/index.js';
import type { Workload } from './workload.js';

/** The workload `new-connection`. */
export const newConnection: Workload = {
  name: 'new-connection',
  doc: 'a new TCP connection for every request, closed after the answer',
  protocol: Protocol.tcp,
  rules: () => ({ sessionsPerClient: Infinity, requestsPerConnection: 1, handshake: true }),
};
