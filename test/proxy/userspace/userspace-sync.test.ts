/** Syncs of the userspace mode: what they cost, what they leave, and what is taken up without one. */
import { describe, expect, test } from 'vitest';
import { SyncWorkKind } from '../../../src/kernel/work.js';
import { endpointList, servicePort } from '../iptables/fixture.js';
import { proxyPorts, userspaceRun } from './userspace-fixture.js';

const CLIENT = 0x0af40307;

function services(count: number, changes: Parameters<typeof servicePort>[2] = {}) {
  return Array.from({ length: count }, (_, key) => servicePort(key, 3, changes));
}

describe('a sync', () => {
  test('runs a process for every rule, twice or more for new ones', () => {
    const ports = services(10);
    const added = servicePort(10, 3);
    const { proxier } = userspaceRun([ports, [...ports, added], [...ports.slice(1), added]]);
    const commands = (revision: number): number[] => {
      const { work, workBeforeLive } = proxier.prepare(revision, 0, false);
      proxier.commit();
      return [workBeforeLive[SyncWorkKind.process]!, work[SyncWorkKind.process]!, work[SyncWorkKind.portOpened]!];
    };
    // At its start the proxy makes five chains and jumps (15), flushes the chains (5), and ensures all of it once more (10).
    expect(commands(1)).toEqual([30 + 20 * 2, 30 + 20 * 2 + 20, 10]);
    expect(commands(1)).toEqual([10, 10 + 20, 0]);
    expect(commands(2)).toEqual([10 + 2 * 2, 10 + 4 + 22, 1]);
    expect(commands(3)).toEqual([10 + 2 * 2, 10 + 4 + 20, 1]);
  });

  test('reads and copies tables as often, so that the first one grows with the square', () => {
    const copied = (count: number): number => {
      const { work } = userspaceRun([services(count)]).proxier.prepare(1, 0, true);
      return work[SyncWorkKind.tableRule]!;
    };
    expect(copied(2000) / copied(1000)).toBeGreaterThan(3.9);
    expect(copied(2000) / copied(1000)).toBeLessThan(4.1);
  });

  test('writes nothing when only endpoints have changed', () => {
    const ports = services(5);
    const changed = ports.map((port) => (port.key === 2 ? servicePort(2, 7) : port));
    const { proxier, store } = userspaceRun([ports, changed]);
    proxier.prepare(1, 0, true);
    proxier.commit();
    const before = store.chainCount;
    expect(proxier.prepare(2, 0, false).rulesWritten).toBe(0);
    expect(store.chainCount).toBe(before);
    expect(proxier.script()[0]!.text).not.toContain('-A PREROUTING');
  });

  test('counts node ports and addresses of the node as ports that are claimed', () => {
    const ports = [servicePort(0, 1, { nodePort: 30000, externalIps: [0xc0a80001] }), servicePort(1, 1)];
    const { work } = userspaceRun([ports]).proxier.prepare(1, 0, true);
    expect(work[SyncWorkKind.portOpened]).toBe(4);
  });
});

describe('nodes', () => {
  test('use the same ports whatever they have seen, and share their rules', () => {
    const ports = services(6);
    const later = [...ports.slice(1), servicePort(6, 3), servicePort(7, 3)];
    const { nodes, proxiers, store } = userspaceRun([ports, later], { nodes: 3 });
    const texts = proxiers.map((proxier, i) => {
      proxier.prepare(i === 1 ? 2 : 1, 0, true);
      const ports = proxyPorts(proxier.script()[0]!.text);
      proxier.commit();
      return ports;
    });
    expect(texts[0]).toEqual(texts[2]);
    for (const [name, port] of texts[1]!) if (texts[0]!.has(name)) expect(texts[0]!.get(name)).toBe(port);
    expect(new Set([...texts[0]!.values(), ...texts[1]!.values()]).size).toBe(8);
    // Five chains and three fragments of built-in ones for each of two versions.
    expect(store.chainCount).toBe(16);
    expect(nodes[0]!.dial(texts[0]!.get('ns1/svc0:p80')!, CLIENT)).not.toBe('');
    expect(nodes[1]!.dial(texts[0]!.get('ns1/svc0:p80')!, CLIENT)).toBe('');
  });

  test('let old rules and ports go', () => {
    const revisions = Array.from({ length: 30 }, (_, n) => [servicePort(n, 1), servicePort(n + 1, 1)]);
    const { proxiers, store } = userspaceRun(revisions, { nodes: 2 });
    for (let revision = 1; revision <= 30; revision++) {
      for (const proxier of proxiers) {
        proxier.prepare(revision, 0, false);
        proxier.commit();
      }
    }
    expect(store.chainCount).toBe(8);
  });

  test('have turns of their own', () => {
    const { nodes, proxiers } = userspaceRun([services(1)], { nodes: 6 });
    const orders = nodes.map((node, i) => {
      proxiers[i]!.prepare(1, 0, true);
      const [port] = proxyPorts(proxiers[i]!.script()[0]!.text).values();
      proxiers[i]!.commit();
      return [1, 2, 3].map(() => node.dial(port!, CLIENT)).join();
    });
    expect(new Set(orders).size).toBeGreaterThan(1);
  });
});

describe('endpoints', () => {
  const ports = services(2);
  const moved = [{ ...ports[0]!, endpoints: endpointList([[99, 8080]]) }, ports[1]!];

  test('are taken up without a sync', () => {
    const { node, proxier } = userspaceRun([ports, moved]);
    proxier.prepare(1, 0, true);
    const [port] = proxyPorts(proxier.script()[0]!.text).values();
    proxier.commit();
    expect(node.dial(port!, CLIENT)).not.toBe('0.0.0.99:8080');
    expect(proxier.follow!(2, 0)).toMatchObject({ rulesWritten: 0, rulesTotal: 4 });
    expect(node.dial(port!, CLIENT)).toBe('0.0.0.99:8080');
  });

  test('are taken up while new service ports wait for a sync', () => {
    const { node, proxier } = userspaceRun([ports, [...moved, servicePort(2, 1)]]);
    proxier.prepare(1, 0, true);
    const [port] = proxyPorts(proxier.script()[0]!.text).values();
    proxier.commit();
    expect(proxier.follow!(2, 0)).toBeNull();
    expect(node.dial(port!, CLIENT)).toBe('0.0.0.99:8080');
    // A sync planned before does not bring the old ones back.
    proxier.prepare(1, 0, false);
    proxier.commit();
    expect(node.dial(port!, CLIENT)).toBe('0.0.0.99:8080');
  });

  test('of a service port that is gone are dialled no more', () => {
    const { node, proxier } = userspaceRun([ports, [ports[1]!]]);
    proxier.prepare(1, 0, true);
    const [port] = proxyPorts(proxier.script()[0]!.text).values();
    proxier.commit();
    node.dial(port!, CLIENT);
    proxier.follow!(2, 0);
    expect(node.dial(port!, CLIENT)).toBe('');
  });
});

test('a proxy that starts again has its ports closed until its first sync', () => {
  const { node, proxier, run } = userspaceRun([services(2)]);
  proxier.prepare(1, 0, true);
  const [port] = proxyPorts(proxier.script()[0]!.text).values();
  proxier.commit();
  const again = run.proxier(node.proxyNode);
  expect(node.dial(port!, CLIENT)).toBe('');
  const { full, rulesWritten } = again.prepare(1, 0, true);
  again.commit();
  expect([full, rulesWritten, node.dial(port!, CLIENT) !== '']).toEqual([true, 4, true]);
});
