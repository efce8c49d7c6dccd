/** Kubernetes manifests: what is read from them, what is made up, what is passed over. */
import { describe, expect, test } from 'vitest';
import { readManifests } from '../../src/scenario/index.js';
import type { ManifestContent } from '../../src/scenario/index.js';
import { objectsIn } from '../../src/scenario/manifest/raw-object.js';
import { SERVICE_DEFAULTS } from '../../src/kube/index.js';
import { parseIp } from '../../src/net/index.js';
import { readRawObjects } from '../../src/scenario/manifest/read.js';
import { manifestsOf } from '../../src/scenario/manifest/write.js';

const read = (...texts: readonly string[]): ManifestContent =>
  readManifests(texts.map((text, i) => ({ file: `${'abc'[i] ?? 'x'}.yaml`, text })));

const ip = (text: string): number => parseIp(text) ?? 0;

const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n';

/** An object of the core group as JSON. */
const core = (kind: string, name: string, rest: object, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop', labels },
  ...rest,
});

/** What `kubectl get svc,deploy,pods,endpointslices,nodes -o json` prints, shortened. */
const KUBECTL = {
  apiVersion: 'v1',
  kind: 'List',
  metadata: { resourceVersion: '' },
  items: [
    core('Service', 'web', {
      spec: {
        clusterIP: '10.96.1.7',
        clusterIPs: ['10.96.1.7', 'fd00::7'],
        ipFamilies: ['IPv4', 'IPv6'],
        type: 'NodePort',
        selector: { app: 'web' },
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
        ports: [
          { name: 'http', port: 80, targetPort: 'http', nodePort: 30080, protocol: 'TCP' },
          { name: 'dns', port: 53, targetPort: 5353, nodePort: 30053, protocol: 'UDP' },
        ],
      },
      status: { loadBalancer: {} },
    }),
    core('Service', 'db', { spec: { clusterIP: '10.96.1.8', ports: [{ port: 5432, targetPort: 'pg' }] } }),
    core('Service', 'six', { spec: { clusterIP: 'fd00::9', selector: { app: 'web' }, ports: [{ port: 80 }] } }),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web', tier: 'front' } }, spec: { containers: [{ name: 'c' }] } },
      },
    },
    ...[0, 1].map((i) =>
      core(
        'Pod',
        `web-${i}`,
        {
          spec: {
            nodeName: `node-${i}`,
            containers: [{ ports: [{ name: 'http', containerPort: 8080 }] }],
            initContainers: [
              { ports: [{ containerPort: 1 }] },
              { restartPolicy: 'Always', ports: [{ name: 'side', containerPort: 15001, protocol: 'TCP' }] },
            ],
          },
          status: {
            phase: 'Running',
            podIP: `10.42.0.${i}`,
            conditions: [{ type: 'Ready', status: i === 0 ? 'True' : 'False' }],
          },
        },
        { app: 'web', 'pod-template-hash': 'x' },
      ),
    ),
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'db-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: 5433, protocol: 'TCP' }],
      endpoints: [
        { addresses: ['192.0.2.1'], conditions: { ready: true } },
        { addresses: ['192.0.2.2'], conditions: { ready: null }, nodeName: 'far' },
        { addresses: ['192.0.2.3'], conditions: { ready: false, terminating: true } },
      ],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'db-6', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv6',
      ports: [],
      endpoints: [],
    },
    core('Node', 'node-1', { status: {} }, { 'topology.kubernetes.io/zone': 'b' }),
    core('Node', 'node-0', { status: {} }, { 'topology.kubernetes.io/zone': 'a' }),
    core('ConfigMap', 'settings', { data: {} }),
  ],
};

describe('a list of kubectl', () => {
  const { objects, ignored, notes } = read(JSON.stringify(KUBECTL));

  test('Services keep their addresses, node ports and affinity', () => {
    expect(objects.services[0]).toEqual({
      ...SERVICE_DEFAULTS,
      metadata: { namespace: 'shop', name: 'web', labels: {} },
      type: 'NodePort',
      clusterIp: 0x0a600107,
      clusterIps: [0x0a600107, parseIp('fd00::7')],
      ipFamilies: [4, 6],
      ipFamilyPolicy: 'PreferDualStack',
      headless: false,
      selector: { app: 'web' },
      ports: [
        { name: 'http', protocol: 6, port: 80, targetPort: 'http', nodePort: 30080 },
        { name: 'dns', protocol: 17, port: 53, targetPort: 5353, nodePort: 30053 },
      ],
      affinitySeconds: 60,
    });
  });

  test('listed Pods stand for their Deployment and keep their node and readiness', () => {
    expect(objects.podSets).toEqual([]);
    expect(objects.pods.slice(0, 2).map(({ node, ready }) => ({ node, ready }))).toEqual([
      { node: 1, ready: true },
      { node: 0, ready: false },
    ]);
    expect(objects.pods[0]?.ports).toEqual([
      { name: 'http', protocol: 6, port: 8080 },
      { name: 'side', protocol: 6, port: 15001 },
    ]);
  });

  test('a Service without Pods gets one for each endpoint of its slices, and one without selector keeps them', () => {
    expect(objects.services[1]?.selector).toBeNull();
    expect(objects.pods.slice(2)).toEqual(
      [
        { name: 'db-1-0', ip: ip('192.0.2.1'), node: -1, ready: true, terminating: false },
        { name: 'db-1-1', ip: ip('192.0.2.2'), node: 2, ready: true, terminating: false },
        // Nothing said of serving means that it does.
        { name: 'db-1-2', ip: ip('192.0.2.3'), node: -1, ready: true, terminating: true },
      ].map(({ name, ...rest }) => ({
        metadata: { namespace: 'shop', name, labels: {} },
        secondIp: 0,
        hostNetwork: false,
        phase: 'Running',
        ports: [{ name: 'pg', protocol: 6, port: 5433 }],
        ...rest,
      })),
    );
    expect(objects.slices.map(({ metadata, family, endpoints }) => [metadata.name, family, endpoints.length])).toEqual([
      ['db-1', 4, 3],
      ['db-6', 6, 0],
    ]);
    expect(objects.slices[0]?.endpoints[1]).toEqual({
      address: ip('192.0.2.2'),
      node: 2,
      target: '',
      ready: true,
      serving: true,
      terminating: false,
      hints: null,
    });
  });

  test('nodes stand in the order of the list, and those that are only named behind them', () => {
    expect(objects.nodes.map(({ name, zone, index }) => [name, zone, index])).toEqual([
      ['node-1', 'b', 0],
      ['node-0', 'a', 1],
      ['far', '', 2],
    ]);
  });

  test('what is left out is counted and said', () => {
    expect([...ignored]).toEqual([['ConfigMap', 1]]);
    expect(notes).toEqual([
      'endpoints of 1 Service come from EndpointSlices, each simulated as a Pod: shop/db',
      '1 node added, named but not listed',
    ]);
  });

  test('written as manifests and read again it is the same', () => {
    const place = { file: 'again', line: 1, column: 1 };
    const raws = manifestsOf(objects).flatMap((manifest) => objectsIn(manifest, () => place));
    expect(readRawObjects(raws).objects).toEqual(objects);
  });
});

describe('files that somebody wrote', () => {
  test('several documents, an empty one among them, and a Deployment without replicas', () => {
    const { objects } = read(
      `---\n# nothing\n---\n${SERVICE}`,
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  selector: { matchLabels: { app: web } }\n' +
        '  template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ ports: [{ containerPort: 8080 }] }] }\n',
    );
    expect(objects.services[0]).toMatchObject({ clusterIp: 0, ports: [{ targetPort: 80, protocol: 6, nodePort: 0 }] });
    expect(objects.podSets).toEqual([
      {
        metadata: { namespace: 'default', name: 'web', labels: {} },
        kind: 'Deployment',
        replicas: 1,
        podLabels: { app: 'web' },
        ports: [{ name: '', protocol: 6, port: 8080 }],
      },
    ]);
  });

  test('headless Services and names outside have no address', () => {
    const { services } = read(
      SERVICE.replace('spec: {', 'spec: { clusterIP: None,'),
      'apiVersion: v1\nkind: Service\nmetadata: { name: out }\nspec: { type: ExternalName, externalName: example.org }\n',
    ).objects;
    expect(services.map(({ headless, clusterIp, type }) => [headless, clusterIp, type])).toEqual([
      [true, 0, 'ClusterIP'],
      [false, 0, 'ExternalName'],
    ]);
  });

  test('a Pod without status is running and ready', () => {
    const { pods } = read(
      SERVICE,
      'apiVersion: v1\nkind: Pod\nmetadata: { name: p, labels: { app: web } }\nspec: {}\n',
    ).objects;
    expect(pods).toMatchObject([{ phase: 'Running', ready: true, terminating: false, node: -1 }]);
  });

  test('a kind of another API group is another kind', () => {
    const { objects, ignored } = read(SERVICE, SERVICE.replace('v1', 'serving.knative.dev/v1'));
    expect(objects.services).toHaveLength(1);
    expect([...ignored]).toEqual([['Service.serving.knative.dev', 1]]);
  });
});

test('slices without a Service are named', () => {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'x', labels: { 'kubernetes.io/service-name': 'gone' } },
    addressType: 'IPv4',
  };
  const spec = { ports: [{ port: 80 }] };
  const { notes } = read(JSON.stringify({ kind: 'List', items: [core('Service', 'web', { spec }), slice] }));
  expect(notes).toEqual(['1 EndpointSlice passed over, of Services that are not in the manifests']);
});
