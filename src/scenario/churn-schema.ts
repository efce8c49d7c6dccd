/** The schema of `spec.churn`: what happens to the cluster while traffic runs. */
import { z } from 'zod';
import { parseIp, type IpAddress } from '../net/index.js';
import * as q from './quantity.js';

const someNodes = q.quantity('all, or a list of different numbers of nodes, from 0', readNodes);

const someAddresses = q.quantity('a list of different addresses', readAddresses);

const podTimes = { startup: q.duration, termination: q.duration, spread: q.share };

/** One entry of `spec.churn`. */
export const churnSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scale'), at: q.duration, service: q.whole(0), replicas: q.whole(0), ...podTimes }),
  z.strictObject({
    kind: z.literal('rolling-update'),
    at: q.duration,
    service: q.whole(0),
    maxSurge: q.fraction,
    maxUnavailable: q.fraction,
    ...podTimes,
  }),
  z.strictObject({ kind: z.literal('sudden-scale'), at: q.duration, service: q.whole(0), replicas: q.whole(0) }),
  z.strictObject({
    kind: z.literal('sudden-replace'),
    at: q.duration,
    service: q.whole(0),
    pods: q.wholeOr(1, 'all'),
    interval: q.someDuration,
  }),
  z.strictObject({
    kind: z.literal('pod-failure'),
    at: q.duration,
    service: q.whole(0),
    pods: q.wholeOr(1, 'all'),
    lasts: q.someDuration,
    period: q.wholeSeconds,
    timeout: q.wholeSeconds,
    failureThreshold: q.whole(1),
    successThreshold: q.whole(1),
  }),
  z.strictObject({
    kind: z.literal('proxy-restart'),
    at: q.duration,
    down: q.duration,
    nodes: someNodes,
  }),
  z.strictObject({
    kind: z.literal('endpoints-edit'),
    at: q.duration,
    service: q.whole(0),
    ready: someAddresses,
    notReady: someAddresses,
  }),
  z.strictObject({ kind: z.literal('node-join'), at: q.duration, nodes: someNodes }),
  z.strictObject({ kind: z.literal('next-hops'), at: q.duration, nodes: someNodes }),
]);

function readNodes(value: unknown): readonly number[] | 'all' | undefined {
  if (value === 'all') return value;
  if (!Array.isArray(value) || value.length === 0 || new Set(value).size < value.length) return undefined;
  const numbers = value.filter((own): own is number => Number.isSafeInteger(own) && Number(own) >= 0);
  return numbers.length === value.length ? numbers.sort((a, b) => a - b) : undefined;
}

function readAddresses(value: unknown): readonly IpAddress[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const addresses = value.map((own) => (typeof own === 'string' ? parseIp(own) : undefined));
  const known = addresses.filter((own) => own !== undefined);
  return new Set(known).size === value.length ? known : undefined;
}
