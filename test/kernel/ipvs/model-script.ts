/** Scripts for ip_vs: what a user, clients and servers do, in random order, as fast-check draws and shrinks them. */
import fc from 'fast-check';
import { MODEL_SCHEDULERS } from './model/model-service.js';
import { KERNEL_SYSCTLS, type ModelSysctls } from './model/model.js';

/** How a service finds its packets. */
export type ServiceKind = 'tcp' | 'udp' | 'mark';

/** A service as a script begins with it. */
export interface ScriptService {
  readonly kind: ServiceKind;
  readonly scheduler: string;
  readonly fallback: boolean;
  readonly hashPort: boolean;
  readonly persistenceSeconds: number;
  readonly mask: number;
  readonly onePacket: boolean;
  /** Settings of the servers 0, 1, ..., in the order of addition. */
  readonly servers: readonly ServerPlan[];
}

/** Settings of a server, before the opening has said what is possible. */
export interface ServerPlan {
  /** Number of one of the opening's weights. */
  readonly weight: number;
  readonly upper: number;
  readonly lower: number;
}

/** What holds before the first step. */
export interface Opening {
  readonly factor: 256 | 257;
  readonly lookup: 'index' | 'walk';
  readonly sysctls: ModelSysctls;
  /** The weights that servers have; steps and services choose from them by number. */
  readonly weights: readonly number[];
  /** Whether servers have thresholds. */
  readonly thresholds: boolean;
  readonly services: readonly ScriptService[];
}

/** How a connection is closed: the first FIN or the RST from which side, and whether the other side answers it. */
export type Closing = 'client' | 'server' | 'half' | 'half-server' | 'rst' | 'server-rst';

/**
 * One step; numbers that name a service, a server of the list, a weight or a flow are taken modulo what there is. `absent` counts the
 * servers that are not in the list, so that often one comes back that was there before.
 */
export type Step =
  | { op: 'add'; service: number; absent: number; plan: ServerPlan }
  | { op: 'edit'; service: number; index: number; plan: ServerPlan }
  | { op: 'remove'; service: number; index: number }
  | { op: 'service'; service: number }
  | { op: 'scheduler'; service: number; scheduler: string; fallback: boolean; hashPort: boolean }
  | { op: 'sysctl'; name: keyof ModelSysctls; value: boolean }
  | { op: 'timeouts'; tcp: number; tcpFin: number; udp: number }
  | { op: 'open'; service: number; client: number; port: number; virtual: number; udp: boolean; answer: Answer }
  | { op: 'again'; flow: number; isTracked: boolean }
  | { op: 'data'; flow: number }
  | { op: 'answer'; flow: number }
  | { op: 'close'; flow: number; by: Closing }
  | { op: 'segment'; flow: number; from: 'client' | 'server'; flags: number; isTracked: boolean }
  | { op: 'wait'; seconds: number };

/** What a server does with the first segment of a connection. */
export type Answer = 'accepts' | 'refuses' | 'silent';

const plan: fc.Arbitrary<ServerPlan> = fc.record({
  weight: fc.nat(5),
  upper: fc.nat(6),
  lower: fc.oneof(fc.constant(0), fc.nat(6)),
});
/** Alike, small, with a common divisor, great. */
const weights = fc.constantFrom([1], [1, 1, 1, 0], [1, 2, 3, 0, 5], [2, 4, 6, 0], [100, 250, 0, 7], [1, 300]);
const scheduler = fc.constantFrom(...Object.keys(MODEL_SCHEDULERS));
const service = fc.nat(1);
const flow = fc.nat(40);
const sysctlName = fc.constantFrom(...(Object.keys(KERNEL_SYSCTLS) as (keyof ModelSysctls)[]));
const rarely = fc.nat(5).map((n) => n === 5);

const sysctls: fc.Arbitrary<ModelSysctls> = fc.record({
  conntrack: fc.boolean(),
  connReuseMode: fc.boolean(),
  expireNodestConn: fc.boolean(),
  expireQuiescentTemplate: fc.boolean(),
  sloppyTcp: rarely,
});

/** Few servers, or so many that indices over them are worth their while. */
const servers = fc.oneof(
  { weight: 3, arbitrary: fc.array(plan, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.array(plan, { minLength: 17, maxLength: 40 }) },
);

function scriptService(...kinds: ServiceKind[]): fc.Arbitrary<ScriptService> {
  return fc.record({
    kind: fc.constantFrom(...kinds),
    scheduler,
    fallback: fc.boolean(),
    hashPort: fc.boolean(),
    persistenceSeconds: fc.constantFrom(0, 0, 6, 33, 100),
    mask: fc.constantFrom(0xffffffff, 0xfffffffc, 0xffffff00),
    onePacket: rarely,
    servers,
  });
}

/** Two services: one at an address and TCP port, and one for UDP or for a mark. */
export const opening: fc.Arbitrary<Opening> = fc.record({
  factor: fc.constantFrom(256, 257),
  lookup: fc.constantFrom('index', 'walk'),
  sysctls,
  weights,
  thresholds: fc.boolean(),
  services: fc.tuple(scriptService('tcp'), scriptService('udp', 'mark')),
});

function step<O extends Step['op']>(
  op: O,
  parts: { [K in keyof Omit<Extract<Step, { op: O }>, 'op'>]: fc.Arbitrary<Extract<Step, { op: O }>[K]> },
): fc.Arbitrary<Step> {
  return fc.record({ op: fc.constant(op), ...parts }) as unknown as fc.Arbitrary<Step>;
}

/** Steps that give the schedulers much to decide, with how likely they are. */
const settled: readonly [number, fc.Arbitrary<Step>][] = [
  [5, step('add', { service, absent: fc.nat(3), plan })],
  [3, step('edit', { service, index: fc.nat(40), plan })],
  [4, step('remove', { service, index: fc.nat(40) })],
  [1, step('sysctl', { name: sysctlName, value: fc.boolean() })],
  [1, step('timeouts', { tcp: fc.nat(20), tcpFin: fc.nat(20), udp: fc.nat(20) })],
  [
    16,
    step('open', {
      service,
      client: fc.nat(11),
      port: fc.nat(3),
      virtual: fc.nat(2),
      udp: fc.boolean(),
      answer: fc.constantFrom('accepts', 'accepts', 'accepts', 'refuses', 'silent'),
    }),
  ],
  [3, step('again', { flow, isTracked: rarely })],
  [3, step('data', { flow })],
  [2, step('answer', { flow })],
  [8, step('close', { flow, by: fc.constantFrom('client', 'server', 'half', 'half-server', 'rst', 'server-rst') })],
  [5, step('wait', { seconds: fc.constantFrom(0.05, 0.5, 1, 3, 7, 12, 31, 59, 60, 61, 100, 121, 301, 901, 90_000) })],
];

/** Steps that make services and schedulers begin anew, or connections enter whatever state. */
const unsettling: readonly [number, fc.Arbitrary<Step>][] = [
  [1, step('service', { service })],
  [1, step('scheduler', { service, scheduler, fallback: fc.boolean(), hashPort: fc.boolean() })],
  [
    3,
    step('segment', {
      flow,
      from: fc.constantFrom('client', 'server'),
      flags: fc.integer({ min: 1, max: 15 }),
      isTracked: rarely,
    }),
  ],
];

function scriptOf(weighted: readonly [number, fc.Arbitrary<Step>][]): fc.Arbitrary<Step[]> {
  const any = fc.oneof(...weighted.map(([likely, arbitrary]) => ({ weight: likely, arbitrary })));
  return fc.array(any, { minLength: 1, maxLength: 100, size: 'max' });
}

/** What comes after the opening. */
export const script: fc.Arbitrary<Step[]> = scriptOf([...settled, ...unsettling]);

/** A script in which services, schedulers and connections take their normal course. */
export const plainScript: fc.Arbitrary<Step[]> = scriptOf(settled);

/** An opening in which one scheduler has all connections to decide about. */
export function openingFor(name: string): fc.Arbitrary<Opening> {
  const plain = { persistenceSeconds: 0, onePacket: false, scheduler: name };
  return opening.map((each) => ({ ...each, services: each.services.map((one) => ({ ...one, ...plain })) }));
}
