/** Pods as the API server checks them, as far as they are read. */
import { describe, expect, test } from 'vitest';
import { errorBody } from '../../../src/kube/validation/field-error.js';
import { reviewErrors } from '../../../src/kube/validation/review.js';

const errorsOf = (spec: object, metadata: object = {}, strict = false): readonly string[] => {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default', ...metadata }, spec };
  return reviewErrors({ kind: 'Pod', object, defaults: true, strict }).map((own) => `${own.field}: ${errorBody(own)}`);
};
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric " +
  "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe('a Pod', () => {
  test('may say nothing', () => {
    expect(errorsOf({})).toEqual([]);
    expect(errorsOf({ containers: [{ name: 'a', image: 'b', ports: [{ containerPort: 80 }] }] }, {}, true)).toEqual([]);
  });

  test.each([
    [{ dnsPolicy: 'None' }, ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None']],
    [
      { dnsPolicy: 'None', dnsConfig: { searches: ['a.test'] } },
      ['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
    ],
    [
      { dnsPolicy: 'Cluster' },
      [
        'spec.dnsPolicy: Unsupported value: "Cluster": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
      ],
    ],
    [
      { dnsConfig: { nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3', 'four'] } },
      [
        'spec.dnsConfig.nameservers: Invalid value: ["192.0.2.1","192.0.2.2","192.0.2.3","four"]: must not have more than 3 nameservers',
        'spec.dnsConfig.nameservers[3]: Invalid value: "four": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [{ dnsConfig: { searches: ['.', '_tcp.a.test.'], options: [{ name: 'ndots', value: '2' }] } }, []],
    [{ dnsConfig: { options: [{ value: '2' }] } }, ['spec.dnsConfig.options[0]: Required value: must not be empty']],
    [{ hostname: 'x.y' }, ['spec.hostname: Invalid value: "x.y": must not contain dots']],
    [{ subdomain: 'X' }, [`spec.subdomain: Invalid value: "X": ${LABEL}`]],
    [
      {
        containers: [
          {
            ports: [
              { name: 'a', containerPort: 1, protocol: 'HTTP' },
              { name: 'a' },
              { name: '-', containerPort: 70000 },
            ],
          },
        ],
      },
      [
        'spec.containers[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
        'spec.containers[0].ports[1].name: Duplicate value: "a"',
        'spec.containers[0].ports[1].containerPort: Required value',
        'spec.containers[0].ports[2].name: Invalid value: "-": must contain at least one letter (a-z)',
        'spec.containers[0].ports[2].name: Invalid value: "-": must not begin or end with a hyphen',
        'spec.containers[0].ports[2].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    ],
  ])('with %j', (spec, expected) => {
    expect(errorsOf(spec)).toEqual(expected);
  });

  test('has search domains of 32 names and 2048 letters at most', () => {
    const long = 'a'.repeat(63);
    const searches = Array.from({ length: 33 }, () => `${long}.test`);
    const shown = JSON.stringify(searches);
    expect(errorsOf({ dnsConfig: { searches } })).toEqual([
      `spec.dnsConfig.searches: Invalid value: ${shown}: must not have more than 32 search paths`,
      `spec.dnsConfig.searches: Invalid value: ${shown}: must not have more than 2048 characters (including spaces) in the search list`,
    ]);
  });

  test('has host aliases of addresses and names', () => {
    const found = errorsOf({ hostAliases: [{ ip: 'nope', hostnames: ['ok.test', 'a b'] }] });
    expect(found[0]).toBe(
      'spec.hostAliases[0].ip: Invalid value: "nope": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    );
    expect(found[1]).toMatch(
      /^spec\.hostAliases\[0\]\.hostnames\[1\]: Invalid value: "a b": a lowercase RFC 1123 subdomain must/,
    );
    expect(found).toHaveLength(2);
  });

  test('has a name and labels as others have, and known fields when asked', () => {
    expect(errorsOf({}, { name: 'P' })[0]).toMatch(
      /^metadata\.name: Invalid value: "P": a lowercase RFC 1123 subdomain/,
    );
    expect(errorsOf({}, { labels: { app: 'a b' } })[0]).toMatch(
      /^metadata\.labels: Invalid value: "a b": a valid label/,
    );
    expect(errorsOf({ dnspolicy: 'None' }, {}, true)).toEqual(['spec.dnspolicy: unknown field']);
  });
});

test.each(['Deployment', 'StatefulSet', 'DaemonSet'] as const)('the template of a %s is checked as a Pod', (kind) => {
  const metadata = { name: 'a', namespace: 'default' };
  const object = {
    metadata,
    spec: { replicas: 1, template: { metadata: { labels: { a: 'b' } }, spec: { hostname: 'x.y' } } },
  };
  expect(reviewErrors({ kind, object, defaults: true, strict: true }).map((own) => own.field)).toEqual([
    'spec.template.spec.hostname',
  ]);
});
