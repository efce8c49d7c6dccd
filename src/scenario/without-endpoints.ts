/** Services of manifests that have no endpoint that takes connections, and why: what most often explains an unexpected REJECT. */
import type { ClusterObjects, Pod, Service } from '../kube/api.js';
import { hasAddress } from './check-traffic.js';

type Labels = Readonly<Record<string, string>>;

/** A Service without endpoints. */
export interface EndpointLack {
  /** Namespace and name. */
  readonly service: string;
  /** Why, in words that may stand in brackets. */
  readonly reason: string;
}

/** What a selector may find: a pod, or a set that makes some. */
interface Candidate {
  readonly labels: Labels;
  readonly isReady: boolean;
}

/**
 * The Services that kube-proxy handles and has no ready endpoint for, in their order.
 * Cost: for each Service, the pods that share its selector's first label.
 */
export function withoutEndpoints(objects: ClusterObjects): readonly EndpointLack[] {
  const candidates = candidatesOf(objects);
  const sliced = new Set(
    objects.slices
      .filter(({ endpoints }) => endpoints.some(({ ready, serving }) => ready || serving))
      .map(({ metadata, service }) => `${metadata.namespace}/${service}`),
  );
  return objects.services.filter(hasAddress).flatMap((service) => {
    const name = `${service.metadata.namespace}/${service.metadata.name}`;
    const reason = reasonOf(service, candidates, sliced.has(name));
    return reason === '' ? [] : [{ service: name, reason }];
  });
}

function reasonOf(
  { metadata, selector, publishNotReadyAddresses }: Service,
  candidates: ReadonlyMap<string, readonly Candidate[]>,
  isSliced: boolean,
): string {
  if (selector === null) return isSliced ? '' : 'it has no selector, and no EndpointSlice names it';
  const wanted = Object.entries(selector);
  const [first] = wanted;
  const key = first === undefined ? metadata.namespace : labelKey(metadata.namespace, first);
  const found = (candidates.get(key) ?? []).filter(({ labels }) =>
    wanted.every(([label, value]) => labels[label] === value),
  );
  if (found.length === 0) return 'its selector matches no pod';
  return publishNotReadyAddresses || found.some(({ isReady }) => isReady) ? '' : 'none of its pods is ready';
}

/** Pods by each of their labels, and by their namespace. */
function candidatesOf({ pods, podSets }: ClusterObjects): ReadonlyMap<string, readonly Candidate[]> {
  const byKey = new Map<string, Candidate[]>();
  const add = (namespace: string, candidate: Candidate): void => {
    const keys = [namespace, ...Object.entries(candidate.labels).map((label) => labelKey(namespace, label))];
    for (const key of keys) {
      const list = byKey.get(key);
      if (list === undefined) byKey.set(key, [candidate]);
      else list.push(candidate);
    }
  };
  for (const pod of pods) {
    if (pod.phase === 'Succeeded' || pod.phase === 'Failed') continue;
    add(pod.metadata.namespace, { labels: pod.metadata.labels, isReady: takesConnections(pod) });
  }
  for (const { metadata, podLabels, replicas } of podSets) {
    if (replicas > 0) add(metadata.namespace, { labels: podLabels, isReady: true });
  }
  return byKey;
}

/** Pending pods without a node have no endpoint yet. */
function takesConnections({ phase, ready }: Pod): boolean {
  return phase === 'Running' && ready;
}

function labelKey(namespace: string, [label, value]: readonly [string, string]): string {
  return `${namespace}/${label}=${value}`;
}
