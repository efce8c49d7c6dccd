/**
 * Writes the objects of a cluster in the form of Kubernetes manifests, so that a run's input can be kept as one file. Reading
 * them again gives the same objects.
 */
import type { ClusterObjects, ContainerPort, ObjectMeta, Pod, PodSet, Service } from '../../kube/api.js';
import { formatIpv4, Protocol } from '../../net/index.js';
import { ZONE_LABEL } from './node.js';

/** Any Kubernetes object. */
export type Manifest = Readonly<Record<string, unknown>>;

const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [Protocol.tcp, 'TCP'],
  [Protocol.udp, 'UDP'],
  [Protocol.sctp, 'SCTP'],
]);

/** A deletion time for terminating Pods; only that there is one means anything. */
const SOME_TIME = '2026-01-01T00:00:00Z';

/** The objects as manifests: Nodes, Services, Pods, then Deployments and StatefulSets. */
export function manifestsOf(objects: ClusterObjects): Manifest[] {
  const names = objects.nodes.map((node) => node.name);
  return [
    ...objects.nodes.map(({ name, zone }) => {
      return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: zone === '' ? {} : { [ZONE_LABEL]: zone } } };
    }),
    ...objects.services.map(serviceManifest),
    ...objects.pods.map((pod) => podManifest(pod, names[pod.node] ?? '')),
    ...objects.podSets.map(podSetManifest),
  ];
}

function serviceManifest(service: Service): Manifest {
  const { headless, clusterIp, selector, affinitySeconds } = service;
  const spec = {
    type: service.type,
    ...(headless || clusterIp !== 0 ? { clusterIP: headless ? 'None' : formatIpv4(clusterIp) } : {}),
    ...(selector === null ? {} : { selector }),
    ports: service.ports.map(({ name, protocol, nodePort, ...rest }) => {
      return {
        ...named(name),
        protocol: PROTOCOL_NAMES.get(protocol),
        ...rest,
        ...(nodePort === 0 ? {} : { nodePort }),
      };
    }),
    ...(affinitySeconds === 0
      ? {}
      : { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } } }),
    ...(service.publishNotReadyAddresses ? { publishNotReadyAddresses: true } : {}),
  };
  return { apiVersion: 'v1', kind: 'Service', metadata: meta(service.metadata), spec };
}

function podManifest(pod: Pod, nodeName: string): Manifest {
  const metadata = { ...meta(pod.metadata), ...(pod.terminating ? { deletionTimestamp: SOME_TIME } : {}) };
  const spec = { ...(nodeName === '' ? {} : { nodeName }), containers: [{ ports: containerPorts(pod.ports) }] };
  const status = { phase: pod.phase, conditions: [{ type: 'Ready', status: pod.ready ? 'True' : 'False' }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status };
}

function podSetManifest(set: PodSet): Manifest {
  const spec = {
    replicas: set.replicas,
    selector: { matchLabels: set.podLabels },
    template: { metadata: { labels: set.podLabels }, spec: { containers: [{ ports: containerPorts(set.ports) }] } },
  };
  return { apiVersion: 'apps/v1', kind: set.kind, metadata: meta(set.metadata), spec };
}

function meta({ namespace, name, labels }: ObjectMeta): Manifest {
  return { namespace, name, ...(Object.keys(labels).length === 0 ? {} : { labels }) };
}

function containerPorts(ports: readonly ContainerPort[]): Manifest[] {
  return ports.map(({ name, protocol, port }) => {
    return { ...named(name), containerPort: port, protocol: PROTOCOL_NAMES.get(protocol) };
  });
}

function named(name: string): Manifest {
  return name === '' ? {} : { name };
}
