/** Kubernetes manifests that cannot be used: what is said, and where. */
import { describe, expect, test } from 'vitest';
import { readManifests } from '../../src/scenario/index.js';
import { problemsOf } from './made-up-scenario.js';

const read = (...texts: readonly string[]) =>
  readManifests(texts.map((text, i) => ({ file: `${'abc'[i] ?? 'x'}.yaml`, text })));

const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n';

describe('what is refused', () => {
  const withSpec = (spec: string) => `apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: ${spec}\n`;

  test.each<[string, readonly string[], readonly string[]]>([
    ['nothing at all', [''], ['a.yaml:1:1 expected Kubernetes objects, found none']],
    [
      'no Service',
      ['apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n'],
      ['a.yaml:1:1 expected at least one Service (found: 1 Secret)'],
    ],
    ['a list', ['- a\n'], ['a.yaml:1:1 expected a Kubernetes object (a mapping with apiVersion, kind and metadata)']],
    [
      'an object without kind',
      ['apiVersion: v1\nmetadata: { name: a }\n'],
      ['a.yaml:1:1 kind: expected the kind of a Kubernetes object, found nothing'],
    ],
    [
      'a port that is none',
      [withSpec('{ ports: [{ port: 99999 }] }')],
      [
        'a.yaml:4:17 Service.spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
        'a.yaml:4:25 Service.spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'a protocol that is none',
      [withSpec('{ ports: [{ port: 80, protocol: HTTP }] }')],
      [
        'a.yaml:4:39 Service.spec.ports[0].protocol: Unsupported value: "HTTP": ' +
          'supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
    ['no ports', [withSpec('{ selector: { app: a } }')], ['a.yaml:4:7 Service.spec.ports: Required value']],
    [
      'ports without names',
      [withSpec('{ ports: [{ name: a, port: 1 }, { port: 2 }] }')],
      ['a.yaml:4:39 Service.spec.ports[1].name: Required value'],
    ],
    [
      'one port twice',
      [withSpec('{ ports: [{ name: a, port: 1 }, { name: b, port: 1 }] }')],
      ['a.yaml:4:39 Service.spec.ports[1]: Duplicate value: {"protocol":"TCP","port":1}'],
    ],
    [
      'an address that is none',
      [withSpec('{ clusterIP: 10.0.0.256, ports: [{ port: 80 }] }')],
      [
        'a.yaml:4:20 Service.spec.clusterIPs[0]: Invalid value: "10.0.0.256": ' +
          'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      'a label that is a number',
      [withSpec('{ selector: { version: 2 }, ports: [{ port: 80 }] }')],
      ['a.yaml:4:30 Service.spec.selector.version: expected a text (put numbers and true or false in quotes), found 2'],
    ],
    [
      'one object twice',
      [SERVICE, SERVICE],
      ['b.yaml:3:19 Service.metadata.name: Service default/web occurs twice; the first one is at a.yaml:1:1'],
    ],
    [
      'one cluster IP twice',
      [
        withSpec('{ clusterIP: 10.96.0.9, ports: [{ port: 80 }] }'),
        withSpec('{ clusterIP: 10.96.0.9, ports: [{ port: 80 }] }').replace('name: a', 'name: b'),
      ],
      ['b.yaml:4:20 Service.spec.clusterIP: cluster IP 10.96.0.9 belongs to Service default/a'],
    ],
    [
      'several problems in several files',
      [withSpec('{ ports: [{ port: 0 }] }'), withSpec('{ ports: 3 }').replace('name: a', 'name: b')],
      [
        'a.yaml:4:17 Service.spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
        'a.yaml:4:25 Service.spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'b.yaml:4:16 Service.spec.ports: expected a list, found 3',
      ],
    ],
  ])('%s', (_, texts, messages) => {
    expect(problemsOf(() => read(...texts))).toEqual(messages);
  });

  test('JSON is reported with its lines too', () => {
    const text = JSON.stringify(
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 'x' }] } },
      null,
      2,
    );
    expect(problemsOf(() => read(text))).toEqual([
      'a.yaml:10:17 Service.spec.ports[0].port: expected a whole number from 1 to 65535, found "x"',
    ]);
  });

  test('broken YAML and broken JSON are reported where they break', () => {
    expect(problemsOf(() => read('kind: {{ .Values.kind }\n'))[0]).toMatch(/^a\.yaml:2:1 not valid YAML/);
    expect(problemsOf(() => read('{"kind": "Service",\n'))[0]).toMatch(/^a\.yaml:2:1 not valid YAML/);
  });
});
