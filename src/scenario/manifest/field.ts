/**
 * Schemas for fields that several kinds of Kubernetes objects share. Objects have far more fields than are needed here;
 * what is not named is passed over. The API prints absent fields as null at times.
 */
import { z } from 'zod';
import type { ContainerPort, ObjectMeta } from '../../kube/api.js';
import { Protocol } from '../../net/index.js';
import * as q from '../quantity.js';
import { discoveryFields } from './pod-discovery.js';

const PROTOCOLS: ReadonlyMap<string, number> = new Map<string, number>([
  ['TCP', Protocol.tcp],
  ['UDP', Protocol.udp],
  ['SCTP', Protocol.sctp],
]);

/** Names of Services, Pods and the like. */
const name = q.quantity('a name of lower-case letters, digits, dashes and dots', (value) =>
  typeof value === 'string' && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(value) ? value : undefined,
);

/** Labels and selectors. YAML makes numbers and booleans of values that should have been quoted; so does the API refuse them. */
export const labels = z.record(
  z.string(),
  q.quantity('a text (put numbers and true or false in quotes)', (value) =>
    typeof value === 'string' ? value : undefined,
  ),
);

/** `metadata`. */
export const metadata = z.object({
  name,
  namespace: name.nullish(),
  labels: labels.nullish(),
  deletionTimestamp: z.unknown().optional(),
});

/** Transport protocol, as a number; TCP where nothing is said. */
export const protocol = q
  .word(...PROTOCOLS.keys())
  .nullish()
  .transform((name) => PROTOCOLS.get(name ?? 'TCP') ?? Protocol.tcp);

/** A port number. */
export const port = q.whole(1, 65535);

const containerPort = z.object({ name: z.string().nullish(), containerPort: port, protocol });

const container = z.object({ ports: z.array(containerPort).nullish(), restartPolicy: z.unknown().optional() });

/** The part of a Pod's `spec`, and of a template's, that is needed. */
export const podSpec = z.object({
  nodeName: z.string().nullish(),
  hostNetwork: q.flag.nullish(),
  ...discoveryFields,
  containers: z.array(container).nullish(),
  initContainers: z.array(container).nullish(),
});

/** The metadata record of an object. */
export function metaOf(meta: z.output<typeof metadata>): ObjectMeta {
  return { namespace: meta.namespace ?? 'default', name: meta.name, labels: meta.labels ?? {} };
}

/** The ports of a Pod's containers, sidecars (init containers that are always restarted) included. */
export function portsOf(spec: z.output<typeof podSpec>): readonly ContainerPort[] {
  const sidecars = (spec.initContainers ?? []).filter((init) => init.restartPolicy === 'Always');
  return [...(spec.containers ?? []), ...sidecars].flatMap((inner) =>
    (inner.ports ?? []).map(({ name: portName, protocol: number, containerPort: own }) => {
      return { name: portName ?? '', protocol: number, port: own };
    }),
  );
}
