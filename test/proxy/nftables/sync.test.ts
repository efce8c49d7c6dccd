/** What syncs write: operations of transactions, chains of no use and their deletion, restarts, affinity sets. */
import { describe, expect, test } from 'vitest';
import { SyncWorkKind } from '../../../src/kernel/work.js';
import type { Service } from '../../../src/kube/index.js';
import { endpoint, type Writer } from '../ledger-world.js';
import { pass } from './passage.js';
import { ip, NftWorld, OPTIONS, OPTIONS_V6, prefix, type NftNode, type NftSync } from './nft-world.js';

const SECOND = 1e9;
const PODS = ip('10.244.0.0');
const SERVICES = ip('10.96.0.0');

/** Set-up: table, base chains made, deleted, made and flushed, fixed chains, rules, sets and maps. */
const SETUP = 81;

function twoServices(write: Writer): void {
  for (const i of [1, 2]) {
    write.service(`s${i}`, { clusterIp: SERVICES + i });
    write.slice(`s${i}`, 's-' + String(i), [endpoint(PODS + i)]);
  }
}

/** A node that syncs once a second and more. */
class Syncing {
  readonly world: NftWorld;
  readonly node: NftNode;
  seconds = 0;

  constructor(prepare: (write: Writer) => void, options = OPTIONS, family: 4 | 6 = 4) {
    this.world = new NftWorld(prepare, options, family);
    this.node = this.world.node();
  }

  sync(afterSeconds = 2, full = false): NftSync {
    this.seconds += afterSeconds;
    return this.world.sync(this.node, this.seconds * SECOND, full);
  }

  /** Operations of a sync's transaction, which has a line for each, and those of the one before it. */
  operations(afterSeconds = 2, full = false): { own: number; deleted: number } {
    const { report, scripts } = this.sync(afterSeconds, full);
    const lines = scripts.map((script) => script.split('\n').length - 1);
    expect(lines.at(-1)).toBe(report.operations);
    const deleted = report.work[SyncWorkKind.nftOperation]! - report.operations;
    expect(lines.slice(0, -1)).toEqual(deleted === 0 ? [] : [deleted]);
    return { own: report.operations, deleted };
  }
}

describe('operations', () => {
  test('of the first sync, of one service, of none', () => {
    // Two elements a service, and two chains with add, flush and two rules each.
    expect(new Syncing(twoServices).operations().own).toBe(SETUP + 2 * (2 + 8));
    expect(new Syncing(() => undefined).operations().own).toBe(SETUP);
    expect(new Syncing(() => undefined, { ...OPTIONS, serviceCidrs: [] }).operations().own).toBe(SETUP - 1);
    const all = { ...OPTIONS, nodePortAddresses: [prefix('0.0.0.0/0')] };
    // The set of node-port addresses is deleted, and has no element.
    expect(new Syncing(() => undefined, all).operations().own).toBe(SETUP - 1);
  });

  test('of changes, one after the other', () => {
    const node = new Syncing(twoServices);
    const { write } = node.world;
    node.sync();
    expect(node.operations()).toEqual({ own: 0, deleted: 0 });
    write.service('s3', { clusterIp: SERVICES + 3 });
    expect(node.operations()).toEqual({ own: 2, deleted: 0 });
    write.slice('s3', 's-3', [endpoint(PODS + 3)]);
    // From the one map to the other, and two chains.
    expect(node.operations()).toEqual({ own: 2 + 8, deleted: 0 });
    write.slice('s3', 's-3', [endpoint(PODS + 3), endpoint(PODS + 4)]);
    expect(node.operations()).toEqual({ own: 12, deleted: 0 });
    write.slice('s3', 's-3', [endpoint(PODS + 4)]);
    expect(node.operations()).toEqual({ own: 8 + 1, deleted: 0 });
    write.remove('service', 's2');
    // The chain that was flushed before is deleted, and two more are flushed.
    expect(node.operations()).toEqual({ own: 2 + 2, deleted: 1 });
    expect(node.operations()).toEqual({ own: 0, deleted: 2 });
    expect(node.operations()).toEqual({ own: 0, deleted: 0 });
  });

  test('chains of no use are flushed again by a sync that finds them too young, and come back', () => {
    const node = new Syncing(twoServices);
    const { write } = node.world;
    node.sync();
    write.slice('s1', 's-1', []);
    expect(node.operations()).toEqual({ own: 2 + 2, deleted: 0 });
    expect(node.operations(0.5)).toEqual({ own: 2, deleted: 0 });
    write.slice('s1', 's-1', [endpoint(PODS + 1)]);
    expect(node.operations(0.5)).toEqual({ own: 2 + 8, deleted: 0 });
    expect(node.operations()).toEqual({ own: 0, deleted: 0 });
    // Old enough: deleted before they are made again.
    write.slice('s1', 's-1', []);
    node.sync();
    write.slice('s1', 's-1', [endpoint(PODS + 1)]);
    expect(node.operations()).toEqual({ own: 2 + 8, deleted: 2 });
  });

  test('a Service that is made again has the same names: what is the same is not written twice', () => {
    const node = new Syncing(twoServices);
    node.sync();
    node.world.write.remove('service', 's1');
    node.world.write.service('s1', { clusterIp: SERVICES + 1 });
    expect(node.operations()).toEqual({ own: 8, deleted: 0 });
  });

  test('of a full sync: the set-up without making base chains anew, and all chains, but no elements', () => {
    const node = new Syncing(twoServices);
    node.sync();
    expect(node.operations(2, true)).toEqual({ own: SETUP - 16 + 2 * 8, deleted: 0 });
  });

  test('ports that share a cluster address have one element for it', () => {
    const ports = ['a', 'b'].map((name, i) => ({ name, protocol: 6, port: 80 + i, targetPort: 8080, nodePort: 0 }));
    const node = new Syncing((write) => write.service('s', { clusterIp: SERVICES + 1, ports: ports.slice(0, 1) }));
    node.sync();
    node.world.write.service('s', { clusterIp: SERVICES + 1, ports });
    expect(node.operations().own).toBe(1);
    node.world.write.service('s', { clusterIp: SERVICES + 1, ports: ports.slice(1) });
    expect(node.operations().own).toBe(1);
  });
});

describe('a proxy that starts again', () => {
  test('finds elements and endpoints in place, and writes the rest', () => {
    const node = new Syncing(twoServices);
    node.sync();
    node.world.write.slice('s1', 's-1', [endpoint(PODS + 1), endpoint(PODS + 5)]);
    node.world.write.service('s3', { clusterIp: SERVICES + 3 });
    node.world.restart(node.node);
    // A cluster address and its refusal, two services' chains, and the chain of the new endpoint.
    expect(node.operations()).toEqual({ own: SETUP + 2 + 2 * 4 + 4, deleted: 0 });
    expect(node.operations()).toEqual({ own: 0, deleted: 0 });
  });

  test('finds chains of no use, but not since when', () => {
    const node = new Syncing(twoServices);
    node.sync();
    node.world.write.slice('s1', 's-1', []);
    node.sync();
    node.world.restart(node.node);
    expect(node.operations(5)).toEqual({ own: SETUP + 4 + 2, deleted: 0 });
    expect(node.operations()).toEqual({ own: 0, deleted: 2 });
  });
});

describe('session affinity', () => {
  const affine = (affinitySeconds: number): Partial<Service> => ({ clusterIp: SERVICES + 1, affinitySeconds });
  const journey = { source: PODS + 99, destination: SERVICES + 1, port: 80 };
  const at = (node: Syncing, seconds: number, draw: number): string => {
    node.node.context.nowNs = seconds * SECOND;
    return pass(node.node, { ...journey, draw }).outcome;
  };
  const HIGH = 0xffffffff;

  test('a set for each endpoint outlives changes, and goes with its endpoint', () => {
    const node = new Syncing((write) => {
      write.service('s', affine(100));
      write.slice('s', 's-1', [endpoint(PODS + 1), endpoint(PODS + 2)]);
    });
    // Elements 2; chains 3 with 2 each; rules: masquerade, 2 lookups, choice, 3 for each endpoint; 2 sets.
    expect(node.operations().own).toBe(SETUP + 2 + 6 + 4 + 6 + 2);
    expect(at(node, 0, HIGH)).toBe('10.244.0.2:8080');
    expect(at(node, 99, 0)).toBe('10.244.0.2:8080');
    node.world.write.slice('s', 's-1', [endpoint(PODS + 1), endpoint(PODS + 2), endpoint(PODS + 3)]);
    node.sync();
    expect(at(node, 150, 0)).toBe('10.244.0.2:8080');
    node.world.write.slice('s', 's-1', [endpoint(PODS + 1), endpoint(PODS + 3)]);
    // Chains 3, rules 4 + 6, sets made 2 and deleted 1, one chain flushed.
    expect(node.operations().own).toBe(6 + 10 + 3 + 1);
    expect(at(node, 160, 0)).toBe('10.244.0.1:8080');
    // Back again, with an empty set.
    node.world.write.slice('s', 's-1', [endpoint(PODS + 2)]);
    node.sync();
    expect(node.node.nftables.dynamicElements).toBe(0);
    expect(at(node, 170, 0)).toBe('10.244.0.2:8080');
    expect(at(node, 271, 0)).toBe('10.244.0.2:8080');
  });

  test('a new timeout counts from the next packet on', () => {
    const node = new Syncing((write) => {
      write.service('s', affine(10));
      write.slice('s', 's-1', [endpoint(PODS + 1), endpoint(PODS + 2)]);
    });
    node.sync();
    expect(at(node, 0, HIGH)).toBe('10.244.0.2:8080');
    node.world.write.service('s', affine(1000));
    node.sync();
    expect(at(node, 5, 0)).toBe('10.244.0.2:8080');
    expect(at(node, 900, 0)).toBe('10.244.0.2:8080');
  });
});

test('IPv6: a table of its own words', () => {
  const node = new Syncing(
    (write) => {
      write.service('s', {
        clusterIp: ip('fd00:10:96::1'),
        ipFamilies: [6],
        type: 'NodePort',
        affinitySeconds: 5,
        ports: [{ name: '', protocol: 132, port: 9, targetPort: 9, nodePort: 30009 }],
      });
      write.slice('s', 's-1', [endpoint(ip('fd00:10:244::1'))], { ports: [{ name: '', protocol: 132, port: 9 }] });
    },
    { ...OPTIONS_V6, nodePortAddresses: [prefix('::/0')] },
    6,
  );
  node.sync();
  const lines = node.world.lines(node.node);
  expect(lines).toContain(
    'add rule ip6 kube-proxy services fib daddr type local ip6 daddr != ::1 meta l4proto . th dport vmap @service-nodeports',
  );
  expect(lines).toContain(
    'add element ip6 kube-proxy service-nodeports { sctp . 30009 : goto external-' +
      lines.join('\n').split('external-')[1]!.split(/\s/)[0]! +
      ' }',
  );
  expect(lines.filter((line) => line.includes('dnat to [fd00:10:244::1]:9'))).toHaveLength(1);
  expect(
    pass(node.node, { source: ip('2001:db8:9::9'), destination: node.node.facts.ip, port: 30009, protocol: 132 }),
  ).toMatchObject({
    outcome: 'fd00:10:244::1:9',
    masquerade: true,
  });
});

test('of two services with one external address and port the one made first has it, and the other after it', () => {
  const outside = ip('192.168.99.1');
  const node = new Syncing((write) => {
    for (const i of [1, 2]) {
      write.service(`s${i}`, { clusterIp: SERVICES + i, externalIps: [outside] });
      write.slice(`s${i}`, 's-' + String(i), [endpoint(PODS + i)]);
    }
  });
  const reached = (): string => pass(node.node, { source: PODS + 9, destination: outside, port: 80 }).outcome;
  node.sync();
  expect(reached()).toBe('10.244.0.1:8080');
  node.world.write.remove('service', 's1');
  // The cluster address and its service go; the external one changes hands; three chains are flushed.
  expect(node.operations().own).toBe(2 + 2 + 3);
  expect(reached()).toBe('10.244.0.2:8080');
});
