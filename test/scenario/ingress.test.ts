/** Ingresses: from manifests to objects and back, what is refused, what is said, and the scenario that goes with them. */
import { describe, expect, test } from 'vitest';
import {
  clusterScenario,
  expandScenario,
  InputError,
  parseScenario,
  problemText,
  readManifests,
  type Case,
} from '../../src/scenario/index.js';
import { objectsIn } from '../../src/scenario/manifest/raw-object.js';
import { readRawObjects } from '../../src/scenario/manifest/read.js';
import { manifestsOf } from '../../src/scenario/manifest/write.js';
import { expanded, plainProfile, problemsOf, scenarioText } from './made-up-scenario.js';

const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n';
const backend = (service: string, port: string) => `{ service: { name: ${service}, port: { ${port} } } }`;
const ingress = (...spec: readonly string[]): string =>
  ['apiVersion: networking.k8s.io/v1', 'kind: Ingress', 'metadata:', '  name: shop', '  annotations:']
    .concat('    kubernetes.io/ingress.class: edge', '    nginx.ingress.kubernetes.io/affinity: cookie', '    other: x')
    .concat('spec:', ...spec.map((line) => `  ${line}`))
    .join('\n');
const SHOP = ingress(
  `defaultBackend: ${backend('web', 'number: 80')}`,
  'rules:',
  '- host: shop.test',
  `  http: { paths: [{ path: /a, pathType: Exact, backend: ${backend('web', 'name: http')} }] }`,
);
const CLASS =
  'apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: edge, annotations: { ingressclass.kubernetes.io/is-default-class: "true" } }\n';

const read = (...texts: readonly string[]) => readManifests([{ file: 'm.yaml', text: texts.join('\n---\n') }]);

function refused(...texts: readonly string[]): readonly string[] {
  try {
    read(...texts);
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(problemText);
    throw error;
  }
  return [];
}

describe('manifests', () => {
  test('give Ingresses with their class, rules and what annotations mean', () => {
    const { objects, ignored } = read(SERVICE, SHOP, CLASS);
    expect(ignored.size).toBe(0);
    expect(objects.ingressClasses).toEqual([{ name: 'edge', isDefault: true }]);
    expect(objects.ingresses).toEqual([
      {
        metadata: {
          namespace: 'default',
          name: 'shop',
          labels: {},
          annotations: { 'nginx.ingress.kubernetes.io/affinity': 'cookie' },
        },
        className: 'edge',
        rules: [
          {
            host: 'shop.test',
            paths: [{ path: '/a', pathType: 'Exact', backend: { service: 'web', port: 'http' } }],
          },
        ],
        defaultBackend: { service: 'web', port: 80 },
      },
    ]);
  });

  test('are the same when they are written and read again', () => {
    const { objects } = read(SERVICE, SHOP, CLASS);
    const raws = manifestsOf(objects).flatMap((own) => objectsIn(own, () => ({ file: 'x', line: 1, column: 1 })));
    expect(readRawObjects(raws).objects).toEqual(objects);
  });

  test('may have Ingresses alone; what they lack is said', () => {
    expect(read(SHOP).notes).toEqual(['Ingresses send to Services that are not in the manifests (503): default/web']);
    expect(read(SERVICE, SHOP).notes).toEqual([
      'Ingresses send to ports that Services do not have (503): default/web:http',
    ]);
  });

  test('are held against the rules of the API server', () => {
    const [problem, ...others] = refused(SERVICE, ingress('rules: [{ host: "*" }]'));
    expect(problem).toContain('Ingress.spec.rules[0].host: Invalid value');
    expect(others).toEqual([]);
  });

  test('of versions that servers no longer take are refused', () => {
    expect(refused(SERVICE, SHOP.replace('/v1', '/v1beta1'))[0]).toContain(
      'expected networking.k8s.io/v1 (API servers from 1.22 on take no other), found "networking.k8s.io/v1beta1"',
    );
  });

  test('may hold no Ingress twice', () => {
    expect(refused(SERVICE, SHOP, SHOP)[0]).toContain('Ingress default/shop occurs twice');
  });
});

function caseOf(texts: readonly string[], ...spec: readonly string[]): Case {
  const { objects } = read(...texts);
  const text = spec.length === 0 ? clusterScenario(objects) : scenarioText(...spec);
  return expandScenario(parseScenario(text, 's.yaml'), { objects, profile: plainProfile }).cases[0]!;
}

describe('the built-in scenario', () => {
  test('goes through Ingresses from outside where there are any', () => {
    expect(caseOf([SERVICE, SHOP]).workload).toMatchObject({ frontend: 'ingress', placement: 'external' });
    expect(caseOf([SHOP]).cluster).toMatchObject({ services: 0, ingress: { replicas: 2, className: 'any' } });
  });

  test('calls Services from pods else', () => {
    const { cluster, workload } = caseOf([SERVICE]);
    expect(workload).toMatchObject({ frontend: 'cluster-ip', placement: 'pods' });
    expect(cluster.ingress).toBeUndefined();
  });
});

describe('a scenario through Ingresses needs', () => {
  const made = (...spec: readonly string[]): readonly string[] => problemsOf(() => expanded(scenarioText(...spec)));

  test('HTTP', () => {
    expect(
      made('  workload: { kind: udp, frontend: ingress }', '  cluster: { services: { protocol: UDP } }').join(),
    ).toContain('an Ingress takes HTTP, which is TCP: udp is not');
  });

  test('no names of the cluster', () => {
    expect(made('  workload: { lookup: svc, frontend: ingress }').join()).toContain("not in the cluster's DNS");
  });

  test('a node for every proxy in a network of nodes', () => {
    expect(
      made(
        '  cluster: { nodes: 4, ingress: { replicas: 5, exposure: host-network } }',
        '  workload: { frontend: ingress }',
      ),
    ).toEqual([
      expect.stringContaining("one proxy at most has port 80 of a node's network: expected up to 4, found 5"),
    ]);
  });

  test('an Ingress of the class that the controller takes', () => {
    const wanted = ['  workload: { frontend: ingress }', '  cluster: { ingress: { class: other } }'];
    expect(() => caseOf([SERVICE, SHOP], ...wanted)).toThrow(InputError);
    expect(() => caseOf([SERVICE], '  workload: { frontend: ingress }')).toThrow(InputError);
    expect(
      caseOf([SERVICE, SHOP], wanted[0]!, '  cluster: { ingress: { class: edge } }').cluster.ingress,
    ).toBeDefined();
  });
});
