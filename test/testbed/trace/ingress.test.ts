/** Requests through Ingresses: which rule takes them, the proxy's two connections, what servers see, and what proxies answer themselves. */
import { describe, expect, test } from 'vitest';
import { PROXY_MODES } from '../../../src/proxy/index.js';
import { readTarget } from '../../../src/testbed/index.js';
import { SHOP, traceIn } from './shop.js';
import { INGRESSES, ingressChanges, ingressTrace } from './shop-ingress.js';

const MODES = PROXY_MODES.map(({ name }) => name);
const hostOf = (address = ''): string => address.replace(/:\d+$/, '');

describe('targets', () => {
  test.each([
    ['http://shop.example', { host: 'shop.example', port: 0, path: '/' }],
    ['http://Shop.Example/Cart?x=/1#top', { host: 'shop.example', port: 0, path: '/Cart' }],
    ['HTTP://shop.example:8080/a', { host: 'shop.example', port: 8080, path: '/a' }],
    ['http://shop.example:/a', { host: 'shop.example', port: 0, path: '/a' }],
    ['http://[fd00::1]/a', { host: '[fd00::1]', port: 0, path: '/a' }],
    ['http://shop.example?a', { host: 'shop.example', port: 0, path: '/' }],
    ['ingress:shop.example/cart', { host: 'shop.example', port: 0, path: '/cart' }],
    ['ingress:/cart', { host: '', port: 0, path: '/cart' }],
  ])('%s', (text, asked) => {
    expect(readTarget(text)).toEqual({ kind: 'ingress', ...asked });
  });

  test('a Service may have the name of a scheme', () => {
    expect(readTarget('http:80')).toMatchObject({ kind: 'service', namespace: 'default', name: 'http', port: '80' });
  });

  test.each([
    ['http:///cart', '--to: expected http://HOST/PATH or ingress:HOST/PATH, found http:///cart'],
    ['http://a b/', '--to: expected http://HOST/PATH'],
    [
      'https://shop.example/x',
      '--to: TLS is not simulated, and Ingresses route what is in it alike: name http://shop.example/x',
    ],
    ['http://shop.example:0/', '--to: expected a port from 1 to 65535, found 0'],
    ['ingress:shop.example:web/', '--to: expected a port from 1 to 65535, found web'],
  ])('%s is refused', (text, message) => {
    expect(() => readTarget(text)).toThrow(message);
  });
});

describe('the rule', () => {
  const ruleOf = (to: string) => ingressTrace({ to }).ingress;

  test.each([
    ['shop.example/cart/pay', '/cart/pay', ['/', '/cart']],
    ['shop.example/cart/pay/', '/cart', ['/']],
    ['shop.example/cart', '/cart', ['/']],
    ['shop.example/cartoon', '/', []],
    ['shop.example/near/x', '/near', ['/']],
  ])('of http://%s is %s', (asked, path, behind) => {
    const { rule, alsoFit, others } = ruleOf(`http://${asked}`);
    expect(rule).toMatchObject({ ingress: 'shop/front', host: 'shop.example', path, isDefaultBackend: false });
    expect(alsoFit.map((own) => own.path)).toEqual(behind);
    expect(1 + alsoFit.length + others.length).toBe(4);
  });

  test('a default backend takes the rest of its hosts', () => {
    expect(ruleOf('http://www.shop.example/x').rule).toEqual({
      ...{ ingress: 'shop/others', className: 'nginx', host: '*.shop.example' },
      ...{ path: '/', pathType: 'Prefix', isDefaultBackend: true },
    });
  });

  test('without a host the one that there is is asked for', () => {
    const one = ingressChanges({}, INGRESSES.slice(0, 1));
    expect(traceIn({ to: 'ingress:/cart', changes: one }).to.name).toBe('http://shop.example/cart');
  });
});

describe.each(MODES)('in %s mode', (mode) => {
  test.each(['load-balancer', 'node-port', 'host-network', 'outside'] as const)(
    'over %s, the proxy asks the pod',
    (exposure) => {
      const trace = ingressTrace({ mode, to: 'http://shop.example/cart', changes: { ingress: { exposure } } });
      const { ingress, outcome, packets } = trace;
      expect(outcome).toMatchObject({ kind: 'answered', stop: null });
      expect(ingress).toMatchObject({ exposure, ownAnswer: 0, backend: { service: 'shop/cart', without: '' } });
      expect(ingress.tries).toHaveLength(1);
      expect(ingress.tries[0]).toMatchObject({ address: outcome.server?.address, result: 'answered' });
      const name =
        exposure === 'outside' ? /^an ingress proxy outside$/ : /^ingress-nginx\/ingress-nginx-controller-\d$/;
      expect(ingress.proxy?.name).toMatch(name);
      // The proxy's own connection is straight to the pod, and so are its answers.
      const last = Math.max(...packets.map(({ connection }) => connection));
      const own = packets.filter(({ connection }) => connection === last);
      expect(own[0]).toMatchObject({ from: ingress.proxy?.name, kind: 'SYN', destination: outcome.server?.address });
      expect(own[1]?.end.at).toBe(ingress.proxy?.name);
      const sender = own.find(({ kind }) => kind === 'request')?.end.source;
      expect(sender).toBe(outcome.server?.seesClient);
      expect(ingress.forwardedFor).toBe(hostOf(ingress.proxy?.seesClient));
      expect(packets.filter(({ end }) => end.kind !== 'delivered')).toEqual([]);
    },
  );
});

test('a proxy outside that is asked over one family dials endpoints of the other', () => {
  const changes = { ingress: { exposure: 'outside' as const } };
  const { ingress, outcome } = ingressTrace({ to: 'http://shop.example/', family: 6, changes });
  expect(ingress.proxy?.seesClient).toMatch(/^\[2001:db8::9\]:/);
  expect(outcome.server?.seesClient).toMatch(/^192\.168\.0\.\d+:/);
  expect(ingress.tries.map(({ result }) => result)).toEqual(['answered']);
});

describe('whose address is seen', () => {
  test('a proxy behind policy Local sees the client, and tells the endpoint', () => {
    const changes = { ingress: { externalTrafficPolicy: 'Local' as const, replicas: 1 } };
    const { ingress, entry, from } = ingressTrace({ to: 'http://shop.example/', changes });
    expect(from.name).toBe('198.51.100.9');
    expect(hostOf(ingress.proxy?.seesClient)).toBe('198.51.100.9');
    expect(ingress.forwardedFor).toBe('198.51.100.9');
    // The balancer takes no node that has no proxy.
    expect(entry).toEqual({ by: 'load-balancer', nodes: [ingress.proxy?.node], node: ingress.proxy?.node });
  });

  test('with policy Cluster the node on the way stands before it', () => {
    const { ingress, entry } = ingressTrace({ to: 'http://shop.example/' });
    expect(entry?.nodes).toEqual(['here', 'there']);
    expect(hostOf(ingress.proxy?.seesClient)).not.toBe('198.51.100.9');
  });

  test('the server sees the proxy', () => {
    const { ingress, outcome } = ingressTrace({ to: 'http://shop.example/' });
    expect(hostOf(outcome.server?.seesClient)).toBe(hostOf(ingress.proxy?.address));
  });

  test('a pod dials the balancer in vain: the rules of its node take it', () => {
    const { entry, ingress } = ingressTrace({ from: 'shop/client', to: 'http://shop.example/' });
    expect({ entry, result: ingress.tries[0]?.result }).toEqual({ entry: undefined, result: 'answered' });
  });

  test('in IPv6 as in IPv4', () => {
    const { from, ingress, to } = ingressTrace({ family: 6, to: 'http://shop.example/cart' });
    expect(from.name).toBe('2001:db8::9');
    expect(to.address).toMatch(/^\[fd00:40:.*\]:80$/);
    expect(ingress.proxy?.address).toMatch(/^\[fd00:10:.*\]:80$/);
    expect(ingress.tries[0]?.result).toBe('answered');
  });
});

describe('what a proxy answers itself', () => {
  test.each([
    ['404 without a rule', 'bare.example/other', 404, null],
    ['404 for what is no Service', 'bare.example/bucket', 404, null],
    ['503 without an endpoint', 'www.shop.example/', 503, { service: 'shop/empty', without: 'of which none is ready' }],
    ['503 without the Service', 'www.shop.example/gone', 503, { without: 'which is not there' }],
    ['503 without the port', 'www.shop.example/port', 503, { port: '99', without: 'which has no such TCP port' }],
  ])('%s', (_, asked, status, backend) => {
    const { ingress, outcome, packets } = ingressTrace({ to: `http://${asked}` });
    expect(outcome).toMatchObject({ kind: 'answered', server: null });
    expect(ingress).toMatchObject({ ownAnswer: status, tries: [], forwardedFor: '' });
    if (backend === null) expect(ingress.backend).toBeNull();
    else expect(ingress.backend).toMatchObject({ endpoints: 0, ...backend });
    expect(packets.filter(({ connection }) => connection > 1)).toEqual([]);
  });

  test('504 when endpoints do not answer, three of them one after the other', () => {
    const [first, ...slices] = SHOP.slices;
    const silent = first!.endpoints.map((own, i) => ({ ...own, address: own.address + 100 + i }));
    const objects = { ...SHOP, slices: [{ ...first!, endpoints: silent }, ...slices.slice(1)] };
    const { ingress, outcome } = ingressTrace({ to: 'http://shop.example/cart', changes: { cluster: { objects } } });
    expect(ingress.tries.map(({ result }) => result)).toEqual(['timed out', 'timed out', 'timed out']);
    expect(ingress.ownAnswer).toBe(504);
    expect(outcome.answerNs).toBeGreaterThan(15e9);
  });
});

test('a client that does not get to the proxy is told where it was stopped', () => {
  const ingress = { externalTrafficPolicy: 'Local' as const, replicas: 1 };
  const other =
    ingressTrace({ to: 'http://shop.example/', changes: { ingress } }).entry?.node === 'here' ? 'there' : 'here';
  const trace = ingressTrace({ to: 'http://shop.example/', via: other, changes: { ingress } });
  expect(trace.ingress).toMatchObject({ proxy: null, tries: [], ownAnswer: 0, rule: { path: '/' } });
  expect(trace.outcome).toMatchObject({ kind: 'lost', stop: { place: other } });
});

test('a connection that is not kept is closed behind the answer', () => {
  const kept = ingressTrace({ to: 'http://shop.example/' });
  const closed = ingressTrace({ to: 'http://shop.example/', changes: { ingress: { keepalive: 0 } } });
  const fins = ({ packets }: typeof kept): number =>
    packets.filter(({ connection, kind }) => connection === 2 && kind.startsWith('FIN')).length;
  expect([fins(kept), fins(closed)]).toEqual([0, 2]);
  expect(closed.ingress.tries[0]?.result).toBe('answered');
});

test('a cookie begins with the first request', () => {
  const annotations = { 'nginx.ingress.kubernetes.io/affinity': 'cookie' };
  const [front] = INGRESSES;
  const ingresses = [{ ...front!, metadata: { ...front!.metadata, annotations } }];
  const trace = traceIn({ to: 'http://shop.example/cart', changes: ingressChanges({}, ingresses) });
  expect(trace.ingress).toMatchObject({ backend: { affinity: 'balanced' }, tries: [{ result: 'answered' }] });
});

test('the same seed gives the same trace, another one may give another endpoint', () => {
  const serverWith = (seed: string) => ingressTrace({ to: 'http://shop.example/cart', seed }).outcome.server?.name;
  const servers = ['1', '2', '3', '4', '5', '6'].map(serverWith);
  expect(new Set(servers).size).toBe(2);
  expect(['1', '2', '3', '4', '5', '6'].map(serverWith)).toEqual(servers);
});

describe('what is not there is refused, and what is there is named', () => {
  const refusal =
    (to: string, changes = ingressChanges(), via?: string) =>
    () =>
      traceIn({ from: null, to, changes, ...(via !== undefined && { via }) });

  test.each([
    [
      'http://shop.exmaple/',
      '--to: no Ingress has the host shop.exmaple, and a proxy would answer 404; did you mean "shop.example"?',
    ],
    ['http://nowhere.test/', '404; there are: shop.example, *.shop.example, bare.example'],
    ['http://a.b.shop.example/', '--to: no Ingress has the host a.b.shop.example'],
    ['ingress:/', '--to: Ingresses have several hosts: name one of shop.example, *.shop.example, bare.example'],
    ['http://shop.example:81/', '--to: clients reach the proxies at port 80: leave port 81 out'],
  ])('%s', (to, message) => {
    expect(refusal(to)).toThrow(message);
  });

  test('Ingresses of another class', () => {
    const nginx = ingressChanges({ ingress: { className: 'nginx' } });
    expect(refusal('http://www.shop.example/', nginx)).not.toThrow();
    expect(refusal('http://shop.example/', nginx)).toThrow(
      '--to: Ingress shop/front has the host shop.example, but it is without a class, and the controller takes nginx',
    );
    expect(refusal('http://shop.example/', ingressChanges({ ingress: { className: 'ngin' } }))).toThrow(
      "--to: no Ingress is of the controller's class ngin, but of none, nginx; --set cluster.ingress.class=any takes all",
    );
  });

  test('no Ingress, no family, no such node', () => {
    expect(refusal('http://shop.example/', ingressChanges({}, []))).toThrow('--to: the cluster has no Ingress');
    const exposure = 'host-network' as const;
    const changes = ingressChanges({ ingress: { exposure, replicas: 1 } });
    expect(refusal('http://shop.example/', changes, 'there')).toThrow(
      '--via: node there has no proxy in its network; there are: here',
    );
    expect(refusal('http://shop.example/', changes, 'hare')).toThrow(
      '--via: there is no node hare; did you mean "here"?',
    );
  });

  test('a way to proxies that are dialled directly', () => {
    expect(refusal('http://shop.example/', ingressChanges({ ingress: { exposure: 'outside' } }), 'here')).toThrow(
      '--via: the proxies are outside of the cluster (cluster.ingress.exposure), and dialled directly',
    );
  });

  test("a controller of the manifests' own that is not exposed in that way", () => {
    const [cart] = SHOP.services;
    const metadata = { namespace: 'ingress-nginx', name: 'ingress-nginx-controller', labels: {} };
    const ports = [{ ...cart!.ports[0]!, nodePort: 30_099 }];
    const own = { ...cart!, metadata, ports, clusterIp: 0, clusterIps: [], ipFamilies: [] };
    const objects = { ...SHOP, services: [...SHOP.services, own] };
    expect(refusal('http://shop.example/', ingressChanges({ cluster: { objects } }))).toThrow(
      "Service ingress-nginx/ingress-nginx-controller has no IPv4 load balancer's address; try --set cluster.ingress.exposure=node-port",
    );
  });
});
