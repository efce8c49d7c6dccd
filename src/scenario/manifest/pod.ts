/**
 * Reads Pods (v1) and what Pods are made from: Deployments, StatefulSets and DaemonSets (apps).
 *
 * A Pod without status, as in a file that somebody wrote, counts as running and ready. Its addresses are read; the simulated cluster
 * keeps them where they lie in its own ranges, and gives it others elsewhere.
 */
import { z } from 'zod';
import type { Pod, PodSet } from '../../kube/api.js';
import { checkedSubject } from '../explain.js';
import * as q from '../quantity.js';
import { labels, metadata, metaOf, podSpec, portsOf } from './field.js';
import { byFamily, readAddress } from './ip-text.js';
import { discoveryOf } from './pod-discovery.js';
import type { RawObject } from './raw-object.js';

const owner = z.object({ kind: z.string(), name: z.string(), controller: q.flag.nullish() });

const podSchema = z.object({
  metadata: metadata.extend({ ownerReferences: z.array(owner).nullish() }),
  spec: podSpec.nullish(),
  status: z
    .object({
      phase: q.word('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown').nullish(),
      podIP: z.string().nullish(),
      podIPs: z.array(z.object({ ip: z.string() })).nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    })
    .nullish(),
});

const podSetSchema = z.object({
  metadata,
  spec: z.object({
    replicas: q.whole(0).nullish(),
    selector: z.object({ matchLabels: labels.nullish() }).nullish(),
    serviceName: z.string().nullish(),
    template: z.object({ metadata: z.object({ labels: labels.nullish() }).nullish(), spec: podSpec.nullish() }),
  }),
});

/** A Pod, with the name of its node in place of the node's index. */
export interface ReadPod extends Omit<Pod, 'node'> {
  /** Empty while it is not scheduled. */
  readonly nodeName: string;
  /** The controller that made it, as far as it is told. */
  readonly owner?: PodOwner;
}

/** Who made a Pod. */
export interface PodOwner {
  readonly kind: string;
  readonly name: string;
}

/** A DaemonSet: a Pod on every node, as nothing is read that keeps it from some. */
export interface ReadDaemonSet extends Omit<ReadPodSet, 'kind' | 'replicas'> {
  readonly hostNetwork: boolean;
}

/** A Deployment or StatefulSet, with the labels by which it knows its Pods. */
export interface ReadPodSet extends PodSet {
  readonly selector: Readonly<Record<string, string>>;
}

/** Reads one Pod. @throws InputError with every problem */
export function readPod(raw: RawObject): ReadPod {
  const { metadata: meta, spec, status } = checkedSubject(podSchema, raw);
  const phase = status?.phase ?? (status?.conditions ? 'Pending' : 'Running');
  const condition = status?.conditions?.find((own) => own.type === 'Ready');
  const texts = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  const [ip, secondIp] = byFamily(texts.map((text) => readAddress(text) ?? 0));
  const made = meta.ownerReferences?.find((own) => own.controller === true) ?? meta.ownerReferences?.[0];
  return {
    metadata: metaOf(meta),
    ip,
    secondIp,
    hostNetwork: spec?.hostNetwork ?? false,
    nodeName: spec?.nodeName ?? '',
    ...(made && { owner: { kind: made.kind, name: made.name } }),
    // Unknown: the node does not answer; the Pod may still run.
    phase: phase === 'Unknown' ? 'Running' : phase,
    ready: condition === undefined ? phase === 'Running' : condition.status === 'True',
    terminating: meta.deletionTimestamp !== undefined && meta.deletionTimestamp !== null,
    ports: spec ? portsOf(spec) : [],
    ...discoveryOf(spec),
  };
}

/** Reads one DaemonSet. @throws InputError with every problem */
export function readDaemonSet(raw: RawObject): ReadDaemonSet {
  const { metadata: meta, spec } = checkedSubject(podSetSchema, raw);
  const podLabels = spec.template.metadata?.labels ?? {};
  const template = spec.template.spec;
  return {
    metadata: metaOf(meta),
    podLabels,
    ports: template ? portsOf(template) : [],
    selector: spec.selector?.matchLabels ?? podLabels,
    hostNetwork: template?.hostNetwork ?? false,
  };
}

/** Reads one Deployment or StatefulSet. @throws InputError with every problem */
export function readPodSet(raw: RawObject, kind: PodSet['kind']): ReadPodSet {
  const { metadata: meta, spec } = checkedSubject(podSetSchema, raw);
  const podLabels = spec.template.metadata?.labels ?? {};
  return {
    metadata: metaOf(meta),
    kind,
    replicas: spec.replicas ?? 1,
    podLabels,
    ports: spec.template.spec ? portsOf(spec.template.spec) : [],
    ...setDiscovery(spec, kind),
    selector: spec.selector?.matchLabels ?? podLabels,
  };
}

/** A StatefulSet's Pods are named below its Service, others below what their template says. */
function setDiscovery(
  { serviceName, template }: z.output<typeof podSetSchema>['spec'],
  kind: PodSet['kind'],
): Pick<PodSet, 'hostname' | 'subdomain' | 'discovery'> {
  const { hostname, subdomain, discovery } = discoveryOf(template.spec);
  const names = kind === 'StatefulSet' ? { subdomain: serviceName } : { hostname, subdomain };
  return {
    ...(names.hostname && { hostname: names.hostname }),
    ...(names.subdomain && { subdomain: names.subdomain }),
    ...(discovery && { discovery }),
  };
}
