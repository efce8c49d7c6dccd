/** What a user is told about a scenario that cannot be used: place, field, what was expected, what was found. */
import { describe, expect, test } from 'vitest';
import { parseScenario, PROXY_MODES } from '../../src/scenario/index.js';
import { expanded, problemsOf, scenarioText } from './made-up-scenario.js';

const MODES = PROXY_MODES.map(({ name }) => name).join(', ');

describe('one problem', () => {
  test.each<[string, readonly string[], string]>([
    [
      'an unknown field',
      ['  cluster: { nods: 3 }'],
      's.yaml:5:14 spec.cluster.nods: unknown field; did you mean "nodes"?',
    ],
    [
      'a wrong type',
      ['  cluster:', '    cores: many'],
      's.yaml:6:12 spec.cluster.cores: expected a whole number from 1 to 1024, found "many"',
    ],
    [
      'a negative count',
      ['  cluster: { services: { count: -5 } }'],
      's.yaml:5:33 spec.cluster.services.count: expected a whole number of at least 1, found -5',
    ],
    [
      'a number without unit',
      ['  run: { duration: 5 }'],
      's.yaml:5:20 spec.run.duration: expected a duration with a unit, such as 250ms, 10us or 2s, above zero, found 5',
    ],
    [
      'an unknown mode',
      ['  proxy: { mode: iptable }'],
      `s.yaml:5:18 spec.proxy.mode: expected a proxy mode (${MODES}), found "iptable"; did you mean "iptables"?`,
    ],
    [
      'an unknown scheduler',
      ['  proxy: { scheduler: fifo }'],
      's.yaml:5:23 spec.proxy.scheduler: expected a scheduler (rr, lc, dh, sh, sed, nq, wrr, wlc, mh, lblc, lblcr, fo, ovf, twos), found "fifo"',
    ],
    [
      'an unknown workload',
      ['  workload: { kind: keepalife }'],
      's.yaml:5:21 spec.workload.kind: expected a workload (new-connection, keepalive, udp, dns), found "keepalife"; did you mean "keepalive"?',
    ],
    ['a value in place of a mapping', ['  workload: 3'], 's.yaml:5:13 spec.workload: expected a mapping, found 3'],
    [
      'an unknown kind of change',
      ['  churn:', '    - { kind: scalee, at: 1s }'],
      's.yaml:6:15 spec.churn[0].kind: expected one of scale, rolling-update, sudden-scale, sudden-replace, pod-failure, proxy-restart, endpoints-edit, node-join, next-hops, found "scalee"; did you mean "scale"?',
    ],
    [
      'a missing field',
      ['  churn:', '    - { kind: scale, service: 0, replicas: 1 }'],
      's.yaml:6:7 spec.churn[0].at: expected a duration with a unit, such as 250ms, 10us or 2s, found nothing',
    ],
    [
      'equal seeds',
      ['  run: { seeds: [1, "1"] }'],
      's.yaml:5:17 spec.run.seeds: expected a number of runs from 1 to 100000, or a list of different seeds, found a list',
    ],
    [
      'an unknown metric',
      ['  gate: { limits: { sync_duration: 5% } }'],
      's.yaml:5:36 spec.gate.limits.sync_duration: no metric is called "sync_duration"; did you mean "sync_duration_ns"?',
    ],
    [
      'a matrix of no list',
      ['  matrix: { cluster.nodes: 3 }'],
      's.yaml:5:28 spec.matrix.cluster.nodes: expected a list with at least one value',
    ],
    [
      'a matrix over the seeds',
      ['  matrix: { run.seeds: [1, 2] }'],
      's.yaml:5:13 spec.matrix.run.seeds: this field is the same for all cases and cannot stand in the matrix',
    ],
    [
      'a matrix over nothing',
      ['  matrix: { clutser.nodes: [3] }'],
      's.yaml:5:13 spec.matrix.clutser.nodes: expected a field below cluster, proxy, workload, churn, run, or variant.<name>; did you mean "cluster"?',
    ],
    [
      'equal cases',
      ['  matrix: { proxy: [{ mode: iptables }, { mode: iptables, scheduler: rr }] }'],
      's.yaml:5:11 spec.matrix: cases mode=iptables and mode=iptables,scheduler=rr are the same (a scheduler means nothing in modes other than ipvs)',
    ],
    [
      'too many nodes for the pod network',
      ['  cluster: { nodes: 5, podCidr: 10.244.0.0/22 }'],
      's.yaml:5:33 spec.cluster.podCidr: too small: 10.244.0.0/22 holds 4 node subnets of /24, the cluster has 5 nodes; take a shorter prefix',
    ],
    [
      'too many pods for a node',
      ['  cluster: { nodes: 4, services: { count: 1000 } }'],
      's.yaml:5:12 spec.cluster.nodeSubnet: too small: a /24 holds 253 pods, a node gets 754; take more nodes (nodes: auto) or a larger subnet',
    ],
    [
      'too many Services for their network',
      ['  cluster: { serviceCidr: 10.96.0.0/28 }'],
      's.yaml:5:27 spec.cluster.serviceCidr: too small: 10.96.0.0/28 holds 14 Services, the cluster has 100',
    ],
    [
      'networks that overlap',
      ['  cluster: { podCidr: 10.50.0.0/16 }'],
      's.yaml:5:12 spec.cluster.nodeCidr: 10.50.0.0/16 overlaps podCidr (10.50.0.0/16)',
    ],
    [
      'an answer larger than a packet',
      ['  workload: { responseSize: 1399B }'],
      's.yaml:5:29 spec.workload.responseSize: expected at most 1398B: a message is one packet, and that is what a TCP segment holds with vxlan; found 1399B',
    ],
    [
      'a change of a Service that is not there',
      ['  churn: [{ kind: scale, at: 0s, service: 100, replicas: 1 }]'],
      's.yaml:5:43 spec.churn[0].service: expected the number of a Service, 0 to 99, found 100',
    ],
    [
      'a cluster IP among the pods',
      [
        '  cluster:',
        '    podCidr: 10.0.0.0/12',
        '    objects:',
        '      - { apiVersion: v1, kind: Service, metadata: { name: a }, spec: { clusterIP: 10.1.0.1, ports: [{ port: 1 }] } }',
      ],
      's.yaml:6:14 spec.cluster.podCidr: 10.0.0.0/12 holds the cluster IP of Service default/a (10.1.0.1); take another network',
    ],
    [
      'a change after the end of the run',
      ['  churn: [{ kind: scale, at: 1s, service: 0, replicas: 1 }]', '  run: { duration: 1s }'],
      's.yaml:5:30 spec.churn[0].at: expected a time before the end of the run (run.duration)',
    ],
    [
      'a workload of another protocol',
      ['  workload: { kind: udp }'],
      's.yaml:5:21 spec.workload.kind: udp needs Services of protocol UDP; cluster.services.protocol is TCP',
    ],
    [
      'only Services without a cluster address',
      [
        '  cluster:',
        '    objects:',
        '      - { apiVersion: v1, kind: Service, metadata: { name: a }, spec: { clusterIP: None, ports: [{ port: 1 }] } }',
        '      - { apiVersion: v1, kind: Service, metadata: { name: b }, spec: { type: ExternalName } }',
        '      - { apiVersion: v1, kind: Service, metadata: { name: c }, spec: { ports: [{ port: 1, protocol: SCTP }] } }',
      ],
      's.yaml:5:3 spec.workload.kind: new-connection needs a Service with a TCP port and a cluster address; the manifests have 1 headless, 1 ExternalName, 1 SCTP',
    ],
    [
      'more requests than can be simulated',
      ['  workload: { rate: 1G/s }'],
      's.yaml:5:21 spec.workload.rate: too high for run.duration: 1000000000 requests a run, and 100000000 are the most',
    ],
    [
      'more endpoints than can be simulated',
      ['  cluster: { services: { count: 10000, endpoints: 101 } }'],
      's.yaml:5:24 spec.cluster.services: expected at most 1000000 endpoints in all, found 1010000',
    ],
    [
      'a duration that is too long',
      ['  run: { duration: 9999999h }'],
      's.yaml:5:20 spec.run.duration: expected a duration of at most 104 days (2501 h), above zero, found "9999999h"',
    ],
    [
      'a mode that is not simulated',
      ['  proxy: { mode: kernelspace }'],
      `s.yaml:5:18 spec.proxy.mode: expected a proxy mode (${MODES}); kernelspace is not simulated yet, found "kernelspace"`,
    ],
    [
      'clients that cannot get in',
      ['  workload: { placement: external }'],
      's.yaml:5:13 spec.workload.frontend: expected node-port, load-balancer, external-ip, ecmp or ingress: cluster addresses are not routed outside of the cluster',
    ],
  ])('%s', (_, spec, message) => {
    expect(problemsOf(() => expanded(scenarioText(...spec)))).toEqual([message]);
  });
});

test('all problems come at once, in the order of the text, each of them once', () => {
  const text = scenarioText(
    '  matrix: { proxy.mode: [iptables, ipvs, ipsv] }',
    '  run: { duration: fast, warmup: slow }',
    '  proxi: {}',
  );
  expect(problemsOf(() => expanded(text)).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    's.yaml:5:42 spec.proxy.mode:',
    's.yaml:6:20 spec.run.duration:',
    's.yaml:6:34 spec.run.warmup:',
    's.yaml:7:3 spec.proxi:',
  ]);
});

test('a warm-up that is the whole run is refused with both, and a remedy', () => {
  expect(problemsOf(() => expanded(scenarioText('  run: { duration: 200ms, warmup: 1s }')))).toEqual([
    's.yaml:5:35 spec.run.warmup: expected less than run.duration, of which it is the beginning; found 1s of 200ms (--set run.warmup=20ms)',
  ]);
});

describe('a file that is no scenario', () => {
  test.each([
    ['nothing', '', 's.yaml:1:1 the file is empty'],
    ['comments', '# nothing\n', 's.yaml:1:1 the file is empty'],
    ['two documents', 'a: 1\n---\nb: 1\n', 's.yaml:2:1 expected one YAML document, found a second one'],
    [
      'another kind',
      'apiVersion: kpb/v1alpha1\nkind: Service\nmetadata: { name: a }\nspec: {}\n',
      's.yaml:2:7 kind: expected Scenario, found "Service"',
    ],
    [
      'a list as spec',
      'apiVersion: kpb/v1alpha1\nkind: Scenario\nmetadata: { name: a }\nspec: []\n',
      's.yaml:4:7 spec: expected a mapping',
    ],
    [
      'a name with capitals',
      'apiVersion: kpb/v1alpha1\nkind: Scenario\nmetadata: { name: A b }\nspec: {}\n',
      's.yaml:3:19 metadata.name: expected a name of lower-case letters, digits and dashes, found "A b"',
    ],
  ])('%s', (_, text, message) => {
    expect(problemsOf(() => parseScenario(text, 's.yaml'))).toEqual([message]);
  });

  test('broken YAML is reported where it breaks', () => {
    const [line] = problemsOf(() => parseScenario('kind: Scenario\nspec: { a: [1\n', 's.yaml'));
    expect(line).toMatch(/^s\.yaml:3:1 not valid YAML: flow sequence/);
  });

  test('a file whose aliases stand for a great many values is refused', () => {
    const bomb = Array.from({ length: 8 }, (_, i) => `  a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}*a${i}]`);
    const text = scenarioText('  a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]', ...bomb);
    expect(problemsOf(() => parseScenario(text, 's.yaml'))[0]).toContain('aliases stand for more than 10000 values');
  });
});
