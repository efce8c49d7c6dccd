/** Manifests as users write them: names of endpoints, Pods beside workloads, kinds that there are not, annotations that mean nothing here. */
import { describe, expect, test } from 'vitest';
import { readManifests } from '../../src/scenario/index.js';
import type { ManifestContent } from '../../src/scenario/index.js';
import { InputError, problemText } from '../../src/scenario/problem.js';

const read = (...objects: readonly (object | string)[]): ManifestContent => {
  const text = objects.map((own) => (typeof own === 'string' ? own : JSON.stringify(own))).join('\n---\n');
  return readManifests([{ file: 'a', text }]);
};

/** What is wrong, without places. */
const problemsOf = (...objects: readonly (object | string)[]): readonly string[] => {
  try {
    read(...objects);
  } catch (error) {
    if (error instanceof InputError) return error.problems.map((own) => problemText(own).replace(/^\S+ /, ''));
    throw error;
  }
  return [];
};

const service = (name: string, spec: object = { ports: [{ port: 80 }] }): object => {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
};

describe('Endpoints by hand', () => {
  const endpoints = (address: object): object => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'manual' },
    subsets: [{ addresses: [address], ports: [{ port: 80 }] }],
  });

  test('keep the hostname, the node and the Pod of an address in their slice', () => {
    const targetRef = { kind: 'Pod', namespace: 'default', name: 'p' };
    const { objects } = read(
      service('manual'),
      endpoints({ ip: '172.16.0.5', hostname: 'one', nodeName: 'n', targetRef }),
    );
    expect(objects.slices[0]?.endpoints).toMatchObject([{ hostname: 'one', node: 0, target: 'default/p' }]);
  });

  test('with a wrong address have one problem', () => {
    expect(problemsOf(service('manual'), endpoints({ ip: '10.1.1.1.1' }))).toEqual([
      'Endpoints.subsets[0].addresses[0].ip: Invalid value: "10.1.1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]);
  });
});

describe('a Pod beside a workload', () => {
  const set = (kind: string, name: string): object => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: {} },
    },
  });
  const pod = (name: string, owner?: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { app: 'db' },
      ...(owner && { ownerReferences: [{ controller: true, uid: 'u', ...owner }] }),
    },
    spec: {},
  });
  const names = (...objects: readonly object[]): readonly string[] => {
    return read(service('db', { selector: { app: 'db' }, ports: [{ port: 80 }] }), ...objects).objects.podSets.map(
      ({ metadata }) => metadata.name,
    );
  };
  const OWNED = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db' };

  test.each([
    ['that nobody owns is one of its own', [set('StatefulSet', 'db'), pod('hostn')], ['db']],
    ['that nobody owns is one of its own beside a Deployment', [set('Deployment', 'db'), pod('db-debug')], ['db']],
    ['that the StatefulSet owns stands for it', [set('StatefulSet', 'db'), pod('db-0', OWNED)], []],
    [
      'that its ReplicaSet owns stands for a Deployment',
      [set('Deployment', 'db'), pod('any', { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'db-7c9f8d6b5' })],
      [],
    ],
    [
      'that the ReplicaSet of another Deployment owns does not',
      [
        set('Deployment', 'db'),
        pod('db-x-7c9f8d6b5-x2kp4', { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'db-x-7c9f8d6b5' }),
      ],
      ['db'],
    ],
    ['without owners, named as a Job names it, does not', [set('Deployment', 'db'), pod('db-import-x2kp4')], ['db']],
    [
      'that a Job owns does not',
      [set('Deployment', 'db'), pod('db-import', { apiVersion: 'batch/v1', kind: 'Job', name: 'db' })],
      ['db'],
    ],
    ['without owners, named as a StatefulSet names it, stands for it', [set('StatefulSet', 'db'), pod('db-0')], []],
    [
      'without owners, named as a Deployment names it, stands for it',
      [set('Deployment', 'db'), pod('db-7c9f8d6b5-x2kp4')],
      [],
    ],
  ])('%s', (_, objects, kept) => {
    expect(names(...objects)).toEqual(kept);
  });

  test('without owners, of a Deployment whose name is so long that that of the Pod is cut off, stands for it', () => {
    const long = 'a-deployment-with-a-name-that-goes-on-and-on-for-ever-x';
    const made = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${`${long}-7c9f8d6b5-`.slice(0, 58)}x2kp4`,
        labels: { app: 'db', 'pod-template-hash': '7c9f8d6b5' },
      },
      spec: {},
    };
    expect(names(set('Deployment', long), made)).toEqual([]);
    expect(names(set('Deployment', `${long}y`), made)).toEqual([`${long}y`]);
  });
});

describe('a kind', () => {
  const object = (apiVersion: string, kind: string): object => ({ apiVersion, kind, metadata: { name: 'a' } });

  test.each([
    ['v1', 'Servise', 'Servise.kind: there is no kind Servise in v1; did you mean "Service"?'],
    ['apps/v1', 'Deploymnet', 'Deploymnet.kind: there is no kind Deploymnet in apps/v1; did you mean "Deployment"?'],
    ['v1', 'Deployment', 'Deployment.kind: there is no kind Deployment in v1; it is in apps/v1'],
    ['batch/v1', 'Xyzzy', 'Xyzzy.kind: there is no kind Xyzzy in batch/v1; there are: CronJob, Job'],
  ])('%s %s is refused', (apiVersion, kind, problem) => {
    expect(problemsOf(service('web'), object(apiVersion, kind))).toEqual([problem]);
  });

  test('of another group, or of another version, is passed over', () => {
    const others = [object('example.com/v1', 'Servise'), object('v1', 'Secret'), object('apps/v1beta1', 'Deploymnet')];
    expect([...read(service('web'), ...others).ignored.keys()]).toEqual(['Servise', 'Secret', 'Deploymnet']);
  });

  test('that is not there is said with what stands there', () => {
    expect(problemsOf('apiVersion: v1\nmetadata: { name: a }\n')).toEqual([
      'kind: expected the kind of a Kubernetes object, found nothing',
    ]);
    expect(problemsOf('kind: 7\n')).toEqual(['kind: expected the kind of a Kubernetes object, found 7']);
  });
});

describe('annotations of an Ingress', () => {
  const ingress = (annotations: Readonly<Record<string, string>>): object => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop', annotations },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  });
  const notes = (annotations: Readonly<Record<string, string>>): readonly string[] => {
    return read(service('web'), ingress(annotations)).notes;
  };
  const NGINX = 'nginx.ingress.kubernetes.io/';

  test('that are not simulated are said', () => {
    expect(notes({ [`${NGINX}use-regex`]: 'true', [`${NGINX}canary-weight`]: '20', 'example.com/x': 'y' })).toEqual([
      'annotations of ingress-nginx that are not simulated: canary-weight, use-regex (Ingress default/shop); requests may go elsewhere than in a cluster',
    ]);
  });

  test('with values that ingress-nginx does not take are said', () => {
    expect(notes({ [`${NGINX}affinity`]: 'cooky', [`${NGINX}affinity-mode`]: 'sticky' })).toEqual([
      'Ingress default/shop: annotation affinity has the value "cooky", which ingress-nginx does not know and takes for none; there are: cookie',
      'Ingress default/shop: annotation affinity-mode has the value "sticky", which ingress-nginx does not know and takes for none; there are: balanced, persistent',
    ]);
    expect(notes({ [`${NGINX}affinity`]: 'cookie', [`${NGINX}affinity-mode`]: 'persistent' })).toEqual([]);
  });
});
