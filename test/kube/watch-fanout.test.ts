/**
 * What writes cost on their way to the nodes: KEP-0752's sample of 20,000 endpoints and 5,000 nodes, counted from what the controllers write.
 *
 * The KEP takes 100 bytes an endpoint, and an object with one endpoint as 100 bytes when it is created, as 1,000 when it is updated.
 */
import { describe, expect, test } from 'vitest';
import { EndpointsController } from '../../src/kube/controllers/endpoints.js';
import { EndpointSliceController, SelectorIndex, SliceIndex, Store } from '../../src/kube/index.js';
import { WatchFanout, type FanoutCounts, type ObjectSizes } from '../../src/kube/watch-fanout.js';
import { MICROSECOND, Simulation } from '../../src/sim/index.js';
import { pod, service } from './objects.js';

const PODS = 20_000;
const NODES = 5000;
const KB = 1000;
const MB = KB * KB;
const GB = KB * MB;
const TB = KB * GB;

/** Controllers in a store with one Service, whose writes are counted from the beginning. */
function world(limit: number, sizes: ObjectSizes, withEndpoints: boolean) {
  const store = new Store();
  const slices = new SliceIndex(store);
  const selectors = new SelectorIndex(store);
  const simulation = new Simulation();
  const controllers = [
    new EndpointSliceController({ store, slices, selectors, limit }),
    ...(withEndpoints ? [new EndpointsController({ store, seen: { store, selectors }, capacity: Infinity })] : []),
  ];
  for (let n = 0; n < PODS; n++) store.put('pod', pod(n));
  const fanout = new WatchFanout(store, NODES, sizes);
  const counted = (counts: FanoutCounts) => [counts.writes, counts.events, counts.bytes] as const;
  /** Writes, events and bytes that `change` made of slices and of Endpoints. */
  const during = (change: () => void) => {
    const [slicesBefore, endpointsBefore] = [counted(fanout.slices), counted(fanout.endpoints)];
    change();
    return {
      slices: counted(fanout.slices).map((now, i) => now - slicesBefore[i]!),
      endpoints: counted(fanout.endpoints).map((now, i) => now - endpointsBefore[i]!),
    };
  };
  const created = during(() => {
    store.put('service', service());
    for (const controller of controllers) controller.reconcileAll();
  });
  for (const controller of controllers) controller.start(simulation, {});
  /** One pod after the other goes, and another one is there at once. */
  const replace = (from: number, to: number) =>
    during(() => {
      for (let old = from; old <= to; old++) {
        store.remove('pod', `test/pod-${old}`);
        store.put('pod', pod(PODS + old));
        simulation.run(simulation.now + MICROSECOND);
      }
    });
  return { created, replace, slices: () => slices.of('test/foo') };
}

describe('20,000 endpoints, 5,000 nodes', () => {
  test('in slices of 100, and in one Endpoints object', () => {
    const { created, replace, slices } = world(100, { bytesPerObject: 0, bytesPerEndpoint: 100 }, true);
    expect(created).toEqual({ endpoints: [1, NODES, 10 * GB], slices: [200, 200 * NODES, 10 * GB] });
    expect(replace(0, 0)).toEqual({ endpoints: [1, NODES, 10 * GB], slices: [1, NODES, 50 * MB] });
    const rolling = replace(1, PODS);
    expect(rolling).toEqual({ endpoints: [PODS, PODS * NODES, 200 * TB], slices: [PODS, PODS * NODES, TB] });
    expect(slices()).toHaveLength(200);
    expect(new Set(slices().flatMap(({ endpoints }) => endpoints.map(({ target }) => target))).size).toBe(PODS);
  });

  test('in slices of one', () => {
    const sizes = { bytesPerObject: 0, bytesPerEndpoint: 100 };
    const { created, replace } = world(1, sizes, false);
    expect(created.slices).toEqual([PODS, PODS * NODES, 10 * GB]);
    sizes.bytesPerObject = 900;
    expect(replace(0, 0).slices).toEqual([1, NODES, 5 * MB]);
    expect(replace(1, PODS).slices).toEqual([PODS, PODS * NODES, 100 * GB]);
  });
});
