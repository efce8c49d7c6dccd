/** The controllers after any sequence of changes, at any pace: what holds at every moment, and what holds once everything has settled. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Controllers } from '../../src/kube/controllers/controllers.js';
import { SelectorIndex, SliceIndex, Store, type ControllerPace, type Pod } from '../../src/kube/index.js';
import { MILLISECOND, SECOND, Simulation } from '../../src/sim/index.js';
import { pod, service } from './objects.js';

const PODS = 12;
const OTHER = { app: 'other' };

type Change = readonly [kind: string, pod: number, waitMs: number];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('come', 'go', 'ready', 'unready', 'end', 'fail', 'leave', 'return', 'port', 'label', 'publish'),
  fc.integer({ min: 1, max: PODS }),
  fc.constantFrom(0, 0, 1, 7, 60, 1500),
);

const pace: fc.Arbitrary<ControllerPace> = fc.record(
  {
    batchPeriodNs: fc.constantFrom(0, 5 * MILLISECOND, 300 * MILLISECOND),
    informerLagNs: fc.constantFrom(3 * MILLISECOND, 40 * MILLISECOND),
    requests: fc.record({ perSecond: fc.constantFrom(5, 20), burst: fc.constantFrom(1, 30) }),
  },
  { requiredKeys: [] },
);

/** A Service, pods, and both kinds of endpoints, whose slices are looked at after every write. */
function world(limit: number, own: ControllerPace) {
  const store = new Store();
  const index = { store, slices: new SliceIndex(store), selectors: new SelectorIndex(store) };
  const controllers = new Controllers({ ...index, limit, pace: own, endpointsObjects: { capacity: 1000 } });
  const simulation = new Simulation();
  store.put('service', service());
  controllers.reconcileAll();
  controllers.start(simulation);
  store.watch('slice', ({ object: { endpoints } }) => {
    expect(endpoints.length).toBeLessThanOrEqual(limit);
    // Between two writes of a sync an endpoint may stand in two slices; twice in one it never does.
    expect(new Set(endpoints.map(({ target }) => target)).size).toBe(endpoints.length);
  });
  return { ...index, simulation };
}

function apply(store: Store, [kind, n]: Change): void {
  const key = `test/pod-${n}`;
  const known = store.get('pod', key);
  const own = store.get('service', 'test/foo')!;
  const set = (changes: Partial<Pod>): void => {
    if (known !== undefined) store.put('pod', { ...known, ...changes });
  };
  if (kind === 'come' && known === undefined) store.put('pod', pod(n, { ready: false }));
  else if (kind === 'go') store.remove('pod', key);
  else if (kind === 'ready') set({ ready: true });
  else if (kind === 'unready') set({ ready: false });
  else if (kind === 'end') set({ terminating: true });
  // A pod that fails while it is not ready queues nothing: its phase is not looked at.
  else if (kind === 'fail' && known?.ready === true) set({ phase: 'Failed', ready: false });
  else if (kind === 'leave') set({ metadata: { ...pod(n).metadata, labels: OTHER } });
  else if (kind === 'return') set({ metadata: pod(n).metadata });
  else if (kind === 'port') store.put('service', { ...own, ports: [{ ...own.ports[0]!, targetPort: 8000 + n }] });
  else if (kind === 'label') store.put('service', { ...own, metadata: { ...own.metadata, labels: { n: String(n) } } });
  else if (kind === 'publish') store.put('service', { ...own, publishNotReadyAddresses: n % 2 === 0 });
}

test('every wanted endpoint stands in exactly one slice of the right ports, with its conditions, and in Endpoints', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), pace, fc.array(change, { maxLength: 25 }), (limit, own, changes) => {
      const { store, slices, simulation } = world(limit, own);
      for (const each of changes) {
        apply(store, each);
        simulation.run(simulation.now + each[2] * MILLISECOND);
      }
      simulation.run(simulation.now + 60 * SECOND);
      const { ports, publishNotReadyAddresses: publish } = store.get('service', 'test/foo')!;
      const pods = [...store.list('pod')].filter(({ metadata, phase }) => {
        return metadata.labels['app'] === 'foo' && phase === 'Running';
      });
      const wanted = pods.map(({ metadata, ready, terminating }) => {
        const state = [publish || (ready && !terminating), ready, terminating];
        return [ports[0]!.targetPort, `test/${metadata.name}`, ...state].join(' ');
      });
      const held = slices.of('test/foo').flatMap((slice) =>
        slice.endpoints.map(({ target, ready, serving, terminating }) => {
          return [slice.ports[0]!.port, target, ready, serving, terminating].join(' ');
        }),
      );
      expect(held.sort()).toEqual(wanted.sort());
      expect(slices.of('test/foo').length).toBeGreaterThan(0);
      const listed = pods.filter(({ terminating }) => publish || !terminating);
      const addresses = store
        .get('endpoints', 'test/foo')!
        .subsets.flatMap(({ ready, notReady }) => [
          ...[...ready].map(({ target }) => `${target} true`),
          ...[...notReady].map(({ target }) => `${target} false`),
        ]);
      expect(addresses.sort()).toEqual(
        listed.map(({ metadata, ready }) => `test/${metadata.name} ${publish || ready}`).sort(),
      );
    }),
    { numRuns: 150 },
  );
});

test('changes of pods alone lead to the same writes, whether everything is looked at or what they touch', () => {
  const kinds = fc.constantFrom('come', 'go', 'ready', 'unready', 'end', 'fail');
  const podChange: fc.Arbitrary<Change> = fc.tuple(kinds, fc.integer({ min: 1, max: PODS }), fc.constantFrom(0, 1));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(podChange, { maxLength: 40 }), (limit, changes) => {
      /** @param touch whether the Service is written again before each change, so that nothing is known of its slices */
      const run = (touch: boolean) => {
        const { store, slices, simulation } = world(limit, {});
        const log: string[] = [];
        store.watch('slice', ({ type, object }) => {
          log.push(
            `${simulation.now} ${type} ${object.metadata.name} ${object.endpoints.map(({ target }) => target).join()}`,
          );
        });
        for (const each of changes) {
          if (touch) store.put('service', service());
          apply(store, each);
          simulation.run(simulation.now + each[2]);
        }
        simulation.run(SECOND);
        return { log, slices: slices.of('test/foo').map(({ metadata, endpoints }) => [metadata.name, endpoints]) };
      };
      expect(run(false)).toEqual(run(true));
    }),
    { numRuns: 200 },
  );
});
