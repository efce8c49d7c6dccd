/**
 * Writes the objects of a cluster in the form of Kubernetes manifests, so that a run's input can be kept as one file and be
 * compared. Reading them again gives the same objects.
 */
import type { ClusterObjects, ContainerPort, EndpointSlice, Node, Pod, PodSet } from '../../kube/api.js';
import { formatIp, formatIpPrefix, type IpAddress } from '../../net/index.js';
import { meta, protocolText, type Manifest } from './manifest-parts.js';
import { CONTROL_PLANE_LABELS, ZONE_LABEL } from './node.js';
import { otherSliceManifest } from './other-slice.js';
import { ingressClassManifest, ingressManifest } from './write-ingress.js';
import { serviceManifest } from './write-service.js';

/** A deletion time for terminating Pods; only that there is one means anything. */
const SOME_TIME = '2026-01-01T00:00:00Z';

/** The objects as manifests: Nodes, Services, Pods, Deployments and StatefulSets, EndpointSlices, IngressClasses and Ingresses. */
export function manifestsOf(objects: ClusterObjects): Manifest[] {
  const names = objects.nodes.map((node) => node.name);
  return [
    ...objects.nodes.map(nodeManifest),
    ...objects.services.map(serviceManifest),
    ...objects.pods.map((pod) => podManifest(pod, names[pod.node] ?? '')),
    ...objects.podSets.map(podSetManifest),
    ...objects.slices.map((slice) => sliceManifest(slice, names)),
    ...(objects.otherSlices ?? []).map(otherSliceManifest),
    ...(objects.ingressClasses ?? []).map(ingressClassManifest),
    ...(objects.ingresses ?? []).map(ingressManifest),
  ];
}

function nodeManifest({ name, zone, ip, secondIp, podCidrs, cpuMillis, controlPlane, notReady }: Node): Manifest {
  const role = controlPlane === true ? { [CONTROL_PLANE_LABELS[0]]: '' } : {};
  const metadata = { name, labels: { ...(zone === '' ? {} : { [ZONE_LABEL]: zone }), ...role } };
  const addresses = texts(ip, secondIp).map((address) => ({ type: 'InternalIP', address }));
  const status = {
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(cpuMillis === undefined ? {} : { allocatable: { cpu: `${cpuMillis}m` } }),
    ...(notReady === true ? { conditions: [{ type: 'Ready', status: 'False' }] } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata,
    ...(podCidrs === undefined ? {} : { spec: { podCIDRs: podCidrs.map(formatIpPrefix) } }),
    ...(Object.keys(status).length === 0 ? {} : { status }),
  };
}

function podManifest(pod: Pod, nodeName: string): Manifest {
  const metadata = { ...meta(pod.metadata), ...(pod.terminating ? { deletionTimestamp: SOME_TIME } : {}) };
  const spec = {
    ...(nodeName === '' ? {} : { nodeName }),
    ...(pod.hostNetwork ? { hostNetwork: true } : {}),
    ...namesManifest(pod),
    ...pod.discovery,
    containers: [{ ports: containerPorts(pod.ports) }],
  };
  const podIPs = texts(pod.ip, pod.secondIp).map((ip) => ({ ip }));
  const status = {
    phase: pod.phase,
    ...(podIPs.length === 0 ? {} : { podIPs }),
    conditions: [{ type: 'Ready', status: pod.ready ? 'True' : 'False' }],
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status };
}

function podSetManifest(set: PodSet): Manifest {
  const spec = {
    replicas: set.replicas,
    selector: { matchLabels: set.podLabels },
    ...(set.kind === 'StatefulSet' && set.subdomain !== undefined ? { serviceName: set.subdomain } : {}),
    template: {
      metadata: { labels: set.podLabels },
      spec: {
        ...(set.kind === 'StatefulSet' ? {} : namesManifest(set)),
        ...set.discovery,
        containers: [{ ports: containerPorts(set.ports) }],
      },
    },
  };
  return { apiVersion: 'apps/v1', kind: set.kind, metadata: meta(set.metadata), spec };
}

function sliceManifest(slice: EndpointSlice, nodes: readonly string[]): Manifest {
  const nameOf = (node: number): string => nodes[node] ?? '';
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: meta(slice.metadata),
    addressType: `IPv${slice.family}`,
    ports: slice.ports.map(({ protocol, ...rest }) => ({ ...rest, protocol: protocolText(protocol) })),
    endpoints: slice.endpoints.map(({ address, node, target, hostname, ready, serving, terminating, hints }) => {
      const [namespace = '', name = ''] = target.split('/');
      return {
        addresses: [formatIp(address)],
        conditions: { ready, serving, terminating },
        ...(nameOf(node) === '' ? {} : { nodeName: nameOf(node) }),
        ...(hostname === undefined ? {} : { hostname }),
        ...(target === '' ? {} : { targetRef: { kind: 'Pod', namespace, name } }),
        ...(hints === null ? {} : { hints: hintsManifest(hints.zones, hints.nodes.map(nameOf)) }),
      };
    }),
  };
}

/** A node that is not there has no name, and is not there either when it is read again. */
function hintsManifest(zones: readonly string[], nodes: readonly string[]): Manifest {
  return {
    ...(zones.length === 0 ? {} : { forZones: zones.map((name) => ({ name })) }),
    ...(nodes.length === 0 ? {} : { forNodes: nodes.map((name) => ({ name })) }),
  };
}

/** The names that a Pod may have in DNS. */
function namesManifest({ hostname, subdomain }: { readonly hostname?: string; readonly subdomain?: string }): Manifest {
  return { ...(hostname === undefined ? {} : { hostname }), ...(subdomain === undefined ? {} : { subdomain }) };
}

function texts(...addresses: readonly IpAddress[]): string[] {
  return addresses.filter((own) => own !== 0).map(formatIp);
}

function containerPorts(ports: readonly ContainerPort[]): Manifest[] {
  return ports.map(({ name, protocol, port }) => {
    return { ...(name === '' ? {} : { name }), containerPort: port, protocol: protocolText(protocol) };
  });
}
