/** Sessions by cookie: they stay, they move where an endpoint goes, and the two modes differ in what a new endpoint does. */
import { createHash } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CookieAffinity } from '../../../src/kube/index.js';
import { crc32 } from '../../../src/kube/ingress/crc32.js';
import { HashRing } from '../../../src/kube/ingress/hash-ring.js';
import { md5 } from '../../../src/kube/ingress/md5.js';

const ENDPOINTS = Array.from({ length: 5 }, (_, i) => `10.244.0.${i + 1}:8080`);
const KEYS = Array.from({ length: 2000 }, (_, i) => `1700000000.${i}.7`);

function counts(ring: HashRing): Map<string, number> {
  const found = new Map<string, number>();
  for (const key of KEYS) {
    const server = ring.find(key) ?? '';
    found.set(server, (found.get(server) ?? 0) + 1);
  }
  return found;
}

describe('digests', () => {
  test('are those of everybody else', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{0,150}$/), (text) => {
        expect(md5(text)).toBe(createHash('md5').update(text, 'latin1').digest('hex'));
      }),
    );
    expect(crc32('123456789')).toBe(0xcbf43926);
    // Of Node 20.15 and later.
    if (typeof zlibCrc32 === 'function') expect(crc32('10.244.0.1:8080')).toBe(zlibCrc32('10.244.0.1:8080'));
  });
});

describe('the ring', () => {
  test('gives every server about its share', () => {
    const found = counts(new HashRing(ENDPOINTS));
    expect(found.size).toBe(5);
    for (const count of found.values()) expect(Math.abs(count - 400)).toBeLessThan(200);
  });

  test('moves only what belonged to a server that goes', () => {
    const before = new HashRing(ENDPOINTS);
    const after = new HashRing(ENDPOINTS.slice(1));
    for (const key of KEYS) {
      const own = before.find(key);
      if (own !== ENDPOINTS[0]) expect(after.find(key)).toBe(own);
    }
    expect(new HashRing([]).find('x')).toBeUndefined();
  });

  test('does not depend on the order of the servers', () => {
    const backwards = new HashRing(ENDPOINTS.toReversed());
    const ring = new HashRing(ENDPOINTS);
    for (const key of KEYS) expect(backwards.find(key)).toBe(ring.find(key));
  });
});

describe.each(['balanced', 'persistent'] as const)('%s sessions', (mode) => {
  const affinity = (endpoints: readonly string[]) => new CookieAffinity(mode, 'shop-web-80', endpoints);
  const begun = (random: number) => affinity(ENDPOINTS).begin({ nowSeconds: 1.5, workerPid: 30, random })!;

  test('come back to where they began', () => {
    for (let random = 1; random < 50; random++) {
      const { cookie, endpoint } = begun(random);
      expect(affinity(ENDPOINTS).endpointOf(cookie)).toBe(endpoint);
      // On another controller too, whatever the order of its endpoints.
      expect(affinity(ENDPOINTS.toReversed()).endpointOf(cookie)).toBe(endpoint);
    }
  });

  test('without cookie or endpoints are none', () => {
    expect(affinity(ENDPOINTS).endpointOf('')).toBeUndefined();
    expect(affinity([]).begin({ nowSeconds: 1, workerPid: 1, random: 1 })).toBeUndefined();
    expect(affinity([]).endpointOf(begun(1).cookie)).toBeUndefined();
  });

  test('when an endpoint goes, those of others stay', () => {
    for (let random = 1; random < 50; random++) {
      const { cookie, endpoint } = begun(random);
      const found = affinity(ENDPOINTS.slice(1)).endpointOf(cookie);
      if (endpoint !== ENDPOINTS[0]) expect(found).toBe(endpoint);
      else if (mode === 'balanced') expect(ENDPOINTS.slice(1)).toContain(found);
      else expect(found).toBeUndefined();
    }
  });

  test('when endpoints come, move with one mode alone', () => {
    const more = [...ENDPOINTS, ...Array.from({ length: 5 }, (_, i) => `10.244.9.${i + 1}:8080`)];
    const moved = Array.from({ length: 200 }, (_, i) => begun(i + 1)).filter(
      ({ cookie, endpoint }) => affinity(more).endpointOf(cookie) !== endpoint,
    );
    if (mode === 'persistent') expect(moved).toEqual([]);
    else expect(moved.length).toBeGreaterThan(50);
  });

  test('carry the backend in the cookie', () => {
    const name = 'shop-web-80';
    const key = createHash('md5')
      .update(createHash('md5').update(name).digest('hex') + name)
      .digest('hex');
    expect(begun(3).cookie.split('|')[1]).toBe(key);
  });
});
