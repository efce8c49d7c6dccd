/** Selectors: who selects whom, while pods and Services come, change and go. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SelectorIndex, Store, objectKey } from '../../src/kube/index.js';
import { pod, service } from './objects.js';

const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'zone'), fc.constantFrom('a', 'b'));
const action = fc.record({
  kind: fc.constantFrom('pod' as const, 'service' as const),
  n: fc.integer({ min: 0, max: 4 }),
  namespace: fc.constantFrom('x', 'y'),
  labels,
  remove: fc.boolean(),
});

test('the index agrees with looking at everything', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const store = new Store();
      const index = new SelectorIndex(store);
      for (const { kind, n, namespace, labels: some, remove } of actions) {
        const metadata = { namespace, name: `${kind}-${n}`, labels: some };
        if (remove) store.remove(kind, objectKey(namespace, metadata.name));
        else if (kind === 'pod') store.put('pod', pod(n, { metadata }));
        else store.put('service', service({ metadata, selector: some }));
      }
      const selected = (selector: Record<string, string>, of: Record<string, string>) =>
        Object.keys(selector).length > 0 && Object.entries(selector).every(([name, value]) => of[name] === value);
      for (const [key, one] of store.entries('service')) {
        const found: string[] = [];
        index.forEachPod(one.metadata.namespace, one.selector ?? {}, (_, podKey) => found.push(podKey));
        const expected = [...store.entries('pod')]
          .filter(([, other]) => other.metadata.namespace === one.metadata.namespace)
          .filter(([, other]) => selected(one.selector ?? {}, other.metadata.labels))
          .map(([podKey]) => podKey);
        expect(found.sort()).toEqual(expected.sort());
        expect(index.hasPods(one.metadata.namespace, one.selector ?? {})).toBe(expected.length > 0);
        for (const [podKey, other] of store.entries('pod')) {
          expect(index.servicesOf(other).includes(key)).toBe(expected.includes(podKey));
        }
      }
    }),
    { numRuns: 200 },
  );
});
