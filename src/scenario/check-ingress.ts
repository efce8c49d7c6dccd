/** What must hold for traffic through Ingresses: HTTP over TCP, an Ingress that the controller takes, and room for its proxies. */
import type { ClusterObjects } from '../kube/api.js';
import { ANY_CLASS, leadToServices, takenIngresses } from '../kube/ingress/taken-ingresses.js';
import { formatIpPrefix, Protocol } from '../net/index.js';
import { workloads } from '../workload/index.js';
import type { Misfit } from './check-traffic.js';
import type { Spec } from './schema.js';
import { clusterFamilies, lookupForm, nodeCount } from './sizing.js';

/** Addresses of a service range that the controller's Service and `kubernetes` take. */
const OTHER_SERVICES = 2;

/** Checks traffic through Ingresses of one expanded spec. @returns every broken rule; none where it goes another way */
export function* ingressMisfits(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const { workload, cluster } = spec;
  if (workload.frontend !== 'ingress' || workload.kind === 'dns') return;
  const protocol = workloads.find(({ name }) => name === workload.kind)?.protocol;
  if (protocol !== Protocol.tcp) {
    yield { path: ['workload', 'kind'], message: `an Ingress takes HTTP, which is TCP: ${workload.kind} is not` };
  }
  if (lookupForm(spec) !== undefined) {
    const message = "hosts of Ingresses are not in the cluster's DNS: expected none or auto";
    yield { path: ['workload', 'lookup'], message };
  }
  const nodes = nodeCount(spec, objects);
  const { exposure, replicas } = cluster.ingress;
  if (exposure === 'host-network' && replicas > nodes) {
    const message = `one proxy at most has port 80 of a node's network: expected up to ${nodes}, found ${replicas}`;
    yield { path: ['cluster', 'ingress', 'replicas'], message };
  }
  if (objects === null && cluster.services.protocol !== Protocol.tcp) {
    yield { path: ['cluster', 'services', 'protocol'], message: 'an Ingress sends to Services of protocol TCP' };
  }
  if (objects !== null) yield* without(objects, cluster.ingress.class);
  yield* tooFewAddresses(spec, objects);
}

function* without(objects: ClusterObjects, className: string): Iterable<Misfit> {
  const { ingresses = [], ingressClasses = [] } = objects;
  const taken = takenIngresses(ingresses, ingressClasses, className);
  if (leadToServices(taken)) return;
  const of = className === ANY_CLASS ? '' : ` of class ${className}`;
  const has = ingresses.length === 0 ? 'none' : `none with a Service behind it among ${ingresses.length}`;
  const message = `needs an Ingress${of}, and the manifests have ${has}`;
  const path = className === ANY_CLASS ? ['workload', 'frontend'] : ['cluster', 'ingress', 'class'];
  yield { path, message };
}

function* tooFewAddresses(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const { cluster } = spec;
  const services = objects === null ? cluster.services.count : objects.services.length;
  for (const family of clusterFamilies(spec, objects)) {
    const field = family === 4 ? 'serviceCidr' : 'serviceCidr6';
    const range = cluster[field];
    const room = 2 ** ((family === 4 ? 32 : 128) - range.bits) - 2;
    if (room >= services + OTHER_SERVICES) continue;
    const needed = `${services + OTHER_SERVICES} are needed with those of the ingress controller and kubernetes`;
    const message = `too small: ${formatIpPrefix(range)} holds ${room} addresses, ${needed}`;
    yield { path: ['cluster', field], message };
  }
}
