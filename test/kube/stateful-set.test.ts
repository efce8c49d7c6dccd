/** StatefulSets and templates in simulated time: the names of pods, their order, and what the DNS server says of them. */
import { describe, expect, test } from 'vitest';
import { Cluster, type Pod, type PodSet } from '../../src/kube/index.js';
import { ClusterDns, KUBEADM_DNS, StoreSource } from '../../src/kube/discovery.js';
import { formatIp } from '../../src/net/index.js';
import { MILLISECOND, RandomStream, SECOND, Simulation } from '../../src/sim/index.js';
import { setup } from './cluster-setup.js';
import { pod, service } from './objects.js';

const HEADLESS = service({ metadata: { namespace: 'test', name: 'web', labels: {} }, clusterIp: 0, headless: true });
const DISCOVERY = { dnsPolicy: 'None' as const, enableServiceLinks: false };
const SET: PodSet = {
  metadata: { namespace: 'test', name: 'db', labels: {} },
  kind: 'StatefulSet',
  replicas: 3,
  podLabels: { app: 'foo' },
  ports: [],
  subdomain: 'web',
  discovery: DISCOVERY,
};
const TIMES = { startupNs: 100 * MILLISECOND, terminationNs: 50 * MILLISECOND, spread: 0 };
const UPDATE = { ...TIMES, maxSurge: 1, maxUnavailable: 1 };

/** A cluster with the headless Service `web` before the pods, and a log of what happens to them. */
function world({ podSets = [SET], pods = [] as readonly Pod[] } = {}) {
  const objects = { services: [HEADLESS], pods, podSets, slices: [], nodes: [] };
  const cluster = new Cluster(setup({ objects }));
  const simulation = new Simulation();
  cluster.start(simulation, new RandomStream('1', 'pods'));
  const log: string[] = [];
  const note = (word: string) => (own: Pod) => log.push(`${simulation.now / MILLISECOND} ${word}${own.metadata.name}`);
  cluster.listenToPods({ podStarted: note('+'), podTerminating: note('~'), podGone: note('-') });
  const { store, slices, nodes } = cluster;
  const dns = new ClusterDns(new StoreSource({ store, slices, nodes }), KUBEADM_DNS);
  const addressOf = (host: string): string[] =>
    dns
      .answer({ name: `${host}.web.test.svc.cluster.local.`, type: 'A' })
      .answer.map((record) => ('address' in record ? formatIp(record.address) : ''));
  const ipOf = (name: string): string[] => [formatIp(store.get('pod', `test/${name}`)?.ip ?? 0)];
  return { cluster, simulation, log, addressOf, ipOf };
}

describe('a StatefulSet', () => {
  test('is updated from the highest number down, and each pod has its name again, in DNS too', () => {
    const { cluster, simulation, log, addressOf, ipOf } = world();
    const before = ['db-0', 'db-1', 'db-2'].map((name) => ipOf(name)[0]);
    cluster.rollingUpdate(0, UPDATE);
    simulation.run(SECOND);
    expect(log).toEqual([
      ...['0 ~db-2', '50 -db-2', '50 +db-2'],
      ...['150 ~db-1', '200 -db-1', '200 +db-1'],
      ...['300 ~db-0', '350 -db-0', '350 +db-0'],
    ]);
    for (const [i, name] of ['db-0', 'db-1', 'db-2'].entries()) {
      expect(addressOf(name)).toEqual(ipOf(name));
      expect(ipOf(name)[0]).not.toBe(before[i]);
    }
    const [made] = [...cluster.pods()];
    expect(made).toMatchObject({ hostname: made?.metadata.name, subdomain: 'web', discovery: DISCOVERY });
  });

  test('grows one by one, and shrinks from the highest number down', () => {
    const { cluster, simulation, log, addressOf, ipOf } = world();
    cluster.scale(0, 5, TIMES);
    simulation.run(SECOND);
    expect(log.splice(0)).toEqual(['0 +db-3', '100 +db-4']);
    expect(addressOf('db-4')).toEqual(ipOf('db-4'));
    cluster.scale(0, 2, TIMES);
    simulation.run(2 * SECOND);
    expect(log.map((line) => line.split(' ')[1])).toEqual(['~db-4', '-db-4', '~db-3', '-db-3', '~db-2', '-db-2']);
    expect(addressOf('db-4')).toEqual([]);
  });

  test('is known by its pods where only these are given', () => {
    const pods = [0, 1].map((n) =>
      pod(n + 2, {
        metadata: { namespace: 'test', name: `db-${n}`, labels: { app: 'foo' } },
        hostname: `db-${n}`,
        subdomain: 'web',
      }),
    );
    const { cluster, simulation, log, addressOf, ipOf } = world({ podSets: [], pods });
    cluster.rollingUpdate(0, UPDATE);
    simulation.run(SECOND);
    expect(log.filter((line) => line.includes('+'))).toEqual(['50 +db-1', '200 +db-0']);
    expect(addressOf('db-1')).toEqual(ipOf('db-1'));
  });

  test('has a pod of the same name that knows nothing of the one that did not answer', () => {
    const { cluster, simulation } = world();
    const probe = { periodNs: SECOND, timeoutNs: SECOND, failureThreshold: 3, successThreshold: 1 };
    const log: string[] = [];
    cluster.failPods(0, { pods: 3, lastsNs: 20 * SECOND, probe });
    simulation.run(500 * MILLISECOND);
    cluster.replaceSuddenly(0, { pods: 3, intervalNs: 1 });
    simulation.run(600 * MILLISECOND);
    cluster.listenToPods({
      podStarted: () => undefined,
      podTerminating: () => undefined,
      podGone: () => undefined,
      podSilent: ({ metadata }) => log.push(metadata.name),
    });
    cluster.store.watch('pod', ({ object }) => log.push(`${object.metadata.name} ${object.ready}`));
    simulation.run(100 * SECOND);
    expect(log).toEqual([]);
  });

  test('waits for a pod that is terminating from the first, and for a name that another pod has', () => {
    const named = (n: number, labels: Pod['metadata']['labels'], terminating = false) =>
      pod(n + 2, { metadata: { namespace: 'test', name: `db-${n}`, labels }, hostname: `db-${n}`, terminating });
    const foo = { app: 'foo' };
    for (const third of [named(2, foo, true), named(2, { app: 'bar' })]) {
      const pods = [named(0, foo), named(1, foo), third];
      const { cluster, simulation, log } = world({ pods });
      cluster.scale(0, 4, TIMES);
      simulation.run(SECOND);
      expect(log).toEqual([]);
    }
  });

  test('comes and goes in one instant too', () => {
    const { cluster, log } = world();
    cluster.scaleSuddenly(0, 4);
    cluster.scaleSuddenly(0, 1);
    cluster.replaceSuddenly(0, { pods: 1, intervalNs: 1 });
    expect(log).toEqual(['0 +db-3', '0 -db-1', '0 -db-2', '0 -db-3', '0 -db-0', '0 +db-0']);
  });
});

test('the pods of a Deployment have the hostname of its template, all the same', () => {
  const podSets: PodSet[] = [{ ...SET, kind: 'Deployment', hostname: 'one' }];
  const { cluster, simulation, log, addressOf } = world({ podSets });
  cluster.rollingUpdate(0, UPDATE);
  simulation.run(SECOND);
  expect(log.filter((line) => line.includes('+'))).toEqual(['0 +db-3', '0 +db-4', '0 +db-5']);
  expect([...cluster.pods()].map(({ hostname }) => hostname)).toEqual(['one', 'one', 'one']);
  expect(addressOf('one')).toHaveLength(3);
});
