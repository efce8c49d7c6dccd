/**
 * What must hold for the Services of a scenario: families that the cluster has, and features that mean something together
 * (pkg/apis/core/validation ValidateService says the same of objects).
 */
import type { ClusterObjects } from '../kube/api.js';
import type { IpFamily } from '../net/index.js';
import type { Misfit } from './check-traffic.js';
import type { Path } from './located.js';
import type { Spec } from './schema.js';
import { clusterFamilies, neededFamilies } from './sizing.js';

/** Node ports are 30000 to 32767 (kube-apiserver's default). */
const NODE_PORTS = 2768;

/** Checks the Services of one expanded spec. @returns every broken rule */
export function serviceMisfits(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  return objects === null ? madeUpMisfits(spec) : givenMisfits(spec, objects);
}

function* madeUpMisfits(spec: Spec): Iterable<Misfit> {
  const { services, zones } = spec.cluster;
  const at = (field: string): Path => ['cluster', 'services', field];
  const isLoadBalancer = services.type === 'LoadBalancer';
  const isExternal = services.type !== 'ClusterIP' || services.externalIps > 0;
  const isLocal = services.externalTrafficPolicy === 'Local';
  const each = (services.type === 'ClusterIP' ? 0 : 1) + (isLoadBalancer && isLocal ? 1 : 0);
  if (services.count * each > NODE_PORTS) {
    const what = `Services of type ${services.type} (${each === 1 ? 'a node port' : `${each} node ports`} each, out of 30000 to 32767)`;
    const message = `expected at most ${Math.floor(NODE_PORTS / each)} ${what}, found ${services.count}`;
    yield { path: at('count'), message };
  }
  const grouped = services.sizes.reduce((sum, { count }) => sum + count, 0);
  if (grouped > services.count) {
    const message = `expected groups of at most ${services.count} Services in all (cluster.services.count), found ${grouped}`;
    yield { path: at('sizes'), message };
  }
  if (isLocal && !isExternal) {
    const message = 'Local needs Services of type NodePort or LoadBalancer, or externalIps';
    yield { path: at('externalTrafficPolicy'), message };
  }
  if (services.sourceRanges.length > 0 && !isLoadBalancer) {
    yield { path: at('sourceRanges'), message: 'source ranges need Services of type LoadBalancer' };
  }
  const byZone = services.trafficDistribution === 'PreferClose' || services.trafficDistribution === 'PreferSameZone';
  if (byZone && zones === 0) {
    const message = `${services.trafficDistribution} needs nodes with zones (cluster.zones)`;
    yield { path: at('trafficDistribution'), message };
  }
  if (services.ipFamilyPolicy === 'RequireDualStack' && clusterFamilies(spec, null).length < 2) {
    const message = 'RequireDualStack needs a cluster of both families (cluster.ipFamilies)';
    yield { path: at('ipFamilyPolicy'), message };
  }
}

function* givenMisfits(spec: Spec, objects: ClusterObjects): Iterable<Misfit> {
  const families = clusterFamilies(spec, objects);
  const lacking = (needed: readonly IpFamily[]): IpFamily | undefined => needed.find((own) => !families.includes(own));
  const service = objects.services.find((own) => lacking(neededFamilies(own)) !== undefined);
  if (service === undefined) return;
  const { namespace, name } = service.metadata;
  const has = families.map((family) => `IPv${family}`).join(' and ');
  const missing = lacking(neededFamilies(service)) ?? 6;
  const message = `Service ${namespace}/${name} wants IPv${missing}, the cluster has ${has} only; auto takes the families of the manifests`;
  yield { path: ['cluster', 'ipFamilies'], message };
}
