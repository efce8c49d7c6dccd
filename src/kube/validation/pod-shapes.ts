/**
 * The fields of Pods (v1, about v1.34) and of the workloads that make them (apps/v1).
 *
 * Those that say how a Pod is found, and how it finds others, have their types; of the rest of a Pod only that they exist, of the rest of a workload nothing.
 */
import { META_ONLY } from './object-shapes.js';
import type { Decoded, Shape } from './shape.js';

const text = 'text';
const texts = { list: 'text' } as const;

const port = {
  fields: { name: text, hostPort: 'int32', containerPort: 'int32', protocol: text, hostIP: text },
} as const;

const container = {
  fields: {
    name: text,
    image: text,
    ports: { list: port },
    restartPolicy: text,
    ...anyOf(
      ...['command', 'args', 'workingDir', 'envFrom', 'env', 'resources', 'resizePolicy', 'restartPolicyRules'],
      ...['volumeMounts', 'volumeDevices', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'],
      ...['terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy', 'securityContext', 'stdin'],
      ...['stdinOnce', 'tty'],
    ),
  },
} as const satisfies Shape;

/** `spec` of a Pod, and of a template. */
const POD_SPEC = {
  fields: {
    containers: { list: container },
    initContainers: { list: container },
    nodeName: text,
    hostNetwork: 'flag',
    hostname: text,
    subdomain: text,
    dnsPolicy: text,
    dnsConfig: {
      fields: { nameservers: texts, searches: texts, options: { list: { fields: { name: text, value: text } } } },
    },
    hostAliases: { list: { fields: { ip: text, hostnames: texts } } },
    enableServiceLinks: 'flag',
    ...anyOf(
      ...['volumes', 'ephemeralContainers', 'restartPolicy', 'terminationGracePeriodSeconds', 'activeDeadlineSeconds'],
      ...['nodeSelector', 'serviceAccountName', 'serviceAccount', 'automountServiceAccountToken', 'hostPID', 'hostIPC'],
      ...['shareProcessNamespace', 'securityContext', 'imagePullSecrets', 'affinity', 'schedulerName', 'tolerations'],
      ...['priorityClassName', 'priority', 'readinessGates', 'runtimeClassName', 'preemptionPolicy', 'overhead'],
      ...['topologySpreadConstraints', 'setHostnameAsFQDN', 'os', 'hostUsers', 'schedulingGates', 'resourceClaims'],
      ...['resources', 'hostnameOverride'],
    ),
  },
} as const satisfies Shape;

/** Pod (v1). */
export const POD = {
  fields: { apiVersion: text, kind: text, metadata: META_ONLY.fields.metadata, spec: POD_SPEC, status: 'any' },
} as const satisfies Shape;

/** Deployment, StatefulSet and DaemonSet (apps/v1): the union of their fields. */
export const WORKLOAD = {
  fields: {
    apiVersion: text,
    kind: text,
    metadata: META_ONLY.fields.metadata,
    spec: {
      fields: {
        template: { fields: { metadata: META_ONLY.fields.metadata, spec: POD_SPEC } },
        ...anyOf(
          ...['replicas', 'selector', 'serviceName', 'strategy', 'updateStrategy', 'minReadySeconds', 'ordinals'],
          ...['revisionHistoryLimit', 'paused', 'progressDeadlineSeconds', 'podManagementPolicy'],
          ...['volumeClaimTemplates', 'persistentVolumeClaimRetentionPolicy'],
        ),
      },
    },
    status: 'any',
  },
} as const satisfies Shape;

/** A decoded Pod. */
export type PodObject = Decoded<typeof POD>;
/** Its `spec`. */
export type PodSpecObject = NonNullable<PodObject['spec']>;
/** A decoded workload. */
export type WorkloadObject = Decoded<typeof WORKLOAD>;

function anyOf<K extends string>(...names: readonly K[]): Readonly<Record<K, 'any'>> {
  return Object.fromEntries(names.map((name) => [name, 'any'])) as Readonly<Record<K, 'any'>>;
}
