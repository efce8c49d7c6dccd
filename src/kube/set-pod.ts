/**
 * A pod as a Deployment or StatefulSet makes it: labels, ports, DNS settings and names of the template.
 *
 * A StatefulSet's pod has its own name as hostname, below the set's Service (pkg/controller/statefulset initIdentity); a Deployment's has what the
 * template says, all of them the same. Whether and since when it is ready is the caller's.
 */
import type { Pod, PodSet } from './api.js';
import type { PodIps } from './pod-network.js';

/** Makes a pod that runs and is ready. */
export function podOfSet(set: PodSet, name: string, placed: PodIps & Pick<Pod, 'node'>): Pod {
  const { kind, metadata, podLabels: labels, ports, subdomain, discovery } = set;
  const hostname = kind === 'StatefulSet' ? name : set.hostname;
  return {
    metadata: { namespace: metadata.namespace, name, labels },
    ...placed,
    hostNetwork: false,
    phase: 'Running',
    ready: true,
    terminating: false,
    ports,
    ...(hostname !== undefined && { hostname }),
    ...(subdomain !== undefined && { subdomain }),
    ...(discovery !== undefined && { discovery }),
  };
}

/**
 * The set that pods without one are taken for: a StatefulSet where each is named by number and has its name as hostname, else a Deployment of
 * the Service's name. What a template would say is what the first pod says.
 */
export function setOfPods({ metadata }: Pick<PodSet, 'metadata'>, pods: readonly Pod[]): Partial<PodSet> {
  const [first] = pods;
  if (first === undefined) return {};
  const { hostname, subdomain, discovery } = first;
  const names = {
    podLabels: first.metadata.labels,
    ports: first.ports,
    ...(subdomain !== undefined && { subdomain }),
    ...(discovery !== undefined && { discovery }),
  };
  const prefix = first.metadata.name.slice(0, first.metadata.name.lastIndexOf('-'));
  const isOrdinal = (pod: Pod): boolean =>
    pod.hostname === pod.metadata.name &&
    ordinalOf(pod.metadata.name) >= 0 &&
    pod.metadata.name.startsWith(`${prefix}-`);
  if (prefix !== '' && pods.every(isOrdinal)) {
    return { ...names, kind: 'StatefulSet', metadata: { ...metadata, name: prefix } };
  }
  return { ...names, ...(hostname !== undefined && { hostname }) };
}

/** Letters of the hash of a template and of the random end of a name (apimachinery util/rand; no vowels), and what older hashes have. */
const HASH_AND_END = /^[bcdfghjklmnpqrstvwxz0-9]{1,10}-[bcdfghjklmnpqrstvwxz0-9]{5}$/;

/**
 * Whether a Pod has a name that a set gives: a StatefulSet's by number, a Deployment's behind the hash of its template, or by number, as Pods are named
 * that are made here.
 */
export function isNamedBySet(name: string, { kind, metadata }: Pick<PodSet, 'kind' | 'metadata'>): boolean {
  if (!name.startsWith(`${metadata.name}-`)) return false;
  const rest = name.slice(metadata.name.length + 1);
  return /^(0|[1-9]\d*)$/.test(rest) || (kind === 'Deployment' && HASH_AND_END.test(rest));
}

/** The number at the end of a StatefulSet's pod's name; -1 for none. */
export function ordinalOf(name: string): number {
  const digits = name.slice(name.lastIndexOf('-') + 1);
  return /^(0|[1-9]\d*)$/.test(digits) && digits.length < name.length ? Number(digits) : -1;
}
