/** Ingress proxies behind relays and balancers answer what the client has asked for, as they do when the client's own connection reaches them. */
import { describe, expect, test } from 'vitest';
import { IngressTraffic } from '../../src/testbed/ingress/index.js';
import { World } from '../../src/testbed/world.js';
import { MS, smallCase, type Changes } from './small-case.js';

const MODES = ['iptables', 'ipvs', 'nftables', 'userspace'];

/** How often each client has dialled for each host and path, and how often proxies have taken a request for it. */
function asked(changes: Changes): { readonly dialled: Map<string, number>; readonly taken: Map<string, number> } {
  const dialled = new Map<string, number>();
  const taken = new Map<string, number>();
  const count = (counts: Map<string, number>, client: number, backend: number): void => {
    const key = `client ${client}, backend ${backend}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  const plan = smallCase({
    ...changes,
    cluster: { services: 3, ...changes.cluster },
    ingress: { exposure: 'load-balancer', ...changes.ingress },
    workload: { placement: 'external', frontend: 'ingress', clients: 3, ...changes.workload },
    run: { durationNs: 40 * MS },
  });
  const own = IngressTraffic.prototype.plan;
  IngressTraffic.prototype.plan = function (this: IngressTraffic, clients) {
    const made = own.call(this, clients);
    return {
      ...made,
      opened: (owner, client, target) => {
        made.opened?.(owner, client, target);
        count(dialled, client, IngressTraffic.prototype.backend.call(this, owner));
      },
    };
  };
  try {
    const world = new World(plan, '1');
    const { ingress } = world;
    if (ingress === undefined) throw new Error('no proxies');
    const backend = ingress.backend.bind(ingress);
    world.traffic.start();
    ingress.backend = (owner) => {
      const found = backend(owner);
      count(taken, ingress.client(owner), found);
      return found;
    };
    world.base.simulation.run(plan.run.durationNs + plan.run.drainNs);
  } finally {
    IngressTraffic.prototype.plan = own;
  }
  return { dialled, taken };
}

describe.each(MODES)('%s', (mode) => {
  test.each([
    ['the client', {}],
    ['a balancer that ends connections', { loadBalancer: { connections: { proxyProtocol: 1 } } }],
    ['one that knows pods', { loadBalancer: { podTargets: { delayNs: MS }, connections: { proxyProtocol: 0 } } }],
  ] as const)('behind %s', (_, changes) => {
    const { dialled, taken } = asked({ ...changes, proxy: { mode } });
    expect(dialled.size).toBe(9);
    expect(taken).toEqual(dialled);
  });
});
