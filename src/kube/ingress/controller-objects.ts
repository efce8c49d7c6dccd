/**
 * An ingress controller as its makers install it (ingress-nginx, deploy/static): the Service ingress-nginx/ingress-nginx-controller and proxies as
 * pods behind it, in pods' networks of their own or in those of their nodes.
 *
 * Left out: the admission webhook, port 443 (there is no TLS here), affinities of the pods; those in nodes' networks are spread over the nodes.
 */
import { Protocol } from '../../net/index.js';
import { SERVICE_DEFAULTS, type Pod, type PodSet, type Service, type TrafficPolicy } from '../api.js';

/** Namespace and name of the Service. */
export const INGRESS_SERVICE = { namespace: 'ingress-nginx', name: 'ingress-nginx-controller' } as const;

/** Port at which proxies listen, and the Service's. */
export const INGRESS_PORT = 80;

/**
 * How clients reach the proxies: by a node port, a load balancer's address, at the nodes that they run on, or `outside`: at machines outside of the
 * cluster, of which there is nothing in it.
 */
export type IngressExposure = 'node-port' | 'load-balancer' | 'host-network' | 'outside';

/** A controller. */
export interface IngressController {
  /** Number of proxies. */
  readonly replicas: number;
  readonly exposure: IngressExposure;
  /** Of the Service, where it is one for the outside. */
  readonly externalTrafficPolicy: TrafficPolicy;
}

/** What installing a controller makes. */
export interface IngressObjects {
  readonly service: Service;
  readonly podSets: readonly PodSet[];
  readonly pods: readonly Pod[];
}

const LABELS = { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' };
const { tcp } = Protocol;
const CONTAINER_PORTS = [{ name: 'http', protocol: tcp, port: INGRESS_PORT }];
const TYPES = { 'node-port': 'NodePort', 'load-balancer': 'LoadBalancer', 'host-network': 'ClusterIP' } as const;

/** The controller's objects; undefined where its proxies are outside. @param nodes number of nodes of the cluster */
export function ingressObjects(controller: IngressController, nodes: number): IngressObjects | undefined {
  const { replicas, exposure, externalTrafficPolicy } = controller;
  if (exposure === 'outside') return undefined;
  const isOutside = exposure !== 'host-network';
  const service: Service = {
    ...SERVICE_DEFAULTS,
    ...(isOutside ? { externalTrafficPolicy } : {}),
    metadata: { ...INGRESS_SERVICE, labels: LABELS },
    type: TYPES[exposure],
    headless: false,
    selector: LABELS,
    clusterIp: 0,
    ipFamilyPolicy: 'PreferDualStack',
    ports: [{ name: 'http', protocol: tcp, port: INGRESS_PORT, targetPort: 'http', nodePort: 0 }],
  };
  const metadata = { ...INGRESS_SERVICE, labels: LABELS };
  const set: PodSet = { metadata, kind: 'Deployment', replicas, podLabels: LABELS, ports: CONTAINER_PORTS };
  if (isOutside) return { service, podSets: [set], pods: [] };
  const pods = Array.from({ length: replicas }, (_, i) => podOnNode(i, Math.floor((i * nodes) / replicas)));
  return { service, podSets: [], pods };
}

function podOnNode(index: number, node: number): Pod {
  const { namespace, name } = INGRESS_SERVICE;
  return {
    metadata: { namespace, name: `${name}-${index}`, labels: LABELS },
    ...{ ip: 0, secondIp: 0, hostNetwork: true, node, phase: 'Running', ready: true, terminating: false },
    ports: CONTAINER_PORTS,
  };
}
