/** What a controller makes of Ingresses: which it takes, their backends, and the requests that clients can ask. */
import { describe, expect, test } from 'vitest';
import {
  ANY_CLASS,
  IngressRoutes,
  takenIngresses,
  type Ingress,
  type IngressBackend,
  type IngressRule,
} from '../../../src/kube/index.js';

const to = (service: string): IngressBackend => ({ service, port: 80 });
const rule = (
  host: string,
  ...paths: readonly (readonly [string, string | null])[]
): IngressRule<IngressBackend | null> => {
  return {
    host,
    paths: paths.map(([path, service]) => ({
      path,
      pathType: 'Prefix',
      backend: service === null ? null : to(service),
    })),
  };
};
const ingress = (changes: Partial<Ingress>, annotations: Record<string, string> = {}): Ingress => ({
  metadata: { namespace: 'shop', name: 'web', labels: {}, annotations },
  className: '',
  rules: [],
  ...changes,
});

describe('a controller takes', () => {
  const all = [ingress({ className: 'nginx' }), ingress({ className: 'other' }), ingress({})];
  const taken = (className: string, isDefault = false) =>
    takenIngresses(all, [{ name: 'nginx', isDefault }], className).map((own) => own.className);

  test('every class where nothing is said', () => expect(taken(ANY_CLASS)).toEqual(['nginx', 'other', '']));
  test('its own class', () => expect(taken('nginx')).toEqual(['nginx']));
  test('those without where its class is the default', () => expect(taken('nginx', true)).toEqual(['nginx', '']));
  test('nothing of a class that nobody names', () => expect(taken('absent')).toEqual([]));
});

describe('routes', () => {
  const names = (routes: IngressRoutes): readonly string[] =>
    routes.requests.map((request) => {
      const backend = routes.backends[routes.backendOf(request)];
      return `${request.host}${request.path} ${backend === undefined ? '-' : backend.service}`;
    });

  test('have a request for each host and path, once', () => {
    const routes = new IngressRoutes([
      ingress({ rules: [rule('*.shop.test', ['/a', 'a'], ['/a/b', 'b']), rule('', ['/', 'rest'])] }),
      ingress({ rules: [rule('*.shop.test', ['/a', 'late'])] }),
    ]);
    expect(names(routes)).toEqual(['www.shop.test/a a', 'www.shop.test/a/b b', 'www.example/ rest']);
    expect(routes.backends.map(({ namespace }) => namespace)).toEqual(['shop', 'shop', 'shop', 'shop']);
  });

  test('give the default backend what no rule of their hosts has, and everything without rules', () => {
    const some = new IngressRoutes([ingress({ rules: [rule('a.test', ['/x', 'x'])], defaultBackend: to('rest') })]);
    expect(names(some)).toEqual(['a.test/x x', 'a.test/ rest']);
    expect(some.backendOf({ host: 'b.test', path: '/' })).toBe(-1);
    const all = new IngressRoutes([ingress({ defaultBackend: to('rest') })]);
    expect(names(all)).toEqual(['www.example/ rest']);
  });

  test('pass over backends that are no Services', () => {
    expect(names(new IngressRoutes([ingress({ rules: [rule('a.test', ['/x', null], ['/y', 'y'])] })]))).toEqual([
      'a.test/y y',
    ]);
  });

  test('tell sessions of one Service apart by how they hold', () => {
    const rules = [rule('a.test', ['/', 'web'])];
    const affinity = 'nginx.ingress.kubernetes.io/affinity';
    const modes = [{}, { [affinity]: 'cookie' }, { [affinity]: 'cookie', [`${affinity}-mode`]: 'persistent' }];
    const routes = new IngressRoutes(modes.map((annotations) => ingress({ rules }, annotations)));
    expect(routes.backends.map((own) => own.affinity)).toEqual([undefined, 'balanced', 'persistent']);
  });
});
