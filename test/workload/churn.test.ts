/** Churn: each action at its time, before the traffic of that time, with what it was given. */
import { expect, test } from 'vitest';
import { EventClass, Simulation } from '../../src/sim/index.js';
import { Churn, type ChurnAction } from '../../src/workload/index.js';

test('actions happen at their times, in the order of the times and not of the list', () => {
  const simulation = new Simulation();
  const log: [number, ...unknown[]][] = [];
  const update = { maxSurge: 2, maxUnavailable: 1, startupNs: 5, terminationNs: 7, spread: 0.5 };
  const timing = { startupNs: 11, terminationNs: 13, spread: 0 };
  const probe = { periodNs: 10, timeoutNs: 1, failureThreshold: 3, successThreshold: 1 };
  const actions: ChurnAction[] = [
    { kind: 'scale', atNs: 300, service: 1, replicas: 0, ...timing },
    { kind: 'rolling-update', atNs: 100, service: 4, ...update },
    { kind: 'scale', atNs: 300, service: 2, replicas: 50, ...timing },
    { kind: 'scale', atNs: 0, service: 3, replicas: 7, ...timing },
    { kind: 'proxy-restart', atNs: 200, nodes: [0, 2], downNs: 17 },
    { kind: 'node-join', atNs: 250, nodes: [3] },
    { kind: 'sudden-replace', atNs: 400, service: 5, pods: 2, intervalNs: 3 },
    { kind: 'pod-failure', atNs: 450, service: 7, pods: 1, lastsNs: 5, probe },
    { kind: 'sudden-scale', atNs: 350, service: 6, replicas: 9 },
    { kind: 'next-hops', atNs: 500, nodes: [1] },
    { kind: 'endpoints-edit', atNs: 600, service: 8, ready: [1, 2], notReady: [3] },
  ];
  new Churn(simulation, actions, {
    scale: (service, replicas, { startupNs, terminationNs, spread }) =>
      log.push([simulation.now, 'scale', service, replicas, { startupNs, terminationNs, spread }]),
    rollingUpdate: (service, { maxSurge, maxUnavailable, startupNs, terminationNs, spread }) =>
      log.push([simulation.now, 'update', service, { maxSurge, maxUnavailable, startupNs, terminationNs, spread }]),
    restartProxies: (nodes, downNs) => log.push([simulation.now, 'restart', nodes, downNs]),
    joinNodes: (nodes) => log.push([simulation.now, 'join', nodes]),
    setNextHops: (nodes) => log.push([simulation.now, 'next hops', nodes]),
    editEndpoints: (service, { ready, notReady }) => log.push([simulation.now, 'edit', service, ready, notReady]),
    failPods: (service, { pods, lastsNs }) => log.push([simulation.now, 'fail', service, pods, lastsNs]),
    scaleSuddenly: (service, replicas) => log.push([simulation.now, 'sudden', service, replicas]),
    replaceSuddenly: (service, { pods, intervalNs }) =>
      log.push([simulation.now, 'replace', service, pods, intervalNs]),
  });
  simulation.run(1000);
  expect(log).toEqual([
    [0, 'scale', 3, 7, timing],
    [100, 'update', 4, update],
    [200, 'restart', [0, 2], 17],
    [250, 'join', [3]],
    [300, 'scale', 1, 0, timing],
    [300, 'scale', 2, 50, timing],
    [350, 'sudden', 6, 9],
    [400, 'replace', 5, 2, 3],
    [450, 'fail', 7, 1, 5],
    [500, 'next hops', [1]],
    [600, 'edit', 8, [1, 2], [3]],
  ]);
  expect(simulation.pending).toBe(0);
});

const nothing = {
  scale: () => undefined,
  rollingUpdate: () => undefined,
  restartProxies: () => undefined,
  joinNodes: () => undefined,
  setNextHops: () => undefined,
  editEndpoints: () => undefined,
  failPods: () => undefined,
  scaleSuddenly: () => undefined,
  replaceSuddenly: () => undefined,
};

test('a change of the cluster takes hold before new traffic of the same moment', () => {
  const simulation = new Simulation();
  const log: string[] = [];
  const traffic = simulation.register('traffic', EventClass.traffic, { fire: () => log.push('traffic') });
  simulation.schedule(50, traffic, 0);
  const actions: ChurnAction[] = [
    { kind: 'scale', atNs: 50, service: 0, replicas: 1, startupNs: 1, terminationNs: 1, spread: 0 },
  ];
  new Churn(simulation, actions, { ...nothing, scale: () => log.push('scale') });
  simulation.run(100);
  expect(log).toEqual(['scale', 'traffic']);
});

test('nothing happens without actions', () => {
  const simulation = new Simulation();
  new Churn(simulation, [], nothing);
  expect(simulation.pending).toBe(0);
});
