/** Variants: matrix values that set fields in several parts of the scenario together. */
import { describe, expect, test } from 'vitest';
import { expanded, problemsOf, scenarioText } from './made-up-scenario.js';

const TRAFFIC = [
  '    variant.traffic:',
  '      - { label: tcp }',
  '      - { label: dns, workload: { kind: udp }, cluster: { services: { protocol: UDP } } }',
];

test('set fields of several parts; the label names the case', () => {
  const { cases } = expanded(scenarioText('  matrix:', ...TRAFFIC, '    proxy.mode: [iptables, nftables]'));
  expect(cases.map((item) => item.id)).toEqual([
    'traffic=tcp,mode=iptables',
    'traffic=tcp,mode=nftables',
    'traffic=dns,mode=iptables',
    'traffic=dns,mode=nftables',
  ]);
  expect(cases.map(({ workload, cluster }) => [workload.kind, cluster.protocol])).toEqual([
    ['new-connection', 6],
    ['new-connection', 6],
    ['udp', 17],
    ['udp', 17],
  ]);
});

test('are laid over what the scenario says, and over each other, field by field', () => {
  const text = scenarioText(
    '  workload: { rate: 7k/s }',
    '  matrix:',
    ...TRAFFIC,
    '    variant.change:',
    '      - { label: none }',
    '      - { label: fewer, workload: { clients: 3 }, churn: [{ kind: scale, at: 500ms, service: 0, replicas: 1 }] }',
  );
  const last = expanded(text).cases.at(-1);
  expect(last).toMatchObject({
    id: 'traffic=dns,change=fewer',
    workload: { kind: 'udp', clients: 3, ratePerSecond: 7000 },
  });
  expect(last?.churn).toMatchObject([{ kind: 'scale', replicas: 1, terminationNs: 1e9 }]);
});

test('may choose modes and schedulers', () => {
  const text = scenarioText(
    '  matrix:',
    '    variant.side: [{ label: old, proxy: { mode: ipvs, scheduler: lc } }, { label: new, proxy: { mode: nftables } }]',
  );
  expect(expanded(text).cases.map(({ proxy }) => proxy.scheduler)).toEqual(['lc', '']);
});

test('of one name stand beside a field of that name', () => {
  const text = scenarioText(
    '  matrix:',
    '    variant.nodes: [{ label: few, cluster: { nodes: 5 } }]',
    '    workload.clientNodes: [2]',
  );
  expect(expanded(text).cases.map(({ id }) => id)).toEqual(['nodes=few,clientNodes=2']);
});

describe('--set', () => {
  test('takes a field out of every variant', () => {
    const text = scenarioText(
      '  matrix:',
      ...TRAFFIC.slice(0, 2),
      '      - { label: large, workload: { requestSize: 1kB, clients: 2 } }',
    );
    const { cases } = expanded(text, ['workload.requestSize=50B']);
    expect(cases.map(({ workload }) => [workload.requestBytes, workload.clients])).toEqual([
      [50, 16],
      [50, 2],
    ]);
  });

  test('that makes variants equal is refused with its name', () => {
    const text = scenarioText('  matrix:', '    variant.size: [{ label: a }, { label: b, workload: { clients: 2 } }]');
    expect(problemsOf(() => expanded(text, ['workload.clients=4'])).join()).toContain(
      'cases size=a and size=b are the same',
    );
  });

  test('replaces a variant', () => {
    const text = scenarioText('  matrix:', ...TRAFFIC);
    const { cases } = expanded(text, ['matrix.variant.traffic=[{label: more, workload: {clients: 99}}]']);
    expect(cases.map(({ id, workload }) => [id, workload.clients])).toEqual([['traffic=more', 99]]);
  });
});

describe('what is wrong is said at its place', () => {
  test.each([
    [
      'no label',
      '[{ workload: { clients: 2 } }]',
      '6:17 spec.matrix.variant.a[0]: expected an entry label: it names the case',
    ],
    ['no mapping', '[3]', '6:17 spec.matrix.variant.a[0]: expected a mapping with a label, and fields below it'],
    ['no list', '{ label: x }', '6:16 spec.matrix.variant.a: expected a list with at least one value'],
    [
      'a part that there is not',
      '[{ label: x, worklaod: { clients: 2 } }]',
      '6:29 spec.matrix.variant.a[0].worklaod: expected label or one of cluster, proxy, workload, churn, run; did you mean "workload"?',
    ],
    [
      'a field of the whole run',
      '[{ label: x, run: { seeds: 2 } }]',
      '6:36 spec.matrix.variant.a[0].run.seeds: this field is the same for all cases and cannot stand in the matrix',
    ],
    [
      'an unknown field',
      '[{ label: x, workload: { cleints: 2 } }]',
      '6:41 spec.workload.cleints: unknown field; did you mean "clients"?',
    ],
  ])('%s', (_, value, message) => {
    const text = scenarioText('  matrix:', `    variant.a: ${value}`);
    expect(problemsOf(() => expanded(text))).toEqual([`s.yaml:${message}`]);
  });
});
