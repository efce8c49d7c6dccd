/** Network programming latency: one sample for each trigger time and node, when the sync that carries it is done. */
import { expect, test } from 'vitest';
import { endpoint } from './ledger-world.js';
import { madeUpProxies, NO_FLOWS, type MadeUpProxies } from './made-up-proxies.js';

/** Nodes that are up to date at time 0. */
function world(parts: MadeUpProxies = {}) {
  const made = madeUpProxies(parts);
  made.proxies.syncAll();
  let address = 0;
  /** Writes a slice whose annotation has a trigger time. */
  const slice = (triggerNs: number | undefined, name = 's'): void =>
    made.write.slice('a', name, [endpoint(++address)], triggerNs === undefined ? {} : { triggerNs });
  return { ...made, slice };
}

test('runs from the trigger to the end of the sync on each node, by its own delay', () => {
  const { simulation, programmed, slice, live } = world({ nodes: 3, durationNs: 50, options: { watchJitterNs: 500 } });
  simulation.run(1000);
  slice(900);
  simulation.run(5000);
  const ends = live.slice(3).map(({ startedNs, durationNs }) => startedNs + durationNs);
  expect(new Set(ends).size).toBe(3);
  expect(programmed).toEqual(ends.map((end) => [end, end - 900]));
});

test('has a sample for every slice that was written, whatever else is in the same sync', () => {
  const { simulation, programmed, slice } = world({ durationNs: 50 });
  simulation.run(1000);
  slice(900);
  simulation.run(1020);
  slice(900, 't');
  slice(1015);
  simulation.run(5000);
  expect(programmed).toEqual([
    [1060, 160],
    [1110, 210],
    [1110, 95],
  ]);
});

test('has none for a write without trigger, and for what changed nothing that the proxy looks at', () => {
  const { simulation, programmed, slice, write } = world();
  slice(undefined);
  simulation.run(1000);
  write.slice('a', 's', [endpoint(1)], { triggerNs: 990 });
  simulation.run(2000);
  expect(programmed).toEqual([]);
});

test('forgets what was pending when a slice of the Service is deleted before the sync', () => {
  const { simulation, programmed, slice, write } = world({ durationNs: 50 });
  slice(undefined, 'busy');
  simulation.run(20);
  slice(15);
  write.remove('slice', 's');
  simulation.run(5000);
  expect(programmed).toEqual([]);
});

test('is observed when the work of the sync is done: after it takes hold, and before stale connections are looked for', () => {
  const ports = [{ name: '', protocol: 17 as const, port: 80, targetPort: 8080, nodePort: 0 }];
  const conntrack = { ...NO_FLOWS };
  const made = world({ durationNs: 50, liveAfterNs: 20, conntrack, prepare: (write) => write.service('u', { ports }) });
  const { simulation, programmed, live, done, write } = made;
  simulation.run(1000);
  write.slice('u', 'u', [endpoint(9)], { ports: [{ name: '', protocol: 17, port: 8080 }], triggerNs: 990 });
  simulation.run(5000);
  expect(live[1]).toMatchObject({ startedNs: 1010, liveAfterNs: 20 });
  expect(done[1]!.cleanup).not.toBeNull();
  expect(done[1]!.durationNs).toBeGreaterThan(50);
  expect(programmed).toEqual([[1060, 70]]);
});

test('is lost with a proxy that ends before, and begins anew with the next one', () => {
  const { simulation, programmed, slice, proxies } = world({ durationNs: 50, liveAfterNs: 20 });
  simulation.run(1000);
  slice(990);
  simulation.run(1035);
  // In place, but its sync is not over.
  proxies.restart(0, 500);
  simulation.run(1400);
  slice(1390);
  simulation.run(1700);
  // A pod that turned ready before the proxy was there, and one after.
  slice(1530);
  slice(1600, 't');
  simulation.run(5000);
  expect(programmed).toEqual([[1760, 160]]);
});
