/** Gathers what a trace tells of a request's way through an Ingress, when all is over. */
import { objectKey, type Service } from '../../kube/index.js';
import { Protocol, formatIp, formatIpPort } from '../../net/index.js';
import type { IngressTarget } from './ingress-target.js';
import { PROXIES_KEY } from './ingress-target.js';
import type { TracedProxies } from './ingress-proxies.js';
import { toldRule, toldRules, type TracedBackend, type TracedIngress, type TracedProxy } from './ingress-told.js';
import type { Watching } from './watching.js';

/** What became of the request. */
export function ingressReport(
  { world, proxy: watched }: Watching,
  { routes, request, options }: IngressTarget,
  proxies: TracedProxies,
): TracedIngress {
  const { entered, tries } = proxies;
  const decision = routes.decide(request);
  const number = decision.chosen?.backend.backend;
  const backend = number === undefined ? undefined : routes.backends[number];
  const proxy: TracedProxy | null =
    entered === null
      ? null
      : {
          name: watched?.name ?? '',
          node: world.place(entered.host).node,
          address: formatIpPort(entered.address, entered.port),
          seesClient: formatIpPort(entered.peer, entered.peerPort),
        };
  return {
    host: request.host,
    path: request.path,
    exposure: options.exposure,
    service: options.exposure === 'outside' ? '' : PROXIES_KEY,
    proxy,
    ...toldRules(decision),
    passedOver: routes.passedOver(request).map(toldRule),
    backend:
      backend === undefined || number === undefined ? null : backendOf(world.cluster.store, backend, proxies, number),
    tries,
    ownAnswer: proxies.ownAnswer,
    forwardedFor: entered === null || tries.length === 0 ? '' : formatIp(entered.peer),
  };
}

function backendOf(
  store: Watching['world']['cluster']['store'],
  { namespace, service, port, affinity }: IngressTarget['routes']['backends'][number],
  { endpoints }: TracedProxies,
  number: number,
): TracedBackend {
  const key = objectKey(namespace, service);
  const count = endpoints.servers(number).addresses.length;
  const without = count > 0 ? '' : whyNone(store.get('service', key), port);
  return { service: key, port: String(port), endpoints: count, without, affinity: affinity ?? '' };
}

/** Why a proxy knows no endpoint of a Service's port. */
function whyNone(service: Service | undefined, port: number | string): string {
  if (service === undefined) return 'which is not there';
  const own = service.ports.filter(({ protocol }) => protocol === Protocol.tcp);
  if (!own.some((each) => each.port === port || each.name === port)) return 'which has no such TCP port';
  if (service.type === 'ExternalName') return 'which is of type ExternalName';
  return 'of which none is ready';
}
