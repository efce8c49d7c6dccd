/** Cases of the schema `endpointslice-conditions/v1`: a pod, and the endpoint that it makes, if any. */
import { expect } from 'vitest';
import { DesiredEndpoints, SERVICE_DEFAULTS, type Pod, type Service } from '../../../src/kube/index.js';
import { familyOf, parseIp } from '../../../src/net/index.js';
import { ABOUT_CASE, type NamedCase } from '../case-documents.js';
import { flagOf, knownFields, textOf, textsOf } from '../kube-proxy/fields.js';

/** Without a phase a pod has not begun. */
const PHASES = ['', 'Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];

/** Runs a case; throws when it fails. */
export function runConditions({ name, fields: own }: NamedCase): void {
  const fields = knownFields(own, [...ABOUT_CASE, 'pod', 'service', 'expect'], name);
  const service = knownFields(fields['service'] ?? {}, ['publishNotReadyAddresses'], `${name} service`);
  const expected = knownFields(fields['expect'], ['included', 'conditions'], `${name} expect`);
  const pod = podOf(fields['pod'], `${name} pod`);
  const family = pod.ip === 0 ? 4 : familyOf(pod.ip);
  const desired = new DesiredEndpoints(serviceThat(flagOf(service['publishNotReadyAddresses'], name, false)), family);
  desired.add(pod, 'test/pod');
  const endpoints = desired.result().flatMap((group) => group.endpoints);
  expect(endpoints.length === 1).toBe(flagOf(expected['included'], `${name} included`, true));
  if (expected['conditions'] === undefined) return;
  const [endpoint] = endpoints;
  const { ready, serving, terminating } = endpoint ?? {};
  expect({ ready, serving, terminating }).toEqual(expected['conditions']);
}

function serviceThat(publishNotReadyAddresses: boolean): Service {
  return {
    ...SERVICE_DEFAULTS,
    metadata: { namespace: 'test', name: 'svc', labels: {} },
    type: 'ClusterIP',
    clusterIp: 0,
    headless: true,
    selector: { app: 'svc' },
    ports: [{ name: '', protocol: 6, port: 80, targetPort: 80, nodePort: 0 }],
    publishNotReadyAddresses,
  };
}

function podOf(value: unknown, where: string): Pod {
  const fields = knownFields(value, ['phase', 'podIPs', 'readyCondition', 'deletionTimestampSet'], where);
  const phase = textOf(fields['phase'] ?? '', `${where} phase`);
  if (!PHASES.includes(phase)) throw new Error(`${where}: unknown phase ${phase}`);
  const ips = textsOf(fields['podIPs'], `${where} podIPs`).map((text) => parseIp(text) ?? 0);
  return {
    metadata: { namespace: 'test', name: 'pod', labels: {} },
    ip: ips[0] ?? 0,
    secondIp: ips[1] ?? 0,
    hostNetwork: false,
    node: 0,
    // Of a pod on a node that does not answer it is Unknown; the pod has not ended.
    phase: phase === 'Unknown' ? 'Running' : phase === '' ? 'Pending' : (phase as Pod['phase']),
    ready: flagOf(fields['readyCondition'], `${where} readyCondition`, false),
    terminating: flagOf(fields['deletionTimestampSet'], `${where} deletionTimestampSet`, false),
    ports: [],
  };
}
