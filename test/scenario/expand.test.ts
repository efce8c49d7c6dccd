/** Expansion: names of cases, defaults, matrix, `--set`, seeds, and the expanded text that repeats a run. */
import { describe, expect, test } from 'vitest';
import { expandedText, expandScenario, ownObjects, ownProfile, parseScenario } from '../../src/scenario/index.js';
import { SECOND } from '../../src/sim/index.js';
import { expanded, plainProfile, problemsOf, scenarioText } from './made-up-scenario.js';

const ids = (text: string, sets: readonly string[] = []) => expanded(text, sets).cases.map((item) => item.id);

const MATRIX = scenarioText(
  '  matrix:',
  '    proxy: [{ mode: iptables }, { mode: ipvs, scheduler: rr }, { mode: ipvs, scheduler: lc }]',
  '    cluster.services.count: [10, 100]',
);

describe('names of cases', () => {
  test('are made of the values that the matrix sets, the first field slowest', () => {
    expect(ids(MATRIX)).toEqual([
      'mode=iptables,services=10',
      'mode=iptables,services=100',
      'mode=ipvs,scheduler=rr,services=10',
      'mode=ipvs,scheduler=rr,services=100',
      'mode=ipvs,scheduler=lc,services=10',
      'mode=ipvs,scheduler=lc,services=100',
    ]);
  });

  test('without a matrix there is one case, named by its mode', () => {
    expect(ids(scenarioText('  run: { seeds: 2 }'))).toEqual(['mode=iptables']);
  });

  test('fields with the same last word are told apart', () => {
    const text = scenarioText(
      '  matrix: { workload.concurrency: [1, 2], workload.server.concurrency: [3], cluster.nodes: [4] }',
    );
    expect(ids(text)[0]).toBe('workload.concurrency=1,server.concurrency=3,nodes=4');
  });

  test('a label names a case in place of the fields that it stands beside', () => {
    const text = scenarioText(
      '  matrix:',
      '    workload.server: [{ label: equal, factors: [1] }, { label: slow, slowEndpoints: 1 }, { factors: [2] }]',
    );
    expect(ids(text)).toEqual(['server=equal', 'server=slow', 'factors=2']);
    expect(expanded(text).cases.map((item) => item.workload.server.slowEndpoints)).toEqual([0, 1, 0]);
  });

  test('changes of one kind are told apart by the fields in which they differ', () => {
    const text = scenarioText(
      '  matrix:',
      '    churn:',
      '      - [{ kind: rolling-update, at: 500ms, service: 0, termination: 200ms }]',
      '      - [{ kind: rolling-update, at: 500ms, service: 0, termination: 2s }]',
      '    proxy: [{ mode: iptables }, { mode: ipvs }]',
    );
    expect(ids(text).slice(0, 3)).toEqual([
      'termination=200ms,mode=iptables',
      'termination=200ms,mode=ipvs',
      'termination=2s,mode=iptables',
    ]);
  });

  test('lists and changes have short names without the signs that divide a name', () => {
    const text = scenarioText(
      '  matrix:',
      '    workload.server.factors: [[1], [1, 2.5]]',
      '    churn: [[], [{ kind: scale, at: 500ms, service: 0, replicas: 3 }]]',
    );
    expect(ids(text)).toEqual([
      'factors=1,churn=none',
      'factors=1,churn=scale',
      'factors=1+2.5,churn=none',
      'factors=1+2.5,churn=scale',
    ]);
  });
});

test('a case has every default, in base units', () => {
  const [only] = expanded(scenarioText('  proxy: { mode: ipvs }')).cases;
  expect(only).toMatchObject({
    scenario: 'test',
    cluster: {
      nodes: 4,
      coresPerNode: 4,
      overlay: 'vxlan',
      podCidr: { address: 0x0af40000, bits: 16 },
      nodeSubnetBits: 24,
      link: { bandwidthBitsPerSecond: 10e9, delayNs: 10_000, queuePackets: 1000 },
      conntrack: { max: 131_072, buckets: 32_768, tcpEstablishedNs: 86_400 * SECOND, udpNs: 30 * SECOND },
      services: 100,
      endpoints: 3,
      protocol: 6,
      objects: null,
    },
    proxy: { mode: 'ipvs', scheduler: 'rr', syncPeriodNs: 30 * SECOND, burst: 2 },
    workload: { kind: 'new-connection', clientNodes: 4, ratePerSecond: 1000, requestBytes: 100, responseBytes: 1000 },
    churn: [],
    run: { durationNs: SECOND, warmupNs: 100e6, drainNs: SECOND },
  });
});

test('sizes that are left open follow the rest', () => {
  const [first, second] = expanded(
    scenarioText('  cluster: { cores: 8 }', '  matrix: { cluster.services.count: [10, 1000] }'),
  ).cases;
  expect(first?.cluster).toMatchObject({ nodes: 4, conntrack: { max: 262_144, buckets: 65_536 } });
  // 3,000 endpoints and 16 clients at 110 pods a node.
  expect(second?.cluster.nodes).toBe(28);
});

test('a mode without schedulers has none in its case', () => {
  const text = scenarioText('  proxy: { scheduler: lc }', '  matrix: { proxy.mode: [iptables, ipvs] }');
  expect(expanded(text).cases.map(({ proxy }) => proxy.scheduler)).toEqual(['', 'lc']);
});

test('a rolling update takes the fractions of a Deployment where it names none', () => {
  const text = scenarioText('  churn: [{ kind: rolling-update, at: 300ms, service: 0, maxSurge: 50% }]');
  expect(expanded(text).cases[0]?.churn).toEqual([
    {
      kind: 'rolling-update',
      atNs: 300e6,
      service: 0,
      maxSurge: 0.5,
      maxUnavailable: 0.25,
      startupNs: SECOND,
      terminationNs: SECOND,
      spread: 0.5,
    },
  ]);
});

describe('seeds', () => {
  test.each([
    ['one run has the root seed', '  run: { seed: abc }', ['abc']],
    ['more runs are named after it', '  run: { seed: 7, seeds: 3 }', ['7', '7.2', '7.3']],
    ['a list is taken as it is', '  run: { seeds: [a, 2] }', ['a', '2']],
  ])('%s', (_, line, seeds) => {
    expect(expanded(scenarioText(line)).seeds).toEqual(seeds);
  });
});

describe('--set', () => {
  test('overrides a field', () => {
    expect(expanded(MATRIX, ['run.duration=2s']).cases[0]?.run.durationNs).toBe(2 * SECOND);
  });

  test('takes the field out of the matrix', () => {
    expect(ids(MATRIX, ['cluster.services.count=7'])).toEqual([
      'mode=iptables',
      'mode=ipvs,scheduler=rr',
      'mode=ipvs,scheduler=lc',
    ]);
  });

  test('takes a field out of the mappings of the matrix, and what becomes equal becomes one', () => {
    expect(ids(MATRIX, ['proxy.scheduler=sh', 'cluster.services.count=7'])).toEqual(['mode=iptables', 'mode=ipvs']);
  });

  test('varies a field', () => {
    expect(ids(MATRIX, ['matrix.cluster.services.count=[5]', 'proxy={mode: ipvs}'])).toEqual(['services=5']);
  });

  test('replaces a mapping as a whole', () => {
    const text = scenarioText('  cluster: { services: { count: 1, endpoints: 7 } }');
    expect(expanded(text, ['cluster.services={count: 2}']).cases[0]?.cluster).toMatchObject({
      services: 2,
      endpoints: 3,
    });
  });

  test.each([
    ['foo', '--set foo expected path=value, such as run.duration=1s'],
    ['run.durtion=1s', '--set run.durtion=1s spec.run.durtion: unknown field; did you mean "duration"?'],
    [
      'run.duration=1x',
      '--set run.duration=1x spec.run.duration: expected a duration with a unit, such as 250ms, 10us or 2s, above zero, found "1x"',
    ],
  ])('%s is refused', (option, message) => {
    expect(problemsOf(() => expanded(MATRIX, [option]))).toEqual([message]);
  });
});

describe('limits', () => {
  test('are read with their units', () => {
    const text = scenarioText(
      '  gate: { limit: 2%, limits: { sync_duration_ns: 0.1 } }',
      "  thresholds: { request_latency_ns: ['p(99)<2ms'] }",
    );
    const { gate, thresholds } = expanded(text);
    expect(gate).toEqual({ limit: 0.02, limits: { sync_duration_ns: 0.1 } });
    expect(thresholds).toMatchObject([{ metric: 'request_latency_ns', statistic: 'p99', operator: '<', bound: 2e6 }]);
  });

  test('a threshold that says nothing is refused at its place', () => {
    const text = scenarioText('  thresholds:', '    request_latency_ns:', '      - p(99) 2ms');
    expect(problemsOf(() => expanded(text))[0]).toMatch(
      /^s\.yaml:7:9 spec\.thresholds\.request_latency_ns\[0\]: expected <aggregate>/,
    );
  });
});

describe('the expanded text', () => {
  const manifest = [
    '  cluster:',
    '    objects:',
    '      - { apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [{ port: 80 }] } }',
    '      - { apiVersion: v1, kind: Pod, metadata: { name: web-0, labels: { app: web } }, spec: { nodeName: n1 } }',
    '      - { apiVersion: v1, kind: Node, metadata: { name: n0 } }',
  ];

  test.each([
    ['of a matrix', MATRIX],
    ['of embedded objects', scenarioText(...manifest, '  matrix: { proxy.mode: [iptables, ipvs] }')],
    [
      'of changes',
      scenarioText('  churn: [{ kind: rolling-update, at: 300ms, service: 0 }]', '  run: { seeds: 2, seed: x }'),
    ],
  ])('%s gives the same cases and the same text again', (_, text) => {
    const document = parseScenario(text, 's.yaml');
    const supplies = { objects: ownObjects(document)?.objects ?? null, profile: plainProfile };
    const scenario = expandScenario(document, supplies);
    const written = expandedText(document, supplies, { scenario, filtered: false });

    const again = parseScenario(written, 'again.yaml');
    const profile = ownProfile(again);
    expect(profile).toEqual(plainProfile);
    const own = { objects: ownObjects(again)?.objects ?? null, profile: profile ?? plainProfile };
    const repeated = expandScenario(again, own);
    expect(repeated.cases).toEqual(scenario.cases);
    expect(repeated.seeds).toEqual(scenario.seeds);
    expect(expandedText(again, own, { scenario: repeated, filtered: false })).toBe(written);
  });

  test('of chosen cases names them', () => {
    const document = parseScenario(MATRIX, 's.yaml');
    const supplies = { objects: null, profile: plainProfile };
    const all = expandScenario(document, supplies);
    const scenario = { ...all, cases: all.cases.slice(1, 3) };
    const written = expandedText(document, supplies, { scenario, filtered: true });
    const again = parseScenario(written, 'again.yaml');
    const repeated = expandScenario(again, supplies);
    expect(repeated.cases.map(({ id }) => id)).toEqual([
      'mode=iptables,services=100',
      'mode=ipvs,scheduler=rr,services=10',
    ]);
    expect(expandedText(again, supplies, { scenario: repeated, filtered: false })).toBe(written);
  });

  test('cases that --set made equal are its fault', () => {
    const text = scenarioText('  matrix:', '    proxy: [{ mode: iptables }, { mode: ipvs, scheduler: rr }]');
    expect(problemsOf(() => expanded(text, ['run.duration=2s', 'proxy.mode=ipvs']))[0]).toMatch(
      /^--set proxy\.mode=ipvs made fields equal that the matrix varies: cases mode=ipvs and scheduler=rr are the same/,
    );
  });

  test('a case that is not there cannot be chosen', () => {
    const text = scenarioText('  only: [mode=iptable]');
    expect(problemsOf(() => expanded(text))).toEqual([
      's.yaml:5:10 spec.only[0]: expected the id of a case; did you mean "mode=iptables"?, found "mode=iptable"',
    ]);
  });
});
