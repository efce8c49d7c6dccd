/** The way back from mirrored slices to their Endpoints, and edits. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MirroringController } from '../../src/kube/controllers/endpoints-mirroring.js';
import { SliceIndex, Store, type EndpointAddress, type Endpoints } from '../../src/kube/index.js';
import { endpointsBehind, rewritten } from '../../src/kube/written-endpoints.js';
import { ip, slice as sliceOf, service } from './objects.js';

const FREE = service({ selector: null });
const port = (name: string) => ({ name, protocol: 6 as const, port: 80 });

/** What the controller makes of Endpoints. */
function mirrored(endpoints: Endpoints) {
  const store = new Store();
  const slices = new SliceIndex(store);
  store.put('service', FREE);
  store.put('endpoints', endpoints);
  const controller = new MirroringController({ store, seen: { store, slices } });
  controller.reconcileAll();
  return { store, controller, slices: slices.of('test/foo') };
}

test('slices say what their Endpoints were: the controller leaves them as they are', () => {
  const address = fc.record<EndpointAddress>({
    address: fc.constantFrom(...['10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1', 'fd00::2'].map(ip)),
    node: fc.integer({ min: -1, max: 2 }),
    target: fc.constantFrom('', 'test/a', 'test/b'),
  });
  const subset = fc.record({
    ports: fc.uniqueArray(fc.constantFrom('a', 'b', 'c').map(port), { selector: ({ name }) => name, maxLength: 2 }),
    ready: fc.array(address, { maxLength: 4 }),
    notReady: fc.array(address, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(subset, { maxLength: 3 }), fc.boolean(), (subsets, isLabelled) => {
      const labels: Record<string, string> = isLabelled ? { tier: 'db' } : {};
      const metadata = { namespace: 'test', name: 'foo', labels };
      const first = mirrored({ metadata, subsets, truncated: false });
      const behind = endpointsBehind(first.slices);
      if (behind === undefined) {
        expect(first.slices).toEqual([]);
        return;
      }
      first.store.put('endpoints', behind);
      const before = { ...first.controller.writes };
      first.controller.reconcileAll();
      expect(first.controller.writes).toEqual(before);
      expect(mirrored(behind).slices.map(({ endpoints }) => endpoints)).toEqual(
        first.slices.map(({ endpoints }) => endpoints),
      );
    }),
  );
});

test('slices that mirror nothing have no Endpoints behind them', () => {
  expect(endpointsBehind([])).toBeUndefined();
  expect(endpointsBehind([sliceOf('own', [])])).toBeUndefined();
});

test('an edit keeps ports, and what is known of addresses that stay', () => {
  const known = { address: 1, node: 2, target: 'test/a' };
  const ports = [port('a')];
  const metadata = { namespace: 'test', name: 'foo', labels: {} };
  const before: Endpoints = { metadata, subsets: [{ ports, ready: [known], notReady: [] }], truncated: false };
  const after = rewritten(before, { ready: [5], notReady: [1] });
  expect(after.subsets).toEqual([{ ports, ready: [{ address: 5, node: -1, target: '' }], notReady: [known] }]);
});
