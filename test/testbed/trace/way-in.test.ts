/** How machines outside come in: by a node, by routers that spread flows, by a load balancer. */
import { describe, expect, test } from 'vitest';
import { ingressChanges, ingressTrace } from './shop-ingress.js';
import { traceIn } from './shop.js';

describe('the way in', () => {
  const vip = (trace: { readonly to: { readonly address: string } }): string => trace.to.address;
  const external = '198.51.100.7';

  test('routers spread flows over all nodes, the same flow always to the same', () => {
    const nodes = Array.from({ length: 12 }, (_, i) => {
      const from = `198.51.100.${i + 1}`;
      const [once, again] = [1, 2].map(() => traceIn({ from, via: 'ecmp', to: 'shop/cart:http' }));
      expect(once?.entry).toEqual(again?.entry);
      expect(once?.entry).toMatchObject({ by: 'ecmp', nodes: ['here', 'there'] });
      expect(once?.packets[0]?.passages[0]?.node).toBe(once?.entry?.node);
      return once?.entry?.node;
    });
    expect(new Set(nodes)).toEqual(new Set(['here', 'there']));
  });

  test('a balancer stands before its own addresses alone', () => {
    const changes = ingressChanges({ ingress: { externalTrafficPolicy: 'Local', replicas: 1 } });
    const address = vip(ingressTrace({ to: 'http://shop.example/', changes: {} }));
    const trace = traceIn({ from: external, via: 'load-balancer', to: address, changes });
    expect(trace.entry).toMatchObject({ by: 'load-balancer', nodes: [trace.outcome.server?.node] });
    expect(() => traceIn({ from: external, via: 'load-balancer', to: 'shop/cart:http', changes })).toThrow(
      "--via load-balancer: no Service has 172.16.0.10 as load balancer's address",
    );
    expect(() => traceIn({ from: external, via: 'ecmp', to: 'node:here:30080' })).toThrow(
      "--via ecmp: 192.168.0.1 is a node's own address, to which no other node leads",
    );
  });

  test('a balancer that does more than choose a node is refused, unless a node is named', () => {
    const loadBalancer = { healthIntervalNs: 8e9, unhealthyThreshold: 3 };
    const trace = (more: object, via?: string, from: string | null = null) =>
      ingressTrace({
        ...{ to: 'http://shop.example/', from },
        changes: { cluster: { loadBalancer: { ...loadBalancer, ...more } } },
        ...(via !== undefined && { via }),
      });
    expect(() => trace({ connections: { proxyProtocol: 0 } })).toThrow('--set cluster.loadBalancer.forwards=packets');
    expect(() => trace({ podTargets: { delayNs: 0 } })).toThrow('--set cluster.loadBalancer.targets=nodes');
    expect(() => trace({ connections: { proxyProtocol: 0 }, podTargets: { delayNs: 0 } })).toThrow(
      '--set cluster.loadBalancer.forwards=packets and --set cluster.loadBalancer.targets=nodes, or',
    );
    expect(trace({ connections: { proxyProtocol: 0 } }, 'here').outcome.kind).toBe('answered');
    // Who is inside does not get to it.
    expect(trace({ podTargets: { delayNs: 0 } }, undefined, 'shop/client').outcome.kind).toBe('answered');
  });

  test('a node is named to dial it, or to come in by it', () => {
    const exposure = 'node-port' as const;
    expect(
      ingressTrace({ to: 'http://shop.example/', via: 'there', changes: { ingress: { exposure } } }),
    ).toMatchObject({
      to: { address: expect.stringMatching(/^192\.168\.0\.2:3\d{4}$/) as string },
    });
    expect(ingressTrace({ to: 'http://shop.example/', via: 'there' }).entry).toEqual({
      ...{ by: 'node', nodes: ['there'], node: 'there' },
    });
  });
});
