/** The reconcile of slices: writes for each kind of change, case by case. */
import { describe, expect, test } from 'vitest';
import { reconcileSlices, type Endpoint, type EndpointSlice, type Service } from '../../src/kube/index.js';
import { endpoint, endpoints, service, slice } from './objects.js';

const LIMIT = 100;

/** Applies one reconcile; returns counts of writes and the sizes afterwards, largest first. */
function run(
  existing: readonly EndpointSlice[],
  wanted: readonly Endpoint[],
  changes: { port?: number; of?: Service } = {},
) {
  const ports = [{ name: '', protocol: 6, port: changes.port ?? 8080 }];
  let made = 0;
  const writes = reconcileSlices({
    service: changes.of ?? service(),
    desired: wanted.length === 0 ? [] : [{ ports, endpoints: wanted }],
    existing,
    limit: LIMIT,
    newName: () => `new-${made++}`,
  });
  const after = new Map(existing.map((one) => [one.metadata.name, one]));
  for (const one of [...writes.create, ...writes.update]) after.set(one.metadata.name, one);
  for (const one of writes.delete) after.delete(one.metadata.name);
  const slices = [...after.values()];
  const sizes = slices.map((one) => one.endpoints.length).sort((a, b) => b - a);
  return { writes: [writes.create.length, writes.update.length, writes.delete.length], sizes, slices };
}

function placeholder(): EndpointSlice {
  return { ...slice('foo-p', []), ports: [] };
}

describe('a Service that appears', () => {
  test.each([
    [1, [1]],
    [99, [99]],
    [100, [100]],
    [101, [100, 1]],
    [1000, Array<number>(10).fill(100)],
  ])('with %i pods', (pods, sizes) => {
    const result = run([], endpoints(1, pods));
    expect(result).toMatchObject({ writes: [sizes.length, 0, 0], sizes });
  });

  test('without pods gets a placeholder, which is not written again', () => {
    const first = run([], []);
    expect(first).toMatchObject({ writes: [1, 0, 0], sizes: [0] });
    expect(first.slices[0]?.ports).toEqual([]);
    expect(run(first.slices, []).writes).toEqual([0, 0, 0]);
  });
});

describe('pods more', () => {
  test('one, and the fullest slice that has room takes it', () => {
    const result = run([slice('a', endpoints(1, 20)), slice('b', endpoints(21, 119))], endpoints(1, 120));
    expect(result).toMatchObject({ writes: [0, 1, 0], sizes: [100, 20] });
  });

  test('one, and all are full', () => {
    expect(run([slice('a', endpoints(1, 100))], endpoints(1, 101))).toMatchObject({
      writes: [1, 0, 0],
      sizes: [100, 1],
    });
  });

  test('more than fit into one slice go to a new one, though two could share them', () => {
    const existing = [slice('a', endpoints(1, 95)), slice('b', endpoints(96, 190))];
    expect(run(existing, endpoints(1, 196))).toMatchObject({ writes: [1, 0, 0], sizes: [95, 95, 6] });
  });

  test('a whole slice of them never joins another', () => {
    expect(run([slice('a', endpoints(1, 10))], endpoints(1, 110))).toMatchObject({
      writes: [1, 0, 0],
      sizes: [100, 10],
    });
  });

  test('a slice of them and a remainder that fits', () => {
    expect(run([slice('a', endpoints(1, 1))], endpoints(1, 200))).toMatchObject({
      writes: [1, 1, 0],
      sizes: [100, 100],
    });
  });

  test('the first ones take over the placeholder', () => {
    const result = run([placeholder()], endpoints(1, 5));
    expect(result).toMatchObject({ writes: [0, 1, 0], sizes: [5] });
    expect(result.slices[0]?.metadata.name).toBe('foo-p');
  });
});

describe('pods less', () => {
  test('one of a slice', () => {
    expect(run([slice('a', endpoints(1, 50))], endpoints(2, 50))).toMatchObject({ writes: [0, 1, 0], sizes: [49] });
  });

  test('one in each of ten slices', () => {
    const existing = Array.from({ length: 10 }, (_, i) => slice(`s${i}`, endpoints(100 * i + 1, 100 * i + 100)));
    const wanted = endpoints(1, 1000).filter((_, i) => i % 100 !== 0);
    expect(run(existing, wanted)).toMatchObject({ writes: [0, 10, 0], sizes: Array<number>(10).fill(99) });
  });

  test('all of one slice', () => {
    const existing = [slice('a', endpoints(1, 100)), slice('b', endpoints(101, 150))];
    expect(run(existing, endpoints(1, 100))).toMatchObject({ writes: [0, 0, 1], sizes: [100] });
  });

  test('all, and the last slice becomes the placeholder', () => {
    const result = run([slice('a', endpoints(1, 50))], []);
    expect(result).toMatchObject({ writes: [0, 1, 0], sizes: [0] });
    expect(result.slices[0]).toMatchObject({ metadata: { name: 'a' }, ports: [] });
  });

  test('500 to 50 leaves five slices of ten, which nobody merges', () => {
    const existing = Array.from({ length: 5 }, (_, i) => slice(`s${i}`, endpoints(100 * i + 1, 100 * i + 100)));
    const wanted = endpoints(1, 500).filter((_, i) => i % 10 === 0);
    const fragmented = run(existing, wanted);
    expect(fragmented).toMatchObject({ writes: [0, 5, 0], sizes: [10, 10, 10, 10, 10] });
    expect(run(fragmented.slices, wanted).writes).toEqual([0, 0, 0]);
    // A changed target port is the one moment when fragments get packed.
    expect(run(fragmented.slices, wanted, { port: 9090 })).toMatchObject({ writes: [0, 1, 4], sizes: [50] });
  });
});

describe('changes in place', () => {
  test('a replaced pod fills the place that became free, not the emptier slice', () => {
    const existing = [slice('a', endpoints(1, 100)), slice('b', endpoints(101, 120))];
    const wanted = [...endpoints(1, 99), ...endpoints(101, 120), endpoint(500)];
    expect(run(existing, wanted)).toMatchObject({ writes: [0, 1, 0], sizes: [100, 20] });
  });

  test('a readiness flip is one update and leaves the order alone', () => {
    const flipped = endpoints(1, 3).map((one, i) => (i === 1 ? { ...one, ready: false, serving: false } : one));
    const result = run([slice('a', endpoints(1, 3))], flipped);
    expect(result.writes).toEqual([0, 1, 0]);
    expect(result.slices[0]?.endpoints).toEqual(flipped);
  });

  test('a pod of the same name with another address is another endpoint', () => {
    const result = run([slice('a', endpoints(1, 2))], [endpoint(1), endpoint(2, { address: 99 })]);
    expect(result.writes).toEqual([0, 1, 0]);
    expect(result.slices[0]?.endpoints[1]?.address).toBe(99);
  });

  test('labels of the Service are copied: one update a slice', () => {
    const existing = [slice('a', endpoints(1, 100)), slice('b', endpoints(101, 150))];
    const labelled = service({ metadata: { namespace: 'test', name: 'foo', labels: { team: 'x' } } });
    const result = run(existing, endpoints(1, 150), { of: labelled });
    expect(result).toMatchObject({ writes: [0, 2, 0], sizes: [100, 50] });
    expect(result.slices[0]?.metadata.labels).toMatchObject({ team: 'x' });
  });

  test('what stays the same is the same object', () => {
    const existing = slice('a', endpoints(1, 3));
    const result = run([existing], endpoints(1, 2));
    expect(result.slices[0]?.endpoints[0]).toBe(existing.endpoints[0]);
  });

  test('an endpoint in two slices stays in the first one', () => {
    const result = run([slice('a', endpoints(1, 2)), slice('b', endpoints(2, 3))], endpoints(1, 3));
    expect(result).toMatchObject({ writes: [0, 1, 0], sizes: [2, 1] });
  });

  test('a slice above the limit is not split', () => {
    expect(run([slice('a', endpoints(1, 150))], endpoints(1, 150)).writes).toEqual([0, 0, 0]);
  });
});

describe('slices without endpoints', () => {
  test('a placeholder of another owner that is as the Service would have it is left alone', () => {
    const existing = { ...placeholder(), owner: 'before' };
    const of = service({ metadata: { namespace: 'test', name: 'foo', labels: {}, uid: 'now' } });
    expect(run([existing], [], { of }).writes).toEqual([0, 0, 0]);
    // With a second slice, or other labels, there is something to write, and what another owns is not written over.
    const labelled = { ...existing, metadata: { ...existing.metadata, labels: {} } };
    expect(run([labelled], [], { of }).writes).toEqual([1, 0, 1]);
    expect(run([existing, slice('a', endpoints(1, 2))], [], { of }).writes).toEqual([0, 1, 1]);
  });

  test('of ports that some pod has, though it has no endpoint, stay', () => {
    const writes = reconcileSlices({
      service: service(),
      desired: [{ ports: [{ name: '', protocol: 6, port: 8080 }], endpoints: [] }],
      existing: [slice('a', [])],
      limit: LIMIT,
      newName: () => 'new',
    });
    expect(writes).toEqual({ create: [], update: [], delete: [] });
  });
});
