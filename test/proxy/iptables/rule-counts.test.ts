/** Rules and chains over a grid of services and endpoints: the closed forms of kube-proxy's iptables mode. */
import { describe, expect, test } from 'vitest';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { tableSize } from '../../../src/kernel/iptables/reach.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { OPTIONS, servicePort } from './fixture.js';
import { World } from './world.js';

const GRID = [1, 2, 10, 100].flatMap((services) =>
  [1, 2, 5, 10, 60].map((endpoints) => [services, endpoints] as const),
);

function sizes(ports: readonly ServicePort[], options = OPTIONS) {
  const world = new World([ports], options);
  const node = world.node();
  const report = world.sync(node, 1);
  const nat = tableSize(node.netfilter, Table.nat);
  const filter = tableSize(node.netfilter, Table.filter);
  return { report, nat, filter };
}

describe.each(GRID)('%i services with %i endpoints each', (services, endpoints) => {
  const clusterIps = Array.from({ length: services }, (_, key) => servicePort(key, endpoints));
  const nodePorts = clusterIps.map((port) => ({ ...port, nodePort: 30000 + port.key }));

  test('ClusterIP: 3E + 2 rules and E + 1 chains a service', () => {
    const { report, nat, filter } = sizes(clusterIps);
    expect(nat).toEqual({ rules: 5 + services * (3 * endpoints + 2), chains: 4 + services * (1 + endpoints) });
    expect(filter).toEqual({ rules: 4, chains: 6 });
    expect(report.rulesTotal).toBe(nat.rules + 4);
    expect(report.chainsTotal).toBe(nat.chains + filter.chains);
    expect(report.rulesWritten).toBe(report.rulesTotal);
  });

  test('with NodePort: 3E + 5 rules and one more chain', () => {
    const { report, nat } = sizes(nodePorts);
    expect(nat).toEqual({ rules: 5 + services * (3 * endpoints + 5), chains: 4 + services * (2 + endpoints) });
    expect(report.rulesTotal).toBe(nat.rules + 4);
  });

  test('without detector there is no masquerade rule, with masqueradeAll there is one again', () => {
    const noDetector = { ...OPTIONS, detector: { kind: 'none' } as const };
    expect(sizes(clusterIps, noDetector).nat.rules).toBe(5 + services * (3 * endpoints + 1));
    expect(sizes(clusterIps, { ...noDetector, masqueradeAll: true }).nat.rules).toBe(
      5 + services * (3 * endpoints + 2),
    );
  });
});

test('10,000 services with 10 endpoints: 320,005 rules and 110,004 chains', () => {
  const { report, nat } = sizes(Array.from({ length: 10_000 }, (_, key) => servicePort(key, 10)));
  expect(nat).toEqual({ rules: 320_005, chains: 110_004 });
  expect(report.rulesTotal).toBe(320_009);
});

test('a service without endpoints has a REJECT in filter and nothing in nat; with a node port, two', () => {
  const { report, nat, filter } = sizes([servicePort(0, 0), servicePort(1, 0, { nodePort: 30001 }), servicePort(2, 1)]);
  expect(nat.rules).toBe(5 + 5);
  expect(filter.rules).toBe(4 + 3);
  expect(report.rulesTotal).toBe(17);
});

test('no service at all: the fixed rules', () => {
  const { report, filter } = sizes([]);
  expect(report.rulesTotal).toBe(5 + 4);
  expect(filter.rules).toBe(4);
});
