/** Manifests against the rules of the API server: what is looked at, and where it is reported. */
import { describe, expect, test } from 'vitest';
import { checkManifests, InputError, problemText, readManifests } from '../../src/scenario/index.js';

const OK = 'apiVersion: v1\nkind: Service\nmetadata: { name: ok }\nspec: { ports: [{ port: 80 }] }\n';

const service = (metadata: string, spec: string, more = '') =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: a${metadata} }\nspec: { ${spec} }\n${more}`;

/** What is refused of a text for a run. */
function run(...texts: readonly string[]): readonly string[] {
  try {
    readManifests([{ file: 'a', text: texts.join('---\n') }]);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(problemText);
  }
}

const check = (...texts: readonly string[]) =>
  checkManifests(texts.map((text, i) => ({ file: 'abc'[i] ?? 'x', text }))).problems.map(problemText);

describe('what a user wrote', () => {
  test('is refused for a run as for a check, every problem at its place', () => {
    const text = service(
      '',
      'type: NodePort, externalTrafficPolicy: Node, sessionAffinity: Cookie, ports: [{ port: 80 }]',
    );
    const expected = [
      'a:4:48 Service.spec.externalTrafficPolicy: Unsupported value: "Node": supported values: "Cluster", "Local"',
      'a:4:71 Service.spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
    ];
    expect(run(text)).toEqual(expected);
    expect(check(text)).toEqual(expected);
  });

  test('is found where it is spelt otherwise than the server says', () => {
    const text = service(
      '',
      'type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.1], clusterIP: none, ports: [{ port: 80 }]',
    );
    expect(run(text)).toEqual([
      'a:4:56 Service.spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      'a:4:78 Service.spec.clusterIPs[0]: Invalid value: "none": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]);
  });

  test('has namespace and defaults as kubectl and the server give them', () => expect(run(OK)).toEqual([]));

  test('may be of kinds that are not read', () => {
    const ingress = 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a }\nspec: {}\n';
    expect(run(OK, ingress)).toEqual([
      'a:9:7 Ingress.spec: Invalid value: []: either `defaultBackend` or `rules` must be specified',
    ]);
    expect(run(OK, ingress.replace('networking.k8s.io/v1', 'extensions/v1beta1'))).toEqual([]);
  });

  test('may have unknown fields and node ports out of the range for a run, not for a check', () => {
    const text = service('', 'type: NodePort, ports: [{ port: 80, nodePort: 80, targetport: 8080 }]');
    expect(run(text)).toEqual([]);
    expect(check(text)).toEqual(['a:4:71 Service.spec.ports[0].targetport: unknown field']);
    expect(check(text.replace('targetport', 'targetPort'))).toEqual([
      'a:4:55 Service.spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ]);
  });
});

describe('what a server printed', () => {
  const BAD = 'externalTrafficPolicy: Cluster, ports: [{ port: 80 }]';

  test.each([
    ['an identity', service(', uid: u', BAD)],
    ['a version', service(', resourceVersion: "7"', BAD)],
    ['a load balancer', service('', BAD, 'status: { loadBalancer: { ingress: [{ ip: 192.0.2.1 }] } }\n')],
  ])('is known by %s, taken for a run, and checked when asked', (_, text) => {
    expect(run(text)).toEqual([]);
    expect(check(text)).toHaveLength(1);
  });

  test('is not known by an empty status', () => {
    expect(run(service('', BAD, 'status: { loadBalancer: {} }\n'))).toHaveLength(1);
  });
});

describe('a check', () => {
  test('goes through all files, which are one cluster, and counts objects', () => {
    const bad = service('', 'ports: []');
    const result = checkManifests([
      { file: 'a', text: `${OK}---\n${bad}` },
      { file: 'b', text: 'kind: {' },
      { file: 'c', text: OK },
    ]);
    expect(result.counts).toEqual([2, 0, 1]);
    expect(result.problems.map(({ place, field }) => [place.file, field])).toEqual([
      ['b', ''],
      ['a', 'Service.spec.ports'],
      ['c', 'Service.metadata.name'],
    ]);
  });

  test('needs no Service', () => {
    expect(check('apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n')).toEqual([]);
  });
});

describe('Endpoints', () => {
  const free = 'apiVersion: v1\nkind: Service\nmetadata: { name: db }\nspec: { ports: [{ name: sql, port: 5432 }] }\n';
  const endpoints = (ip: string, head = '') =>
    `apiVersion: v1\nkind: Endpoints\nmetadata: { name: db${head} }\nsubsets: [{ addresses: [{ ip: ${ip} }], notReadyAddresses: [{ ip: 192.0.2.9 }], ports: [{ name: sql, port: 5432 }] }]\n`;
  const read = (...texts: readonly string[]) => readManifests([{ file: 'a', text: texts.join('---\n') }]);

  test('of a Service without selector are its slices', () => {
    const { objects, ignored } = read(free, endpoints('192.0.2.7'));
    expect(objects.slices).toMatchObject([
      {
        service: 'db',
        family: 4,
        metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' } },
        ports: [{ name: 'sql', port: 5432 }],
        endpoints: [{ ready: true }, { ready: false }],
      },
    ]);
    expect([...ignored]).toEqual([]);
  });

  test('of other Services, and those that say so, are passed over', () => {
    const selected = free.replace('spec: {', 'spec: { selector: { app: db },');
    expect(read(selected, endpoints('192.0.2.7')).objects.slices).toEqual([]);
    const skipped = endpoints('192.0.2.7', ', labels: { endpointslice.kubernetes.io/skip-mirror: "true" }');
    const { objects, ignored } = read(free, skipped);
    expect([objects.slices, [...ignored]]).toEqual([[], [['Endpoints', 1]]]);
  });

  test('that are mirrored already stay in their slices', () => {
    const once = read(free, endpoints('192.0.2.7')).objects.slices[0];
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...once?.metadata, name: 'db-x7k2p' },
      addressType: 'IPv4',
      ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }],
      endpoints: [
        { addresses: ['192.0.2.7'], conditions: { ready: true } },
        { addresses: ['192.0.2.9'], conditions: { ready: false } },
      ],
    };
    const { objects } = read(free, endpoints('192.0.2.7'), `${JSON.stringify(slice)}\n`);
    expect(objects.slices.map(({ metadata, endpoints: own }) => [metadata.name, own.length])).toEqual([
      ['db-x7k2p', 2],
    ]);
  });

  test('may not have addresses of a node alone', () => {
    expect(run(free, endpoints('169.254.1.1'))).toEqual([
      'a:9:31 Endpoints.subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ]);
  });
});

describe('a change of what there is', () => {
  const change = (now: string, old: string) =>
    checkManifests([{ file: 'a', text: now }], [{ file: 'old', text: old }]).problems.map(problemText);
  const PORTS = 'ports: [{ port: 80 }]';

  test('may leave out what the server gave, and change what may be changed', () => {
    const live = service(
      ', uid: u, resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z"',
      `clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], ipFamilies: [IPv4], ipFamilyPolicy: SingleStack, type: NodePort, ports: [{ port: 80, nodePort: 30001 }]`,
    );
    expect(change(service('', `type: LoadBalancer, selector: { app: b }, ${PORTS}`), live)).toEqual([]);
    expect(change(service('', PORTS), service('', `type: NodePort, ${PORTS}`))).toEqual([]);
  });

  test('may not touch fields that stay for good', () => {
    expect(change(service('', `clusterIP: 10.0.0.8, ${PORTS}`), service('', `clusterIP: 10.0.0.7, ${PORTS}`))).toEqual([
      'a:4:20 Service.spec.clusterIPs[0]: Invalid value: ["10.0.0.8"]: may not change once set',
    ]);
    expect(change(service('', `clusterIP: None, ${PORTS}`), service('', PORTS))).toEqual([
      'a:4:20 Service.spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set',
    ]);
    const slice = (type: string, address: string) =>
      `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: s }\naddressType: ${type}\nendpoints: [{ addresses: ["${address}"] }]\n`;
    expect(change(slice('IPv6', '2001:db8::1'), slice('IPv4', '192.0.2.1'))).toEqual([
      'a:4:14 EndpointSlice.addressType: Invalid value: "IPv6": field is immutable',
    ]);
  });

  test('leaves objects alone that are new', () => {
    expect(change(service('', PORTS), OK)).toEqual([]);
  });

  test('needs objects that can be read', () => {
    expect(() => change(OK, OK.replace('port: 80', 'port: x'))).toThrow(InputError);
  });
});
