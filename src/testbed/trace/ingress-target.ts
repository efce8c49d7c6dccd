/**
 * What a host and path stand for: the address at which clients reach the ingress proxies, and the way that the Ingresses' rules lead from there.
 *
 * Every refusal says what there is instead. A host that no Ingress has is refused, for it is likely misspelt (a proxy would answer 404); a path that no rule
 * of its host has is not.
 */
import {
  ANY_CLASS,
  INGRESS_PORT,
  INGRESS_SERVICE,
  IngressRoutes,
  addressIn,
  objectKey,
  takenIngresses,
  type Ingress,
  type IngressRequest,
  type Node,
  type Service,
} from '../../kube/index.js';
import { Protocol, familyOf, type IpAddress, type IpFamily } from '../../net/index.js';
import type { IngressOptions } from '../../scenario/case.js';
import { didYouMean } from '../../scenario/index.js';
import { invariant } from '../../sim/index.js';
import { CaseError } from '../case-error.js';
import { PodRoutes } from '../ways-in/index.js';
import { ingressKey } from './ingress-told.js';
import { nodeNamed, some } from './node-named.js';
import type { IngressAsked, TraceRequest } from './request.js';
import type { Target } from './target.js';
import type { TraceWorld } from './trace-world.js';

/** Key of the Service that the proxies are behind. */
export const PROXIES_KEY = objectKey(INGRESS_SERVICE.namespace, INGRESS_SERVICE.name);

/** What a proxy outside of the cluster is called. */
const OUTSIDE_PROXY = 'an ingress proxy outside';

/** A target behind ingress proxies. */
export interface IngressTarget extends Target {
  readonly request: IngressRequest;
  readonly routes: IngressRoutes;
  readonly options: IngressOptions;
}

/**
 * Finds where a host and path are asked for.
 * @throws CaseError when no Ingress has the host, or the proxies cannot be reached as the cluster exposes them
 */
export function ingressTargetOf(
  world: TraceWorld,
  asked: IngressAsked,
  { family = world.cluster.families[0]!, via }: Pick<TraceRequest, 'family' | 'via'>,
): IngressTarget {
  const options = world.plan.cluster.ingress;
  invariant(options !== undefined, 'trace-ingress', 'a cluster that is asked for a host has proxies');
  if (!world.cluster.families.includes(family)) throw new CaseError(`--family: the cluster has no IPv${family}`);
  const { taken, left } = ingressesOf(world, options);
  const routes = new IngressRoutes(taken);
  const request = { host: asked.host || onlyHost(routes), path: asked.path };
  if (routes.decide(request).host === undefined) throw unknownHost(request.host, routes, left, options);
  const { address, port } = entranceOf(world, options, family, via);
  if (asked.port !== 0 && asked.port !== port) {
    throw new CaseError(`--to: clients reach the proxies at port ${port}: leave port ${asked.port} out`);
  }
  const name = `http://${request.host}${request.path}`;
  return { address, port, protocol: Protocol.tcp, name, request, routes, options };
}

/** Ingresses that the controller takes, and those of other classes. */
function ingressesOf(
  { cluster: { store } }: TraceWorld,
  { className }: IngressOptions,
): { readonly taken: readonly Ingress[]; readonly left: readonly Ingress[] } {
  const all = [...store.list('ingress')];
  if (all.length === 0) throw new CaseError('--to: the cluster has no Ingress');
  const taken = takenIngresses(all, [...store.list('ingress-class')], className);
  if (taken.length > 0) return { taken, left: all.filter((own) => !taken.includes(own)) };
  const classes = [...new Set(all.map((own) => own.className || 'none'))];
  throw new CaseError(
    `--to: no Ingress is of the controller's class ${className}, but of ${some(classes)}; --set cluster.ingress.class=${ANY_CLASS} takes all`,
  );
}

/** The host that is asked for where none is named. */
function onlyHost({ hosts, requests }: IngressRoutes): string {
  if (hosts.length === 1) return requests[0]?.host ?? hosts[0]!;
  throw new CaseError(`--to: Ingresses have several hosts: name one of ${some(hosts.map(hostText))}`);
}

function unknownHost(
  host: string,
  { hosts }: IngressRoutes,
  left: readonly Ingress[],
  { className }: IngressOptions,
): CaseError {
  const other = left.find((own) => new IngressRoutes([own]).decide({ host, path: '/' }).host !== undefined);
  if (other !== undefined) {
    const own = other.className === '' ? 'without a class' : `of class ${other.className}`;
    return new CaseError(
      `--to: Ingress ${ingressKey(other)} has the host ${host}, but it is ${own}, and the controller takes ${className}`,
    );
  }
  const known = didYouMean(host, hosts) || `; there are: ${some(hosts.map(hostText))}`;
  return new CaseError(`--to: no Ingress has the host ${host}, and a proxy would answer 404${known}`);
}

function hostText(host: string): string {
  return host === '' ? 'every host' : host;
}

/** Where clients dial the proxies. */
function entranceOf(
  world: TraceWorld,
  { exposure }: IngressOptions,
  family: IpFamily,
  via: string | undefined,
): Pick<Target, 'address' | 'port'> {
  if (exposure === 'outside') return { address: outsideProxy(world, family, via), port: INGRESS_PORT };
  const service = world.cluster.store.get('service', PROXIES_KEY);
  invariant(service !== undefined, 'trace-ingress-service', 'a cluster with proxies has their Service');
  if (exposure === 'load-balancer') {
    const address = service.loadBalancerVips.find((vip) => familyOf(vip) === family);
    if (address === undefined) throw notExposed(service, exposure, family);
    return { address, port: INGRESS_PORT };
  }
  const nodePort = httpPort(service)?.nodePort ?? 0;
  if (exposure === 'node-port' && nodePort === 0) throw notExposed(service, exposure, family);
  const node = dialledNode(world, exposure, via);
  return { address: addressIn(node, family), port: exposure === 'node-port' ? nodePort : INGRESS_PORT };
}

/** A proxy on a machine outside of the cluster, which has routes to all pods. */
function outsideProxy(world: TraceWorld, family: IpFamily, via: string | undefined): IpAddress {
  if (via !== undefined) {
    throw new CaseError(
      '--via: the proxies are outside of the cluster (cluster.ingress.exposure), and dialled directly',
    );
  }
  const { base, cluster } = world;
  const address = cluster.nextHostAddress(family);
  const [other] = cluster.families.filter((own) => own !== family);
  world.addOutsider(address, 0, {
    spread: new PodRoutes(base.packets, cluster, ...cluster.families),
    name: OUTSIDE_PROXY,
    ...(other !== undefined && { secondAddress: cluster.nextHostAddress(other) }),
  });
  return address;
}

function httpPort({ ports }: Service): Service['ports'][number] | undefined {
  return ports.find(({ port, protocol }) => port === INGRESS_PORT && protocol === Protocol.tcp);
}

function notExposed(service: Service, exposure: IngressOptions['exposure'], family: IpFamily): CaseError {
  const kinds: string[] = [];
  if (service.loadBalancerVips.some((vip) => familyOf(vip) === family)) kinds.push('load-balancer');
  if ((httpPort(service)?.nodePort ?? 0) !== 0) kinds.push('node-port');
  const lacks =
    exposure === 'node-port' ? `node port for port ${INGRESS_PORT}` : `IPv${family} load balancer's address`;
  const instead = (kinds.length === 0 ? ['host-network'] : kinds).map((kind) => `cluster.ingress.exposure=${kind}`);
  return new CaseError(`--to: Service ${PROXIES_KEY} has no ${lacks}; try --set ${instead.join(' or ')}`);
}

/** The node that is dialled: with `host-network` one that has a proxy. */
function dialledNode(world: TraceWorld, exposure: IngressOptions['exposure'], via: string | undefined): Node {
  const { cluster } = world;
  const named = via === undefined ? undefined : nodeNamed(world, via, '--via');
  if (exposure !== 'host-network') return named ?? cluster.nodes[0]!;
  const { namespace, name } = INGRESS_SERVICE;
  const entered = new Set<number>();
  for (const { metadata, hostNetwork, node } of cluster.pods()) {
    if (hostNetwork && metadata.namespace === namespace && metadata.name.startsWith(name)) entered.add(node);
  }
  const nodes = cluster.nodes.filter(({ index }) => entered.has(index));
  const chosen = named === undefined ? nodes[0] : nodes.find((node) => node === named);
  if (chosen !== undefined) return chosen;
  const names = nodes.map((node) => node.name);
  if (nodes.length === 0) throw new CaseError(`--to: no pod of ${PROXIES_KEY} is in a node's network`);
  throw new CaseError(`--via: node ${via ?? ''} has no proxy in its network; there are: ${some(names)}`);
}
