/** Rules compared by first packets where Services use more than a cluster address: closed forms, by walk and by index. */
import { describe, expect, test } from 'vitest';
import { Verdict } from '../../../src/kernel/hook.js';
import { WorkKind } from '../../../src/kernel/work.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { endpointList, ip, NODE_IP, OPTIONS, OUTSIDE, POD, servicePort, type TestNode } from './fixture.js';
import { drawFor, pass, World } from './world.js';

const SERVICES = 40;
const ENDPOINTS = 6;
const FORWARD = 7;
const LOCALHOST = ip('127.0.0.1');
const VIP = ip('198.51.100.1');

/** Rules before the tail of KUBE-SERVICES, the jump to it, and the tail itself. */
const toNodePorts = (services: number): number => 1 + services + 1;

describe.each(['walk', 'index'] as const)('%s', (lookup) => {
  function nodeFor(changes: Partial<ServicePort>, options: Partial<typeof OPTIONS> = {}, nodePorts = true): TestNode {
    const ports = Array.from({ length: SERVICES }, (_, key) =>
      servicePort(key, ENDPOINTS, { nodePort: nodePorts ? 30000 + key : 0, ...changes }),
    );
    const world = new World([ports], { ...OPTIONS, ...options });
    const node = world.node(lookup);
    world.sync(node, 1);
    return node;
  }
  const clusterIp = (p: number): number => servicePort(p - 1, 0).clusterIp;
  const GRID = [1, 20, SERVICES].flatMap((p) => [1, 3, ENDPOINTS].map((j) => [p, j] as const));

  describe.each(GRID)('service %i, endpoint %i', (p, j) => {
    const draw = drawFor(j - 1, ENDPOINTS);

    test('session affinity: E lists are asked in vain, then p + E + j + 4; the next time only those up to the endpoint', () => {
      const node = nodeFor({ affinitySeconds: 60 });
      const first = pass(node, POD, clusterIp(p), 80, draw);
      expect(first).toMatchObject({ prerouting: p + ENDPOINTS + j + 4, forward: FORWARD, postrouting: 2 });
      expect(first.work[WorkKind.matchRecent]).toBe(ENDPOINTS + 1);
      const again = pass(node, POD, clusterIp(p), 80, drawFor(0, ENDPOINTS));
      expect(again).toMatchObject({ prerouting: p + j + 4, dnat: first.dnat });
      expect(pass(node, POD + 1, clusterIp(p), 80, draw).prerouting).toBe(first.prerouting);
    });

    test('node port with counters: two rules each; localhost takes the first', () => {
      const node = nodeFor({}, { nfacctCounters: true });
      const rest = 3 + 1 + j + 2;
      const outside = pass(node, OUTSIDE, NODE_IP, 29999 + p, draw);
      expect(outside).toMatchObject({ prerouting: toNodePorts(SERVICES) + 2 * p + rest, forward: 4, postrouting: 4 });
      const local = pass(node, LOCALHOST, LOCALHOST, 29999 + p, draw);
      expect(local).toMatchObject({ prerouting: toNodePorts(SERVICES) + 2 * p - 1 + rest, masquerade: 2 });
    });

    test('external Local: four rules of KUBE-EXT, no masquerade; pods take the first, the node the third', () => {
      const node = nodeFor({ externalLocal: true });
      const outside = pass(node, OUTSIDE, NODE_IP, 29999 + p, draw);
      expect(outside).toMatchObject({ prerouting: toNodePorts(SERVICES) + p + 4 + j + 2, masquerade: 0 });
      expect(outside).toMatchObject({ forward: FORWARD, postrouting: 2 });
      const pod = pass(node, POD, NODE_IP, 29999 + p, draw);
      expect(pod).toMatchObject({ prerouting: toNodePorts(SERVICES) + p + 1 + 1 + j + 2, masquerade: 0 });
      const own = pass(node, NODE_IP, NODE_IP, 29999 + p, draw);
      expect(own).toMatchObject({ prerouting: toNodePorts(SERVICES) + p + 3 + 1 + 1 + j + 2, masquerade: 2 });
    });
  });

  test('load balancer with source ranges: range by range, then KUBE-EXT; the others fall through and are dropped', () => {
    const sourceRanges = ['203.0.113.128', '203.0.113.0'].map((text) => ({ address: ip(text), bits: 25 }));
    const node = nodeFor({ loadBalancerVips: [VIP], sourceRanges, port: 80 }, {}, false);
    // All service ports share the address here, so the first one takes the packet.
    const inside = pass(node, OUTSIDE, VIP, 80, drawFor(1, ENDPOINTS));
    expect(inside).toMatchObject({ prerouting: 1 + 2 + 2 + 3 + 1 + 2 + 2, masquerade: 2, verdict: Verdict.accept });
    const outside = pass(node, ip('192.0.2.1'), VIP, 80);
    // KUBE-FW of every service port in vain: two ranges and the rule that does nothing.
    expect(outside).toMatchObject({ prerouting: 1 + SERVICES * (2 + 3) + 1, verdict: Verdict.drop, dnat: '0:0' });
    expect(outside.forward).toBe(1 + 1);
  });

  test('nothing local for a policy Local: DROP behind what comes before it', () => {
    const endpoints = endpointList([[ip('10.244.9.9'), 80, 5]]);
    const node = nodeFor({ externalLocal: true, endpoints });
    const passage = pass(node, OUTSIDE, NODE_IP, 30004);
    expect(passage).toMatchObject({ verdict: Verdict.drop, prerouting: toNodePorts(SERVICES) + 5 + 3 + 35 });
    expect(passage.forward).toBe(FORWARD + 5);
    expect(pass(node, POD, NODE_IP, 30004)).toMatchObject({ verdict: Verdict.accept, masquerade: 0 });
  });

  test('hairpin through a node port: masqueraded already, marked once more', () => {
    const node = nodeFor({});
    const client = servicePort(0, ENDPOINTS).endpoints.address[0]!;
    const passage = pass(node, client, NODE_IP, 30000, drawFor(0, ENDPOINTS));
    expect(passage).toMatchObject({ prerouting: toNodePorts(SERVICES) + 1 + 3 + 1 + 1 + 3, masquerade: 2 });
  });
});
