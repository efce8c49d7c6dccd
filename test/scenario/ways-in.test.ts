/** What stands in front of Services: the case that a scenario becomes, and settings that do not go together. */
import { describe, expect, test } from 'vitest';
import { expanded, problemsOf, scenarioText } from './made-up-scenario.js';

const WORKLOAD = '  workload: { placement: external, frontend: load-balancer }';
const BALANCED = 'services: { type: LoadBalancer }';
const cluster = (...parts: readonly string[]): string => `  cluster: { ${[BALANCED, ...parts].join(', ')} }`;

const caseOf = (...spec: readonly string[]) => expanded(scenarioText(...spec)).cases[0]!;
const problems = (...spec: readonly string[]): string => problemsOf(() => expanded(scenarioText(...spec))).join('\n');

describe('a load balancer', () => {
  test('passes packets on to nodes when nothing is said', () => {
    const plain = { healthIntervalNs: 8e9, unhealthyThreshold: 3 };
    expect(caseOf(WORKLOAD, cluster()).cluster.loadBalancer).toEqual(plain);
  });

  test('may send to pods, end connections, and tell of clients', () => {
    const own = 'loadBalancer: { targets: pods, targetDelay: 3s, forwards: connections, proxyProtocol: v2 }';
    const workload = '  workload: { placement: external, frontend: load-balancer, server: { useProxyProtocol: true } }';
    expect(caseOf(workload, cluster(own)).cluster.loadBalancer).toMatchObject({
      podTargets: { delayNs: 3e9 },
      connections: { proxyProtocol: 2 },
    });
  });

  test('means nothing where nobody dials it', () => {
    const text = cluster('loadBalancer: { forwards: connections, proxyProtocol: v1 }');
    expect(caseOf('  workload: { placement: pods }', text).cluster.loadBalancer).toBeUndefined();
  });
});

describe('refused is', () => {
  const header = 'loadBalancer: { forwards: connections, proxyProtocol: v1 }';

  test('a header that nobody waits for', () => {
    expect(problems(WORKLOAD, cluster(header))).toContain(
      'workload.server.useProxyProtocol: expected true: the load balancer sends a PROXY protocol header',
    );
    const through = '  workload: { placement: external, frontend: ingress }';
    expect(problems(through, `  cluster: { ${header} }`)).toContain('cluster.ingress.useProxyProtocol: expected true');
  });

  test('waiting for a header that nobody sends', () => {
    const workload = '  workload: { placement: external, frontend: ingress }';
    for (const exposure of ['load-balancer', 'node-port', 'outside']) {
      expect(problems(workload, `  cluster: { ingress: { exposure: ${exposure}, useProxyProtocol: true } }`)).toContain(
        'cluster.ingress.useProxyProtocol: expected false: nobody sends',
      );
    }
    expect(problems('  workload: { server: { useProxyProtocol: true } }')).toContain('expected false');
    const both = '  workload: { placement: external, frontend: ingress, server: { useProxyProtocol: true } }';
    expect(problems(both, `  cluster: { ${header}, ingress: { useProxyProtocol: true } }`)).toContain(
      'ingress proxies send no PROXY protocol header to servers',
    );
  });

  test('a header without a connection', () => {
    expect(problems(WORKLOAD, cluster('loadBalancer: { proxyProtocol: v1 }'))).toContain(
      'cluster.loadBalancer.proxyProtocol: expected none',
    );
    // That is all there is to say, whatever those behind it wait for.
    for (const expects of ['false', 'true']) {
      const workload = WORKLOAD.replace(' }', `, server: { useProxyProtocol: ${expects} } }`);
      expect(problems(workload, cluster('loadBalancer: { proxyProtocol: v2 }'))).not.toContain('useProxyProtocol');
    }
    const udp = '  workload: { kind: udp, placement: external, frontend: load-balancer }';
    const text =
      '  cluster: { services: { type: LoadBalancer, protocol: UDP }, loadBalancer: { forwards: connections } }';
    expect(problems(udp, text)).toContain('cluster.loadBalancer.forwards: expected packets: udp has no connections');
  });

  test("a balancer before the cluster's own clients, which never come to it", () => {
    const inside = '  workload: { placement: pods, frontend: load-balancer }';
    for (const own of ['forwards: connections', 'targets: pods']) {
      expect(problems(inside, cluster(`loadBalancer: { ${own} }`))).toContain('expected workload.placement external');
    }
    expect(caseOf(inside, cluster()).cluster.loadBalancer).toBeUndefined();
  });

  test('a request that fills the packet which the header needs a part of', () => {
    const server = 'server: { useProxyProtocol: true }';
    const workload = `  workload: { placement: external, frontend: load-balancer, requestSize: 1398B, ${server} }`;
    expect(problems(workload, cluster(header))).toContain('workload.requestSize: expected at most 1291B');
    expect(caseOf(workload.replace('1398B', '1291B'), cluster(header)).workload.requestBytes).toBe(1291);
  });
});

describe('next hops', () => {
  const ecmp = '  workload: { placement: external, frontend: ecmp }';
  const leaves = '  churn: [{ kind: next-hops, at: 100ms, nodes: [0, 2] }]';

  test('change as written', () => {
    const plan = caseOf(ecmp, leaves, '  cluster: { ecmp: { hashing: resilient } }');
    expect(plan.churn).toEqual([{ kind: 'next-hops', atNs: 1e8, nodes: [0, 2] }]);
    expect(plan.cluster.ecmpHashing).toBe('resilient');
    expect(caseOf(ecmp).cluster.ecmpHashing).toBeUndefined();
  });

  test('are nodes, of routers that have several', () => {
    expect(problems(ecmp, leaves.replace('2]', '4]'))).toContain('expected numbers of nodes from 0 to 3, found 4');
    expect(problems('  workload: { placement: pods }', leaves)).toContain('with workload.frontend ecmp only');
  });
});
