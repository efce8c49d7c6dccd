/** The rules of the userspace mode: their text, their number, what they do to packets, and how many are compared. */
import { describe, expect, test } from 'vitest';
import { Hook } from '../../../src/kernel/hook.js';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { portalRuleCounts } from '../../../src/proxy/modes/userspace/portal-rules.js';
import { NODE_IP, OUTSIDE, POD, ip, servicePort } from '../iptables/fixture.js';
import { proxyPorts, userspaceRun } from './userspace-fixture.js';

const PLAIN = servicePort(0, 2);
const FULL = servicePort(1, 0, {
  nodePort: 30080,
  externalIps: [ip('192.0.2.7')],
  loadBalancerVips: [ip('203.0.113.1')],
});
const DNS = servicePort(2, 1, { protocol: 17, port: 53, portName: '', displayName: 'ns1/svc2' });

function synced(ports = [PLAIN, FULL, DNS], options: Parameters<typeof userspaceRun>[1] = {}) {
  const world = userspaceRun([ports], options);
  const report = world.proxier.prepare(1, 0, true);
  const [input] = world.proxier.script();
  world.proxier.commit();
  return { ...world, report, text: input!.text, input: input! };
}

test('the text is what kube-proxy 1.20 comes to', () => {
  const { text, input } = synced();
  const ports = [...proxyPorts(text).values()];
  let named = text;
  ports.forEach((port, i) => (named = named.replaceAll(String(port), `<${'abc'[i]!}>`)));
  expect(input.tool).toBe('iptables-restore');
  expect(named).toMatchInlineSnapshot(`
    "*filter
    :KUBE-NODEPORT-NON-LOCAL - [0:0]
    -A KUBE-NODEPORT-NON-LOCAL -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport <b> -m state --state NEW -j ACCEPT
    -A INPUT -m comment --comment "Ensure that non-local NodePort traffic can flow" -j KUBE-NODEPORT-NON-LOCAL
    COMMIT
    *nat
    :KUBE-PORTALS-CONTAINER - [0:0]
    :KUBE-PORTALS-HOST - [0:0]
    :KUBE-NODEPORT-CONTAINER - [0:0]
    :KUBE-NODEPORT-HOST - [0:0]
    -A KUBE-PORTALS-CONTAINER -m comment --comment "ns1/svc0:p80" -p tcp -m tcp --dport 80 -d 10.96.0.1/32 -j REDIRECT --to-ports <a>
    -A KUBE-PORTALS-CONTAINER -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 80 -d 10.96.0.2/32 -j REDIRECT --to-ports <b>
    -A KUBE-PORTALS-CONTAINER -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 80 -d 192.0.2.7/32 -m physdev ! --physdev-is-in -j REDIRECT --to-ports <b>
    -A KUBE-PORTALS-CONTAINER -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 80 -d 192.0.2.7/32 -m addrtype --dst-type LOCAL -j REDIRECT --to-ports <b>
    -A KUBE-PORTALS-CONTAINER -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 80 -d 203.0.113.1/32 -j REDIRECT --to-ports <b>
    -A KUBE-PORTALS-CONTAINER -m comment --comment "ns1/svc2" -p udp -m udp --dport 53 -d 10.96.0.3/32 -j REDIRECT --to-ports <c>
    -A KUBE-PORTALS-HOST -m comment --comment "ns1/svc0:p80" -p tcp -m tcp --dport 80 -d 10.96.0.1/32 -j DNAT --to-destination 192.168.0.1:<a>
    -A KUBE-PORTALS-HOST -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 80 -d 10.96.0.2/32 -j DNAT --to-destination 192.168.0.1:<b>
    -A KUBE-PORTALS-HOST -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 80 -d 192.0.2.7/32 -m addrtype --dst-type LOCAL -j DNAT --to-destination 192.168.0.1:<b>
    -A KUBE-PORTALS-HOST -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 80 -d 203.0.113.1/32 -j DNAT --to-destination 192.168.0.1:<b>
    -A KUBE-PORTALS-HOST -m comment --comment "ns1/svc2" -p udp -m udp --dport 53 -d 10.96.0.3/32 -j DNAT --to-destination 192.168.0.1:<c>
    -A KUBE-NODEPORT-CONTAINER -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 30080 -j REDIRECT --to-ports <b>
    -A KUBE-NODEPORT-HOST -m comment --comment "ns1/svc1:p80" -p tcp -m tcp --dport 30080 -j DNAT --to-destination 192.168.0.1:<b>
    -A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-CONTAINER
    -A PREROUTING -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-CONTAINER
    -A OUTPUT -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST
    -A OUTPUT -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-HOST
    COMMIT
    "
  `);
});

test('IPv6 rules are written for ip6tables', () => {
  const port = servicePort(0, 0, { clusterIp: ip('fd00:10:96::5'), nodePort: 30080 });
  const { text, input } = synced([port], { family: 6 });
  expect(input.tool).toBe('ip6tables-restore');
  expect(text).toContain('-d fd00:10:96::5/128 -j REDIRECT');
  expect(text).toMatch(/-j DNAT --to-destination \[fd00:192:168::1\]:\d+/);
});

test('rules are counted as they are written', () => {
  expect(portalRuleCounts(PLAIN)).toEqual({ nat: 2, filter: 0 });
  expect(portalRuleCounts(FULL)).toEqual({ nat: 9 - 2 + 2, filter: 1 });
  const { text, report } = synced();
  const written = text.split('\n').filter((line) => line.startsWith('-A KUBE-'));
  expect([report.rulesTotal, report.rulesWritten, report.chainsTotal]).toEqual([written.length, written.length, 5]);
});

describe('a packet', () => {
  const outcome = (from: 'pod' | 'outside' | 'node', destination: number, port: number, protocol = 6): string => {
    const { node, text } = synced();
    const names = new Map([...proxyPorts(text)].map(([name, proxyPort]) => [proxyPort, name]));
    node.context.fromPod = from === 'pod';
    node.context.reset();
    const source = from === 'pod' ? POD : from === 'outside' ? OUTSIDE : NODE_IP;
    const packet = node.packet(source, destination, port, protocol);
    node.netfilter.evaluate(Table.nat, from === 'node' ? Hook.output : Hook.prerouting, packet, node.context);
    const { dnatAddress, dnatPort, inAddress } = node.context;
    if (dnatAddress === 0) return 'left alone';
    const where = dnatAddress === inAddress ? 'device' : dnatAddress === NODE_IP ? 'node' : 'elsewhere';
    return `${where}, ${names.get(dnatPort)}`;
  };
  const vip = ip('203.0.113.1');
  const external = ip('192.0.2.7');

  test.each([
    ['pod', PLAIN.clusterIp, 80, 6, 'device, ns1/svc0:p80'],
    ['outside', PLAIN.clusterIp, 80, 6, 'device, ns1/svc0:p80'],
    ['node', PLAIN.clusterIp, 80, 6, 'node, ns1/svc0:p80'],
    ['pod', PLAIN.clusterIp, 81, 6, 'left alone'],
    ['pod', DNS.clusterIp, 53, 17, 'device, ns1/svc2'],
    ['pod', DNS.clusterIp, 53, 6, 'left alone'],
    // A service without endpoints is redirected like any other.
    ['pod', FULL.clusterIp, 80, 6, 'device, ns1/svc1:p80'],
    ['pod', vip, 80, 6, 'device, ns1/svc1:p80'],
    ['node', vip, 80, 6, 'node, ns1/svc1:p80'],
    ['outside', external, 80, 6, 'device, ns1/svc1:p80'],
    // External addresses are for those outside, and for addresses of the node itself.
    ['pod', external, 80, 6, 'left alone'],
    ['node', external, 80, 6, 'left alone'],
    ['outside', NODE_IP, 30080, 6, 'device, ns1/svc1:p80'],
    ['pod', NODE_IP, 30080, 6, 'device, ns1/svc1:p80'],
    ['node', ip('127.0.0.1'), 30080, 6, 'node, ns1/svc1:p80'],
    ['outside', ip('192.168.0.77'), 30080, 6, 'left alone'],
    ['outside', NODE_IP, 30081, 6, 'left alone'],
  ] as const)('from %s to %i:%i/%i: %s', (from, destination, port, protocol, expected) => {
    expect(outcome(from, destination, port, protocol)).toBe(expected);
  });

  test('that is the first of its connection meets the services one by one, by walk and by index', () => {
    const rules = (services: number, lookup: 'index' | 'walk'): number => {
      const ports = Array.from({ length: services }, (_, key) => servicePort(key, 50));
      const { node } = synced(ports, { lookup });
      node.work.clear();
      const packet = node.packet(POD, ports.at(-1)!.clusterIp, 80);
      node.netfilter.evaluate(Table.nat, Hook.prerouting, packet, node.context);
      return node.work.counts[WorkKind.rule]!;
    };
    const sizes = [1, 10, 100, 1000];
    expect(sizes.map((services) => rules(services, 'index'))).toEqual(sizes.map((services) => services + 1));
    expect(rules(1000, 'walk')).toBe(1001);
  });
});
