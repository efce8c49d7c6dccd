/**
 * The schema of connection scripts, the form of the IPVS trace files: which fields there are and what each may hold.
 *
 * What depends on several fields together is checked in `read-script.ts`.
 */
import { z } from 'zod';
import { schedulers } from '../../kernel/ipvs/schedulers/index.js';
import { EVERY_BIT_TEXT, readIpv4, readMask, readSocket } from './place-text.js';
import * as q from '../quantity.js';

/** Largest weight and threshold: the kernel holds them in 32 bits, with a sign. */
const MOST = 2 ** 31 - 1;

const socket = q.quantity('an IPv4 address and a port, such as 10.244.0.1:8080', readSocket);
const vip = q.quantity('an IPv4 address and a port above 0, such as 10.96.0.10:80', (value) => {
  const place = readSocket(value);
  return place === undefined || place.port === 0 ? undefined : place;
});
const flags = z.array(q.word(...schedulers.flatMap(({ flags: own }) => own.map(({ name }) => name))));
const scheduler = q.named('scheduler', schedulers);
/** A year, the most that a timeout or a wait may take. */
const YEAR = 86_400 * 365;
const seconds = q.whole(0, YEAR);

/** JSON files write 0 and 1 as well as false and true. */
const flag = q.quantity('true, false, 0 or 1', (value) => {
  if (typeof value === 'boolean') return value;
  return value === 0 || value === 1 ? value === 1 : undefined;
});

const service = z.strictObject({
  name: q.text,
  proto: q.word('tcp', 'udp'),
  vip: vip.optional(),
  fwmark: q.whole(1, MOST).optional(),
  vips: z.array(vip).min(1).optional(),
  scheduler: scheduler.optional(),
  flags: flags.optional(),
  persist: q.whole(1, 86_400 * 31).optional(),
  netmask: q.quantity(`a network mask such as ${EVERY_BIT_TEXT}`, readMask).optional(),
  ops: flag.optional(),
});

const weighed = {
  svc: q.text,
  rs: socket,
  weight: q.whole(0, MOST),
  upper: q.whole(0, MOST).optional(),
  lower: q.whole(0, MOST).optional(),
};

const opening = {
  id: q.text,
  svc: q.text,
  src: q.quantity('an IPv4 address', readIpv4),
  sport: q.whole(1, 65_535),
  vip: vip.optional(),
};

const step = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('add'), ...weighed, dead: flag.optional() }),
  z.strictObject({ op: z.literal('weight'), ...weighed }),
  z.strictObject({ op: z.literal('remove'), svc: q.text, rs: socket }),
  z.strictObject({ op: z.literal('connect'), ...opening }),
  z.strictObject({ op: z.literal('udp'), ...opening }),
  z.strictObject({
    op: z.literal('close'),
    id: q.text,
    by: q.word('client', 'server', 'half', 'half-server', 'rst', 'server-rst'),
  }),
  z.strictObject({ op: z.literal('data'), id: q.text }),
  z.strictObject({ op: z.literal('wait'), seconds: q.between(0, YEAR) }),
  z.strictObject({ op: z.literal('sysctl'), name: q.text, value: q.whole(0, MOST) }),
  z.strictObject({ op: z.literal('timeouts'), tcp: seconds, tcpfin: seconds, udp: seconds }),
  z.strictObject({ op: z.literal('scheduler'), svc: q.text, scheduler, flags: flags.optional() }),
  z.strictObject({ op: z.literal('snapshot') }),
  z.strictObject({ op: z.literal('conns') }),
]);

const server = q.quantity('an address and a port, or null', (value) =>
  value === null || readSocket(value) !== undefined ? (value as string | null) : undefined,
);

const pick = z.strictObject({ id: q.text, rs: server, result: q.text.optional(), state: q.text.optional() });

const listed = z.strictObject({ rs: q.text, weight: q.whole(0), active: q.whole(0), inactive: q.whole(0) });

const connection = z.strictObject({
  proto: q.text,
  client: q.text,
  vip: q.text,
  rs: q.text,
  state: q.text,
  expires: q.whole(0),
});

/** One entry of `observations`: which of the fields are there depends on the step. */
const observation = z.strictObject({
  step: q.whole(0),
  dests: z.record(z.string(), z.array(listed)).optional(),
  conns: z.array(connection).optional(),
  id: q.text.optional(),
  result: q.text.optional(),
});

/** The whole file. */
export const scriptSchema = z.strictObject({
  name: z.string().optional(),
  kernel: z.string().optional(),
  description: z.string().optional(),
  scheduler: scheduler.optional(),
  flags: flags.optional(),
  sysctl: z.record(z.string(), q.whole(0, MOST)).optional(),
  services: z.array(service).min(1),
  steps: z.array(step),
  picks: z.array(pick).optional(),
  observations: z.array(observation).optional(),
});

/** A file that fits. */
export type ScriptFile = z.output<typeof scriptSchema>;
