/** The objects of manifests one by one, as their readers give them. */
import type { Ingress, IngressClass, OtherSlice, Service } from '../../kube/api.js';
import { problemIn } from '../explain.js';
import { InputError } from '../problem.js';
import { readEndpoints, type ReadEndpoints } from './endpoints.js';
import { readIngress, readIngressClass } from './ingress.js';
import { readNode, type ReadNode } from './node.js';
import { readOtherSlice } from './other-slice.js';
import { readDaemonSet, readPod, readPodSet, type ReadDaemonSet, type ReadPod, type ReadPodSet } from './pod.js';
import type { RawObject } from './raw-object.js';
import { readService } from './service.js';
import { readSlice, type ReadSlice } from './slice.js';

/** Objects as read, before they are put together. */
export interface ReadObjects {
  readonly services: Service[];
  readonly pods: ReadPod[];
  readonly podSets: ReadPodSet[];
  readonly daemonSets: ReadDaemonSet[];
  readonly slices: ReadSlice[];
  readonly otherSlices: OtherSlice[];
  readonly endpoints: ReadEndpoints[];
  readonly nodes: ReadNode[];
  readonly ingresses: Ingress[];
  readonly ingressClasses: IngressClass[];
}

/** Kinds that are read, by kind and API group. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ['Service', ''],
  ['Pod', ''],
  ['Node', ''],
  ['Deployment', 'apps'],
  ['StatefulSet', 'apps'],
  ['DaemonSet', 'apps'],
  ['EndpointSlice', 'discovery.k8s.io'],
  ['Endpoints', ''],
  ['Ingress', 'networking.k8s.io'],
  ['IngressClass', 'networking.k8s.io'],
]);

/** Nothing read yet. */
export function noObjects(): ReadObjects {
  return {
    services: [],
    pods: [],
    podSets: [],
    daemonSets: [],
    slices: [],
    otherSlices: [],
    endpoints: [],
    nodes: [],
    ingresses: [],
    ingressClasses: [],
  };
}

/** What a kind is called among those that are passed over; empty for a kind that is read. */
export function unreadKind({ kind, group }: RawObject): string {
  if (GROUPS.get(kind) === group) return '';
  return GROUPS.has(kind) ? `${kind}.${group}` : kind;
}

/**
 * Reads one object into its list.
 * @param lenient whether to take it as it stands, as kube-proxy does
 * @param reviewed whether the API server's rules have been looked at already
 * @returns false for a slice of names in place of addresses, which kube-proxy passes over
 * @throws InputError with every problem
 */
export function readInto(read: ReadObjects, raw: RawObject, lenient: boolean, reviewed = false): boolean {
  switch (raw.kind) {
    case 'Service':
      read.services.push(readService(raw, lenient, reviewed));
      return true;
    case 'EndpointSlice': {
      const slice = readSlice(raw, lenient);
      if (slice !== undefined) read.slices.push(slice);
      else read.otherSlices.push(readOtherSlice(raw));
      return slice !== undefined;
    }
    case 'Endpoints':
      read.endpoints.push(readEndpoints(raw));
      return true;
    case 'Pod':
      read.pods.push(readPod(raw));
      return true;
    case 'DaemonSet':
      read.daemonSets.push(readDaemonSet(raw));
      return true;
    case 'Node':
      read.nodes.push(readNode(raw));
      return true;
    case 'Ingress':
      read.ingresses.push(readIngress(raw));
      return true;
    case 'IngressClass':
      read.ingressClasses.push(readIngressClass(raw));
      return true;
    default:
      read.podSets.push(readPodSet(raw, raw.kind === 'StatefulSet' ? 'StatefulSet' : 'Deployment'));
      return true;
  }
}

/**
 * Refuses an object that there is already.
 * @param known objects so far by kind and name; the object is added
 * @throws InputError that names the place of the first one
 */
export function requireFirst(raw: RawObject, known: Map<string, RawObject>): void {
  const key = keyOfRaw(raw);
  // Its reader reports what is wrong with the name.
  if (key === undefined) return;
  const first = known.get(key);
  known.set(key, first ?? raw);
  if (first === undefined) return;
  const { file, line, column } = first.place([], false);
  const message = `${key} occurs twice; the first one is at ${file}:${line}:${column}`;
  throw new InputError([problemIn(raw, ['metadata', 'name'], message)]);
}

/** Kind and name of an object; undefined without a name. */
export function keyOfRaw(raw: RawObject): string | undefined {
  const { name, namespace } = nameOf(raw);
  if (name === undefined) return undefined;
  const isOfCluster = raw.kind === 'Node' || raw.kind === 'IngressClass';
  return isOfCluster ? `${raw.kind} ${name}` : `${raw.kind} ${namespace ?? 'default'}/${name}`;
}

function nameOf(raw: RawObject): { readonly name: string | undefined; readonly namespace: string | undefined } {
  const { metadata } = raw.value as { metadata?: Readonly<Record<string, unknown>> | null };
  const [name, namespace] = [metadata?.['name'], metadata?.['namespace']];
  return {
    name: typeof name === 'string' ? name : undefined,
    namespace: typeof namespace === 'string' ? namespace : undefined,
  };
}
