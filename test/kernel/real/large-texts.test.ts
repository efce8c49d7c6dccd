/** A thousand Services: the tools take the texts, and list as many things as the closed forms say. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SERVICE_DEFAULTS } from '../../../src/kube/api.js';
import { parseIp, parseIpPrefix, Protocol } from '../../../src/net/index.js';
import { NodeLab } from '../../../src/testbed/index.js';
import { BACK_ENDS, nftTable, ruleCounts, savedTables, toolName } from './in-place.js';
import { Namespace } from './namespace.js';
import { whyNot } from './possible.js';
import { load, printedTexts } from './program.js';

const SERVICES = 1000;
const ENDPOINTS = 3;

/** A node with ClusterIP Services of one port each. */
function labOf(mode: string): NodeLab {
  const address = (text: string): number => parseIp(text)!;
  const numbers = Array.from({ length: SERVICES }, (_, i) => i);
  const services = numbers.map((i) => ({
    ...SERVICE_DEFAULTS,
    metadata: { namespace: 'ns', name: `svc${i}`, labels: {} },
    type: 'ClusterIP' as const,
    headless: false,
    selector: null,
    clusterIp: address('10.96.0.1') + i,
    clusterIps: [address('10.96.0.1') + i],
    ports: [{ name: 'http', protocol: Protocol.tcp, port: 80, targetPort: 8080, nodePort: 0 }],
  }));
  const slices = numbers.map((i) => ({
    metadata: { namespace: 'ns', name: `svc${i}-1`, labels: {} },
    family: 4 as const,
    service: `svc${i}`,
    ports: [{ name: 'http', protocol: Protocol.tcp, port: 8080 }],
    endpoints: Array.from({ length: ENDPOINTS }, (_, j) => ({
      address: address('10.244.0.0') + i * 4 + j,
      node: 1,
      target: '',
      ready: true,
      serving: true,
      terminating: false,
      hints: null,
    })),
  }));
  const ip = address('192.168.0.2');
  const lab = new NodeLab({
    mode,
    family: 4,
    node: { name: 'node-0', zone: '', ip, localIps: [address('127.0.0.1'), ip] },
    options: { detector: { kind: 'source', prefix: parseIpPrefix('10.244.0.0/16')! } },
    objects: { services, slices },
  });
  lab.sync();
  return lab;
}

describe.skipIf(whyNot() !== '')(`${SERVICES} Services`, () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = new Namespace();
  });
  afterAll(() => namespace.remove());

  test.each(BACK_ENDS)('iptables mode, iptables-%s', (backEnd) => {
    const [text] = printedTexts(labOf('iptables'), 4);
    namespace.exec(toolName(4, backEnd, 'restore'), [], text!.text);
    const counts = Object.values(ruleCounts(savedTables(namespace, 4, backEnd)['nat']!));
    expect(counts.reduce((sum, count) => sum + count)).toBe(5 + SERVICES * (3 * ENDPOINTS + 2));
    expect(counts).toHaveLength(4 + SERVICES * (1 + ENDPOINTS));
  });

  test('nftables mode', () => {
    const [text] = printedTexts(labOf('nftables'), 4);
    load(namespace, text!);
    const { chains, sets } = nftTable(namespace, 4);
    const own = Object.keys(chains).filter((name) => /^(service|endpoint)-/.test(name) && name.includes('svc'));
    expect(own).toHaveLength(SERVICES * (1 + ENDPOINTS));
    expect(own.flatMap((name) => chains[name])).toHaveLength(SERVICES * (2 + 2 * ENDPOINTS));
    expect([sets['service-ips'], sets['cluster-ips']].map((list) => list?.length)).toEqual([SERVICES, SERVICES]);
  });
});
