/** The store: versions, order of listing, and what watches are told. */
import { expect, test } from 'vitest';
import { Store } from '../../src/kube/index.js';
import { pod, service } from './objects.js';

test('the resource version grows by one a write, over all kinds', () => {
  const store = new Store();
  store.put('pod', pod(1));
  store.put('service', service());
  store.put('pod', pod(1, { ready: false }));
  expect(store.version).toBe(3);
  expect(store.remove('pod', 'test/pod-9')).toBe(false);
  expect(store.version).toBe(3);
});

test('objects are listed in the order of their creation; a write in place does not move them', () => {
  const store = new Store();
  for (const n of [3, 1, 2]) store.put('pod', pod(n));
  store.put('pod', pod(3, { ready: false }));
  expect([...store.list('pod')].map((object) => object.metadata.name)).toEqual(['pod-3', 'pod-1', 'pod-2']);
  expect(store.count('pod')).toBe(3);
  expect(store.get('pod', 'test/pod-3')?.ready).toBe(false);
});

test('a watch is told type, key, version and what was there before', () => {
  const store = new Store();
  store.put('pod', pod(1));
  const told: string[] = [];
  store.watch('pod', ({ type, key, object, previous, version }) => {
    told.push(`${version} ${type} ${key} ${previous?.ready ?? '-'} ${object.ready}`);
  });
  store.put('pod', pod(2));
  store.put('pod', pod(1, { ready: false }));
  store.put('service', service());
  store.remove('pod', 'test/pod-1');
  expect(told).toEqual([
    '2 added test/pod-2 - true',
    '3 modified test/pod-1 true false',
    '5 deleted test/pod-1 - false',
  ]);
});

test('a write from within a watch is told to everybody after the event at hand', () => {
  const store = new Store();
  const told: string[] = [];
  store.watch('pod', ({ version }) => {
    told.push(`first ${version}`);
    if (version === 1) store.put('service', service());
  });
  store.watch('service', ({ version }) => told.push(`service ${version}`));
  store.watch('pod', ({ version }) => told.push(`second ${version}`));
  store.put('pod', pod(1));
  expect(told).toEqual(['first 1', 'second 1', 'service 2']);
});

test('a watch that throws does not silence later writes', () => {
  const store = new Store();
  let fail = true;
  let calls = 0;
  store.watch('pod', () => {
    calls++;
    if (fail) throw new Error('once');
  });
  expect(() => store.put('pod', pod(1))).toThrow('once');
  fail = false;
  store.put('pod', pod(2));
  expect(calls).toBe(2);
});
