/** The runners of DNS, environment and Ingress cases themselves: cases pass only when what they expect is so, and nothing unknown passes. */
import { describe, expect, test } from 'vitest';
import { documentOf } from '../case-documents.js';
import { runEnvironment } from '../env/env-case.js';
import { runMatch } from '../ingress/match-case.js';
import { runQuery } from './query-case.js';
import { runResolvConf, runSearch } from './resolver-cases.js';

const FIXTURES = {
  small: {
    zones: ['cluster.test.'],
    services: [
      { name: 'a', namespace: 'ns', type: 'ClusterIP', clusterIPs: ['10.0.0.1'], ports: [{ name: 'p', port: 1 }] },
    ],
    endpoints: [],
  },
};
const QUERY = {
  fixture: 'small',
  query: { name: 'a.ns.svc.cluster.test.', type: 'A' },
  expect: { rcode: 'NOERROR', answer: [{ name: 'a.ns.svc.cluster.test.', ttl: 5, type: 'A', data: '10.0.0.1' }] },
};
const SEARCH = {
  resolver: { searches: ['x.test'], ndots: 1, families: ['A'] },
  lookup: 'a',
  existingNames: [],
  expect: { namesTried: ['a.x.test.', 'a.'], queries: 2, resolved: false, nxdomainAnswers: 2 },
};
const RESOLV_CONF = {
  origin: { source: 'old' },
  kubelet: { clusterDNS: ['10.0.0.9'], clusterDomain: 'c.test' },
  pod: { namespace: 'ns', dnsPolicy: 'ClusterFirst' },
  expect: { nameservers: ['10.0.0.9'], searches: ['ns.svc.c.test', 'svc.c.test', 'c.test'], options: ['ndots:5'] },
};
const ENVIRONMENT = {
  services: [{ name: 'a', namespace: 'ns', clusterIP: '10.0.0.1', ports: [{ port: 1 }] }],
  pod: { namespace: 'ns' },
  expect: { presentPrefixes: ['A_'], values: { A_SERVICE_HOST: '10.0.0.1' } },
};
const MATCH = {
  rules: [{ host: '', paths: [{ path: '/', pathType: 'Prefix', backend: 'b' }] }],
  request: { host: 'x', path: '/' },
  expect: { matches: true, backend: 'b' },
};

describe.each<[string, object, (fields: Record<string, unknown>) => void]>([
  ['a query', QUERY, (fields) => runQuery({ name: 'x', fields }, FIXTURES)],
  ['a search', SEARCH, (fields) => runSearch({ name: 'x', fields })],
  ['a resolver file', RESOLV_CONF, (fields) => runResolvConf({ name: 'x', fields }, { old: { version: 'v1.20.0' } })],
  ['an environment', ENVIRONMENT, (fields) => runEnvironment({ name: 'x', fields })],
  ['a match', MATCH, (fields) => runMatch({ name: 'x', fields })],
])('%s', (_, own, run) => {
  const fields = own as Record<string, unknown>;
  const expected = fields['expect'] as Record<string, unknown>;

  test('passes when what it expects is so', () => expect(() => run(fields)).not.toThrow());

  test('fails when it has a field that nobody knows', () => {
    expect(() => run({ ...fields, wonders: 1 })).toThrow('unknown field wonders');
    expect(() => run({ ...fields, expect: { ...expected, wonders: 1 } })).toThrow('unknown field wonders');
  });

  test('fails when something else comes', () => {
    const wrong = { rcode: 'NXDOMAIN', queries: 3, nameservers: [], presentPrefixes: ['B_'], backend: 'c' };
    const changed = Object.entries(wrong).filter(([name]) => name in expected);
    expect(changed).toHaveLength(1);
    expect(() => run({ ...fields, expect: { ...expected, ...Object.fromEntries(changed) } })).toThrow();
  });
});

describe('a query', () => {
  const run = (rest: object) => runQuery({ name: 'x', fields: { ...QUERY, ...rest } }, FIXTURES);
  const answer = (data: string) => ({ ...QUERY.expect, answer: [{ ...QUERY.expect.answer[0], data }] });

  test('fails with other records, another feature, fixture or type', () => {
    expect(() => run({ expect: answer('10.0.0.2') })).toThrow();
    expect(() => run({ feature: 'wonders' })).toThrow('a feature that there is not');
    expect(() => run({ fixture: 'large' })).toThrow('no fixture large');
    expect(() => run({ query: { name: 'a.', type: 'WONDER' } })).toThrow('no such type');
    expect(() => run({ expect: { ...QUERY.expect, authoritySOA: 'cluster.test.' } })).toThrow();
  });
});

test('a file of a schema that nobody knows is refused', () => {
  expect(() => documentOf('f.yaml', 'schema: wonders/v1\ncases: []\n', ['env/v1'])).toThrow('schema wonders/v1');
});
