/** kube-proxy's own configuration: what it sets in which mode, what is refused, and that a stored scenario keeps it. */
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/net/index.js';
import {
  expandedText,
  expandScenario,
  parseScenario,
  readManifests,
  readProxyConfiguration,
} from '../../src/scenario/index.js';
import { readGoDuration } from '../../src/scenario/go-duration.js';
import { expanded, plainProfile, problemsOf, scenarioText } from './made-up-scenario.js';

const HEAD = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

const FULL = `${HEAD}mode: ipvs
clusterCIDR: 10.128.0.0/10, fd00:1::/48
detectLocalMode: BridgeInterface
detectLocal: { bridgeInterface: br0 }
nodePortAddresses: [10.50.0.0/16]
iptables: { masqueradeAll: true, masqueradeBit: 0, localhostNodePorts: false, minSyncPeriod: 5s, syncPeriod: 1h0m0s }
ipvs: { scheduler: lc, strictARP: true, excludeCIDRs: [192.0.2.0/24], minSyncPeriod: 0s, syncPeriod: 20s, tcpTimeout: 30s }
nftables: { masqueradeBit: 3, minSyncPeriod: 2s }
conntrack: { maxPerCore: 1000, min: 500, tcpEstablishedTimeout: 2h, tcpBeLiberal: true, udpTimeout: 10s }
featureGates: { Any: true }
`;

/** A spec that says nothing about what is tested. */
const ANY = ['  question: any'];

const read = (text: string) => readProxyConfiguration({ file: 'p.yaml', text });

function cases(spec: readonly string[], configuration = FULL) {
  const document = parseScenario(scenarioText(...spec), 's.yaml');
  return expandScenario(document, { objects: null, profile: plainProfile, configuration: read(configuration) }).cases;
}

describe('a configuration', () => {
  test('is the default of what a scenario does not say, by mode', () => {
    const [iptables, ipvs] = cases(['  matrix: { proxy.mode: [iptables, ipvs] }', '  cluster: { cores: 2 }']);
    expect(iptables?.proxy).toMatchObject({
      mode: 'iptables',
      detectLocalMode: 'BridgeInterface',
      localInterface: 'br0',
      masqueradeAll: true,
      masqueradeBit: 0,
      localhostNodePorts: false,
      nodePortAddresses: [{ address: parseIp('10.50.0.0'), bits: 16 }],
      conntrackTcpBeLiberal: true,
      minSyncPeriodNs: 5e9,
      syncPeriodNs: 3600e9,
    });
    expect(ipvs?.proxy).toMatchObject({
      mode: 'ipvs',
      scheduler: 'lc',
      strictArp: true,
      excludeCidrs: [{ address: parseIp('192.0.2.0'), bits: 24 }],
      masqueradeAll: true,
      minSyncPeriodNs: 0,
      syncPeriodNs: 20e9,
    });
    expect(ipvs?.cluster).toMatchObject({
      podCidr: { address: parseIp('10.128.0.0'), bits: 10 },
      podCidr6: { address: parseIp('fd00:1::'), bits: 48 },
      conntrack: { max: 2000, tcpEstablishedNs: 7200e9, tcpCloseWaitNs: 3600e9, udpNs: 10e9 },
    });
  });

  test('says the mode where the scenario does not, and gives way to what it writes', () => {
    expect(cases(ANY).map(({ proxy }) => [proxy.mode, proxy.scheduler])).toEqual([['ipvs', 'lc']]);
    expect(cases(['  proxy: { scheduler: sh, masqueradeAll: false }'])[0]?.proxy).toMatchObject({
      scheduler: 'sh',
      masqueradeAll: false,
    });
  });

  test('as kubeadm writes it says nothing', () => {
    const empty = `${HEAD}mode: ""
clusterCIDR: ""
detectLocalMode: ""
detectLocal: { bridgeInterface: "", interfaceNamePrefix: "" }
nodePortAddresses: null
iptables: { localhostNodePorts: null, masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s }
ipvs: { excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s, tcpTimeout: 0s }
conntrack: { maxPerCore: null, min: null, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null }
winkernel: { enableDSR: false }
`;
    expect(cases(ANY, empty)).toEqual(expanded(scenarioText(...ANY)).cases);
    expect(read(empty).notes).toEqual([]);
  });

  test('sets timeouts of ip_vs in whole seconds; what is cut off is said', () => {
    expect(cases(ANY)[0]?.proxy.ipvsTimeouts).toEqual({ tcpSeconds: 30, tcpFinSeconds: 0, udpSeconds: 0 });
    expect(read(FULL).notes).toEqual([]);
    const fractions = `${HEAD}ipvs: { tcpTimeout: 2m0s, tcpFinTimeout: 1500ms, udpTimeout: 10ms }\n`;
    expect(cases(ANY, fractions)[0]?.proxy.ipvsTimeouts).toEqual({ tcpSeconds: 120, tcpFinSeconds: 1, udpSeconds: 0 });
    expect(read(fractions).notes).toEqual([
      'KubeProxyConfiguration: ipvs.tcpFinTimeout, ipvs.udpTimeout in whole seconds only: the rest is cut off',
    ]);
  });

  test('may stand among manifests, once', () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n';
    const source = (file: string, text: string) => ({ file, text });
    const { configuration } = readManifests([source('a', `${service}---\n${FULL}`)]);
    expect(configuration?.mode).toBe('ipvs');
    expect(problemsOf(() => readManifests([source('a', `${service}---\n${FULL}`), source('b', FULL)]))).toEqual([
      'b:1:1 KubeProxyConfiguration: expected one KubeProxyConfiguration, found a second one',
    ]);
  });

  test('is kept in a stored scenario, which runs the same cases', () => {
    const spec = ['  matrix: { proxy.mode: [iptables, ipvs] }'];
    const document = parseScenario(scenarioText(...spec), 's.yaml');
    const supplies = { objects: null, profile: plainProfile, configuration: read(FULL) };
    const scenario = expandScenario(document, supplies);
    const text = expandedText(document, supplies, { scenario, filtered: false });
    expect(expanded(text).cases).toEqual(scenario.cases);
  });
});

describe('what is refused', () => {
  test.each([
    ['mod: ipvs', 'p.yaml:3:1 KubeProxyConfiguration.mod: unknown field; did you mean "mode"?'],
    [
      'ipvs: { strictArp: true }',
      'p.yaml:3:9 KubeProxyConfiguration.ipvs.strictArp: unknown field; did you mean "strictARP"?',
    ],
    [
      'iptables: { syncPeriod: 30 }',
      'p.yaml:3:25 KubeProxyConfiguration.iptables.syncPeriod: expected a duration as Go writes it, such as 30s or 1h0m0s, found 30',
    ],
    [
      'clusterCIDR: nowhere',
      'p.yaml:3:14 KubeProxyConfiguration.clusterCIDR: expected a network, or one of each family: 10.244.0.0/16,fd00:10:244::/48, found "nowhere"',
    ],
  ])('%s', (line, message) => {
    expect(problemsOf(() => read(`${HEAD}${line}\n`))).toEqual([message]);
  });

  test('another object', () => {
    expect(problemsOf(() => read('apiVersion: v1\nkind: ConfigMap\n'))).toEqual([
      'p.yaml:1:1 expected a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), found ConfigMap',
    ]);
  });

  test('a value that no scenario could have, at its place', () => {
    expect(problemsOf(() => cases(ANY, `${HEAD}mode: ipvs\nipvs: { scheduler: fastest }\n`))[0]).toMatch(
      /^p\.yaml:4:20 spec\.proxy\.scheduler: expected a scheduler/,
    );
  });
});

test.each([
  ['30s', 30e9],
  ['1h0m0s', 3600e9],
  ['1h30m0.5s', 5400.5e9],
  ['250ms', 250e6],
  ['1.5us', 1500],
  ['0', 0],
  ['0s', 0],
  ['30', undefined],
  ['s', undefined],
  ['1 s', undefined],
  ['-1s', undefined],
  [30, undefined],
  ['9999999h', undefined],
])('the Go duration %j', (text, ns) => {
  expect(readGoDuration(text)).toBe(ns);
});
