/** The schema of what stands in front of Services: ingress controller and load balancer. A part of `schema.ts`. */
import { z } from 'zod';
import * as q from './quantity.js';

/** `cluster.ingress`. */
export const ingressSchema = z.strictObject({
  class: q.text,
  replicas: q.whole(1, 1000),
  exposure: q.word('node-port', 'load-balancer', 'host-network', 'outside'),
  externalTrafficPolicy: q.word('Cluster', 'Local'),
  serverTime: q.duration,
  concurrency: q.whole(1),
  keepalive: q.whole(0),
  syncInterval: q.duration,
  useProxyProtocol: q.flag,
});

/** `cluster.loadBalancer`. */
export const loadBalancerSchema = z.strictObject({
  healthInterval: q.someDuration,
  unhealthyThreshold: q.whole(1, 100),
  forwards: q.word('packets', 'connections'),
  targets: q.word('nodes', 'pods'),
  targetDelay: q.duration,
  proxyProtocol: q.word('none', 'v1', 'v2'),
});

/** `cluster.ecmp`. */
export const ecmpSchema = z.strictObject({ hashing: q.word('modulo', 'resilient') });

/** `workload.frontend`. */
export const frontendSchema = q.word('cluster-ip', 'node-port', 'load-balancer', 'external-ip', 'ecmp', 'ingress');
