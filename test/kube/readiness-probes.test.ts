/** Readiness probes: how long a pod that does not answer stays an endpoint, and when it is one again. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReadinessProbes, type ReadinessProbe } from '../../src/kube/controllers/readiness-probes.js';
import { Cluster } from '../../src/kube/index.js';
import { RandomStreams, SECOND, Simulation } from '../../src/sim/index.js';
import { setup } from './cluster-setup.js';
import { pod, service } from './objects.js';

const PROBE: ReadinessProbe = { periodNs: 10 * SECOND, timeoutNs: SECOND, failureThreshold: 3, successThreshold: 1 };

/** What became of a pod that does not answer for a time, with the times since it stopped. */
function changes(lastsNs: number, probe: ReadinessProbe, seed = '1'): { at: number; ready: boolean }[] {
  const simulation = new Simulation();
  const found: { at: number; ready: boolean }[] = [];
  const pods = {
    isReady: () => found.at(-1)?.ready ?? true,
    setReady: (_: string, ready: boolean) => found.push({ at: simulation.now, ready }),
    setSilent: () => undefined,
  };
  const random = new RandomStreams(seed).stream('probes');
  new ReadinessProbes({ simulation, random, pods }).silence('n/pod', lastsNs, probe);
  simulation.run(lastsNs + 1000 * SECOND);
  expect(simulation.pending).toBe(0);
  return found;
}

test('a pod is taken out after the last probe of a row that failed, and put in by the first one that did not', () => {
  fc.assert(
    fc.property(
      fc.record({
        periodNs: fc.integer({ min: 1, max: 20 }).map((s) => s * SECOND),
        timeoutNs: fc.constant(SECOND),
        failureThreshold: fc.integer({ min: 1, max: 5 }),
        successThreshold: fc.integer({ min: 1, max: 3 }),
      }),
      fc.integer({ min: 0, max: 200 }).map((s) => s * SECOND),
      fc.nat(1000),
      (probe, lastsNs, seed) => {
        const { periodNs, timeoutNs, failureThreshold, successThreshold } = probe;
        const found = changes(lastsNs, probe, String(seed));
        const least = (failureThreshold - 1) * periodNs;
        if (lastsNs < least) expect(found).toEqual([]);
        if (lastsNs >= least + periodNs) expect(found).toHaveLength(2);
        const [out, back] = found;
        if (out === undefined) return;
        expect(found.map(({ ready }) => ready)).toEqual([false, true]);
        expect(out.at).toBeGreaterThanOrEqual(least + timeoutNs);
        expect(out.at).toBeLessThan(least + timeoutNs + periodNs);
        expect(back!.at).toBeGreaterThanOrEqual(lastsNs + (successThreshold - 1) * periodNs);
        expect(back!.at).toBeLessThan(lastsNs + successThreshold * periodNs);
      },
    ),
    // A verdict may come while the pod answers again, when the period is not longer than the timeout.
    { numRuns: 200, examples: [[{ ...PROBE, timeoutNs: SECOND }, 60 * SECOND, 1]] },
  );
});

test('a probe waits for the one before it: with a timeout longer than the period a pod is out, and comes back', () => {
  const slow = { periodNs: SECOND, timeoutNs: 4 * SECOND, failureThreshold: 2, successThreshold: 1 };
  const [out, back] = changes(7 * SECOND, slow);
  expect([out?.ready, back?.ready]).toEqual([false, true]);
  // Two probes of four seconds, the first within a second.
  expect(out!.at).toBeGreaterThanOrEqual(8 * SECOND);
  expect(out!.at).toBeLessThan(9 * SECOND);
  expect(back!.at).toBe(out!.at);
});

test('a pod that fails again before it has recovered is one that fails for longer', () => {
  const simulation = new Simulation();
  const found: [at: number, what: string][] = [];
  let isReady = true;
  const pods = {
    isReady: () => isReady,
    setReady: (_: string, ready: boolean) => found.push([simulation.now, (isReady = ready) ? 'ready' : 'not ready']),
    setSilent: (_: string, isSilent: boolean) => found.push([simulation.now, isSilent ? 'silent' : 'answers']),
  };
  const probes = new ReadinessProbes({ simulation, random: new RandomStreams('1').stream('probes'), pods });
  probes.silence('n/pod', 35 * SECOND, PROBE);
  simulation.run(30 * SECOND);
  probes.silence('n/pod', 20 * SECOND, PROBE);
  simulation.run(1000 * SECOND);
  expect(found.map(([, what]) => what)).toEqual(['silent', 'not ready', 'silent', 'answers', 'ready']);
  expect(found[3]![0]).toBe(50 * SECOND);
  expect(found[4]![0]).toBeLessThan(60 * SECOND);
  expect(simulation.pending).toBe(0);
});

test('a cluster has the pod out of its slices meanwhile, with the time of the change as what triggered it', () => {
  const cluster = new Cluster(setup({ services: 1, endpoints: 2 }));
  const simulation = new Simulation();
  cluster.start(simulation, new RandomStreams('1').stream('pods'));
  const silent: string[] = [];
  cluster.listenToPods({
    podStarted: () => undefined,
    podTerminating: () => undefined,
    podGone: () => undefined,
    podSilent: (pod, isSilent) => silent.push(`${pod.metadata.name} ${isSilent}`),
  });
  const ready = () => cluster.slices.of('default/svc-0')[0]!.endpoints.map((endpoint) => endpoint.ready);
  cluster.failPods(0, { pods: 1, lastsNs: 60 * SECOND, probe: PROBE });
  simulation.run(20 * SECOND);
  expect(ready()).toEqual([true, true]);
  simulation.run(31 * SECOND);
  expect(ready()).toEqual([false, true]);
  const { triggerNs = 0 } = cluster.slices.of('default/svc-0')[0]!;
  expect(triggerNs).toBeGreaterThan(20 * SECOND);
  simulation.run(71 * SECOND);
  expect(ready()).toEqual([true, true]);
  expect(silent).toEqual(['svc-0-0 true', 'svc-0-0 false']);
});

/** A cluster whose one Service gets a second pod, which takes five seconds to start, and what is ready when. */
function starting(probe: ReadinessProbe) {
  const cluster = new Cluster(setup({ services: 1, endpoints: 1 }));
  const simulation = new Simulation();
  cluster.start(simulation, new RandomStreams('1').stream('pods'));
  const log: [atNs: number, ready: boolean][] = [];
  cluster.scale(0, 2, { startupNs: 5 * SECOND, terminationNs: SECOND, spread: 0 });
  cluster.store.watch('pod', ({ object: { metadata, ready } }) => {
    if (metadata.name === 'svc-0-1') log.push([simulation.now, ready]);
  });
  const fail = (lastsNs: number): void => cluster.failPods(0, { pods: 2, lastsNs, probe });
  return { simulation, log, fail };
}

test('a pod that does not answer when its start-up is over gets ready when a probe finds that it does', () => {
  for (const lastsNs of [12, 60].map((s) => s * SECOND)) {
    const { simulation, log, fail } = starting(PROBE);
    simulation.run(SECOND);
    fail(lastsNs);
    simulation.run(1000 * SECOND);
    expect(log.map(([, ready]) => ready)).toEqual([true]);
    expect(log[0]![0]).toBeGreaterThanOrEqual(SECOND + lastsNs);
    expect(log[0]![0]).toBeLessThan(SECOND + lastsNs + PROBE.periodNs);
  }
});

test('a pod that answers again before its start-up is over gets ready at its end, as others do', () => {
  const { simulation, log, fail } = starting({ ...PROBE, periodNs: SECOND });
  simulation.run(500);
  fail(2 * SECOND);
  simulation.run(1000 * SECOND);
  expect(log).toEqual([[5 * SECOND, true]]);
});

test('a pod that was given as one that is not ready is none after probes', () => {
  const objects = { services: [service()], pods: [pod(1, { ready: false })], podSets: [], slices: [], nodes: [] };
  const cluster = new Cluster(setup({ objects }));
  const simulation = new Simulation();
  cluster.start(simulation, new RandomStreams('1').stream('pods'));
  cluster.failPods(0, { pods: 1, lastsNs: 60 * SECOND, probe: PROBE });
  simulation.run(1000 * SECOND);
  expect([...cluster.pods()].map(({ ready }) => ready)).toEqual([false]);
});
