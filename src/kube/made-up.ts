/**
 * A made-up cluster: Services that are all alike but for their sizes, each with a Deployment of its own behind it.
 */
import {
  SERVICE_DEFAULTS,
  type ClusterObjects,
  type ContainerPort,
  type Ingress,
  type PodSet,
  type Service,
} from './api.js';

/** Namespace of everything made up. */
export const MADE_UP_NAMESPACE = 'default';

/** Port at which made-up Services are called. */
export const MADE_UP_PORT = 80;

/** Port at which their pods listen. */
export const MADE_UP_TARGET_PORT = 8080;

/** Services of one size. */
export interface ServiceGroup {
  readonly count: number;
  /** Pods of each. */
  readonly endpoints: number;
}

/** What a made-up cluster is like. */
export interface MadeUpServices {
  readonly services: number;
  /** Pods of each Service that is not among `sizes`; may be 0. */
  readonly endpoints: number;
  /** The first Services, in groups of other sizes; none when nothing is said. */
  readonly sizes?: readonly ServiceGroup[];
  readonly serviceType: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  /** IP protocol number of the one port. */
  readonly protocol: number;
  /** Further fields of their specs; the API's defaults for those that are not given. */
  readonly serviceFeatures?: Partial<Service>;
}

/** Services `svc-0`, `svc-1`, ... with one unnamed port, and a Deployment of the same name for each. */
export function madeUpObjects({
  services,
  endpoints,
  sizes = [],
  serviceType,
  protocol,
  serviceFeatures,
}: MadeUpServices): ClusterObjects {
  const ports = [{ name: '', protocol, port: MADE_UP_PORT, targetPort: MADE_UP_TARGET_PORT, nodePort: 0 }];
  const containerPorts: readonly ContainerPort[] = [{ name: '', protocol, port: MADE_UP_TARGET_PORT }];
  const made: Service[] = [];
  const podSets: PodSet[] = [];
  const first = sizes.flatMap((group) => Array<number>(group.count).fill(group.endpoints));
  for (let i = 0; i < services; i++) {
    const labels = { app: `svc-${i}` };
    const metadata = { namespace: MADE_UP_NAMESPACE, name: labels.app, labels };
    made.push({
      ...SERVICE_DEFAULTS,
      ...serviceFeatures,
      metadata,
      type: serviceType,
      clusterIp: 0,
      headless: false,
      selector: labels,
      ports,
    });
    podSets.push({
      metadata,
      kind: 'Deployment',
      replicas: first[i] ?? endpoints,
      podLabels: labels,
      ports: containerPorts,
    });
  }
  return { services: made, pods: [], podSets, slices: [], nodes: [] };
}

/** An Ingress for made-up Services: each has a host of its own, such as `svc-0.example`. @param services number of them */
export function madeUpIngress(services: number): Ingress {
  return {
    metadata: { namespace: MADE_UP_NAMESPACE, name: 'services', labels: {} },
    className: '',
    rules: Array.from({ length: services }, (_, i) => {
      const backend = { service: `svc-${i}`, port: MADE_UP_PORT };
      return { host: `svc-${i}.example`, paths: [{ path: '/', pathType: 'Prefix', backend }] };
    }),
  };
}
