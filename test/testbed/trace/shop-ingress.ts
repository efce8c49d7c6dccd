/** The shop with Ingresses before it. */
import type { Ingress, IngressBackend } from '../../../src/kube/index.js';
import type { Trace, TracedIngress } from '../../../src/testbed/index.js';
import type { Changes } from '../small-case.js';
import { smallCase } from '../small-case.js';
import { SHOP, traceIn, type Asked } from './shop.js';

const to = (service: string, port: number | string = 'http'): IngressBackend => ({ service, port });
const prefix = (path: string, backend: IngressBackend | null) => ({ path, pathType: 'Prefix', backend }) as const;

function ingress(name: string, rest: Partial<Ingress>): Ingress {
  return { metadata: { namespace: 'shop', name, labels: {} }, className: '', rules: [], ...rest };
}

/** Rules of several kinds: for one host, for a suffix, with and without a default backend. */
export const INGRESSES: readonly Ingress[] = [
  ingress('front', {
    rules: [
      {
        host: 'shop.example',
        paths: [
          prefix('/', to('far')),
          prefix('/cart', to('cart')),
          { path: '/cart/pay', pathType: 'Exact', backend: to('cart', 80) },
          { path: '/near', pathType: 'ImplementationSpecific', backend: to('near') },
        ],
      },
    ],
  }),
  ingress('others', {
    className: 'nginx',
    defaultBackend: to('empty'),
    rules: [{ host: '*.shop.example', paths: [prefix('/gone', to('gone')), prefix('/port', to('far', 99))] }],
  }),
  ingress('bare', { rules: [{ host: 'bare.example', paths: [prefix('/far', to('far')), prefix('/bucket', null)] }] }),
];

const { ingress: CONTROLLER } = smallCase({ workload: { frontend: 'ingress' } }).cluster;

/** Changes that put Ingresses before the shop, behind a load balancer unless more is said. */
export function ingressChanges(changes: Changes = {}, ingresses: readonly Ingress[] = INGRESSES): Changes {
  if (CONTROLLER === undefined) throw new Error('a case with traffic through Ingresses has a controller');
  const own = { ...CONTROLLER, exposure: 'load-balancer' as const, ...changes.ingress };
  const objects = { ...(changes.cluster?.objects ?? SHOP), ingresses };
  return { ...changes, cluster: { ...changes.cluster, objects, ingress: own } };
}

/** Traces a request to an Ingress, from a machine outside unless somebody is named. */
export function ingressTrace({ from = null, changes, ...asked }: Asked): Trace & { readonly ingress: TracedIngress } {
  const trace = traceIn({ ...asked, from, changes: ingressChanges(changes) });
  if (trace.ingress === undefined) throw new Error('the trace goes through no Ingress');
  return { ...trace, ingress: trace.ingress };
}
