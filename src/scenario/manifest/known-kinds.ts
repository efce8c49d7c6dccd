/**
 * Kinds of the API groups that every cluster has and that manifests around Services are full of (v1.34): what is not among them is a slip of
 * the pen, and a cluster would refuse it. Groups that are not listed may be anybody's.
 */
import { didYouMean } from '../nearest.js';
import type { RawObject } from './raw-object.js';

/** By `apiVersion`: kinds that somebody may write or that kubectl prints. */
const KINDS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'v1',
    [
      ...['Binding', 'ComponentStatus', 'ConfigMap', 'Endpoints', 'Event', 'LimitRange', 'List', 'Namespace', 'Node'],
      ...['PersistentVolume', 'PersistentVolumeClaim', 'Pod', 'PodTemplate', 'ReplicationController', 'ResourceQuota'],
      ...['Secret', 'SerializedReference', 'Service', 'ServiceAccount', 'Status'],
    ],
  ],
  ['apps/v1', ['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']],
  ['batch/v1', ['CronJob', 'Job']],
  ['networking.k8s.io/v1', ['IPAddress', 'Ingress', 'IngressClass', 'NetworkPolicy', 'ServiceCIDR']],
  ['discovery.k8s.io/v1', ['EndpointSlice']],
]);

/** What is wrong with the kind of an object; empty for one that there is, or may be. */
export function unknownKind({ kind, value }: RawObject): string {
  const version = (value as Readonly<Record<string, unknown>>)['apiVersion'];
  const kinds = typeof version === 'string' ? KINDS.get(version) : undefined;
  // A typed list without items is not taken apart.
  if (kinds === undefined || kinds.includes(kind.replace(/List$/, '')) || kinds.includes(kind)) return '';
  const home = [...KINDS].find(([, others]) => others.includes(kind))?.[0];
  const hint =
    home === undefined ? didYouMean(kind, kinds) || `; there are: ${kinds.join(', ')}` : `; it is in ${home}`;
  return `there is no kind ${kind} in ${String(version)}${hint}`;
}
