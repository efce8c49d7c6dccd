/** Lookups of names: each request is what getaddrinfo does, over as many queries as it takes; nobody connects to what was found. */
import { Protocol } from '../net/index.js';
import type { Workload } from './workload.js';

/** The workload `dns`. */
export const dns: Workload = {
  name: 'dns',
  doc: 'lookups of names at the DNS pods behind kube-dns, with the queries that the search list makes of them',
  protocol: Protocol.udp,
  rules: () => ({ sessionsPerClient: Infinity, requestsPerConnection: 1, handshake: false }),
};
