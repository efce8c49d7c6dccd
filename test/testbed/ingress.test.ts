/** Traffic through Ingresses: two connections a request, with whatever way leads to the proxies, and what proxies do about failures. */
import { describe, expect, test } from 'vitest';
import { readManifests } from '../../src/scenario/index.js';
import { runCase } from '../../src/testbed/index.js';
import { World } from '../../src/testbed/world.js';
import { MS, S, US, drops, figure, outcomes, smallCase, type Changes } from './small-case.js';

function through(changes: Changes = {}, seed = '1') {
  return runCase(
    smallCase({ ...changes, workload: { placement: 'external', frontend: 'ingress', ...changes.workload } }),
    seed,
  );
}

const answers = (result: ReturnType<typeof through>): readonly number[] =>
  ['404', '502', '503', '504'].map((status) => figure(result, `ingress_answers_${status}`));

describe.each(['iptables', 'ipvs', 'nftables', 'userspace'])('in %s mode every request is answered', (mode) => {
  test.each(['node-port', 'load-balancer', 'host-network'] as const)('over %s', (exposure) => {
    const result = through({ proxy: { mode }, ingress: { exposure } });
    const completed = figure(result, 'requests_completed');
    expect(completed).toBeGreaterThan(400);
    expect(outcomes(result)).toEqual({ completed });
    expect(figure(result, 'ingress_requests_sent')).toBe(completed);
    expect(answers(result)).toEqual([0, 0, 0, 0]);
    expect(drops(result)).toEqual({});
  });
});

describe('requests reach servers', () => {
  test.each(['pods', 'nodes'] as const)('of %s of the cluster', (placement) => {
    const result = through({ workload: { placement } });
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_completed') });
  });

  test.each([
    [[6], 6],
    [[4, 6], 6],
    [[6, 4], 4],
  ] as const)('of clusters of families %j by IPv%i', (ipFamilies, ipFamily) => {
    const result = through({ cluster: { ipFamilies }, workload: { ipFamily } });
    expect(figure(result, 'requests_completed')).toBeGreaterThan(400);
    expect(answers(result)).toEqual([0, 0, 0, 0]);
  });

  test("from a proxy's address, and from a node's where proxies are in nodes' networks", () => {
    expect(figure(through(), 'source_proxy_ratio', 'value')).toBe(1);
    const vxlan = through({ ingress: { exposure: 'host-network' } });
    expect(figure(vxlan, 'source_tunnel_ratio', 'value')).toBeGreaterThan(0);
    expect(figure(vxlan, 'source_tunnel_ratio', 'value') + figure(vxlan, 'source_bridge_ratio', 'value')).toBe(1);
    const hostGw = through({ cluster: { overlay: 'host-gw' }, ingress: { exposure: 'host-network' } });
    expect(figure(hostGw, 'source_node_ratio', 'value')).toBeGreaterThan(0);
    expect(figure(hostGw, 'source_tunnel_ratio', 'value')).toBe(0);
  });
});

test('kube-proxy has no say on the way to endpoints: a Service without cluster traffic is reached', () => {
  const features = {
    ...smallCase().cluster.serviceFeatures,
    internalTrafficPolicy: 'Local',
    affinitySeconds: 600,
  } as const;
  const result = through({ cluster: { serviceFeatures: features, services: 1, endpoints: 4 } });
  expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_completed') });
  expect(figure(result, 'endpoint_load_jain', 'value')).toBeGreaterThan(0.99);
});

describe('connections to endpoints', () => {
  test('are used again', () => {
    const result = through();
    expect(figure(result, 'ingress_connections_opened')).toBeLessThan(figure(result, 'ingress_requests_sent') / 4);
  });

  test('or opened for every request', () => {
    const result = through({ ingress: { keepalive: 0 } });
    expect(figure(result, 'ingress_connections_opened')).toBe(figure(result, 'ingress_requests_sent'));
    expect(figure(result, 'request_latency_ns', 'mean')).toBeGreaterThan(
      figure(through(), 'request_latency_ns', 'mean'),
    );
  });
});

test("the proxy's time is a part of every request", () => {
  const quick = through({ ingress: { serverNs: 0, concurrency: 64 } });
  const slow = through({ ingress: { serverNs: 500 * US, concurrency: 64 } });
  const difference = figure(slow, 'request_latency_ns', 'min') - figure(quick, 'request_latency_ns', 'min');
  expect(difference).toBeGreaterThan(400 * US);
  expect(difference).toBeLessThan(600 * US);
});

describe('when endpoints come and go', () => {
  const update: Changes = {
    cluster: { services: 1, endpoints: 4 },
    workload: { requestTimeoutNs: 20 * S, ratePerSecond: 1_000 },
    churn: [
      {
        kind: 'rolling-update',
        atNs: 20 * MS,
        service: 0,
        maxSurge: 0.5,
        maxUnavailable: 0.5,
        startupNs: 10 * MS,
        terminationNs: 5 * MS,
        spread: 0,
      },
    ],
    run: { durationNs: 200 * MS, drainNs: 30 * S },
  };

  test('proxies follow at their pace', () => {
    const result = through({ ...update, ingress: { syncIntervalNs: 1 * MS } });
    const completed = figure(result, 'requests_completed');
    expect(completed).toBeGreaterThan(150);
    expect(outcomes(result)).toEqual({ completed });
    expect(figure(result, 'ingress_syncs')).toBeGreaterThan(2);
  });

  test('those that sync too seldom try what is gone', () => {
    const result = through({ ...update, ingress: { syncIntervalNs: 10 * S, keepalive: 0 } });
    expect(figure(result, 'ingress_syncs')).toBeLessThan(3);
    expect(figure(result, 'ingress_retries')).toBeGreaterThan(0);
    expect(figure(result, 'request_latency_ns', 'max')).toBeGreaterThan(4.9 * S);
  });
});

const INGRESS = (annotations: object, service: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', annotations },
  spec: {
    rules: [
      {
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { name: 'http' } } } }],
        },
      },
    ],
  },
});
const SHOP = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'shop' },
    spec: { selector: { app: 'shop' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop' },
    spec: {
      replicas: 8,
      selector: { matchLabels: { app: 'shop' } },
      template: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'c' }] } },
    },
  },
];

function withManifests(ingress: object, changes: Changes = {}) {
  const text = JSON.stringify({ kind: 'List', items: [...SHOP, ingress] });
  const { objects } = readManifests([{ file: 'm.json', text }]);
  return through({ ...changes, cluster: { objects, ...changes.cluster } });
}

describe('with manifests', () => {
  test.each(['balanced', 'persistent'])('a cookie holds a client to its endpoint (%s)', (mode) => {
    const annotations = {
      'nginx.ingress.kubernetes.io/affinity': 'cookie',
      'nginx.ingress.kubernetes.io/affinity-mode': mode,
    };
    const held = withManifests(INGRESS(annotations, 'shop'), { workload: { clients: 1 } });
    const free = withManifests(INGRESS({}, 'shop'), { workload: { clients: 1 } });
    expect(figure(held, 'endpoint_load_jain', 'value')).toBeCloseTo(1 / 8);
    expect(figure(free, 'endpoint_load_jain', 'value')).toBeGreaterThan(0.99);
  });

  test('a backend that is not there is answered by the proxy', () => {
    const result = withManifests(INGRESS({}, 'absent'));
    const completed = figure(result, 'requests_completed');
    expect(answers(result)).toEqual([0, 0, completed, 0]);
    expect(result.warnings.join()).toContain('were answered by ingress proxies with an error');
  });

  test('without endpoints too', () => {
    const result = through({ cluster: { endpoints: 0 } });
    expect(answers(result)[2]).toBe(figure(result, 'requests_completed'));
  });
});

test('nothing is left under way', () => {
  const plan = smallCase({ workload: { placement: 'external', frontend: 'ingress', kind: 'keepalive' } });
  const world = new World(plan, '1');
  world.traffic.start();
  world.base.simulation.run(plan.run.durationNs + plan.run.drainNs);
  world.base.checkConservation();
  expect(world.ingress?.active).toBe(0);
});
