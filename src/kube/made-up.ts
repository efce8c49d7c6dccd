/**
 * A made-up cluster: Services that are all alike, each with a Deployment of its own behind it.
 */
import { SERVICE_DEFAULTS, type ClusterObjects, type ContainerPort, type PodSet, type Service } from './api.js';

/** Namespace of everything made up. */
export const MADE_UP_NAMESPACE = 'default';

/** Port at which made-up Services are called. */
export const MADE_UP_PORT = 80;

/** Port at which their pods listen. */
export const MADE_UP_TARGET_PORT = 8080;

/** What a made-up cluster is like. */
export interface MadeUpServices {
  readonly services: number;
  /** Pods of each Service; may be 0. */
  readonly endpoints: number;
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
  serviceType,
  protocol,
  serviceFeatures,
}: MadeUpServices): ClusterObjects {
  const ports = [{ name: '', protocol, port: MADE_UP_PORT, targetPort: MADE_UP_TARGET_PORT, nodePort: 0 }];
  const containerPorts: readonly ContainerPort[] = [{ name: '', protocol, port: MADE_UP_TARGET_PORT }];
  const made: Service[] = [];
  const podSets: PodSet[] = [];
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
    podSets.push({ metadata, kind: 'Deployment', replicas: endpoints, podLabels: labels, ports: containerPorts });
  }
  return { services: made, pods: [], podSets, slices: [], nodes: [] };
}
