/** Hosts and paths of Ingresses: which rule a request gets, and what controllers may choose. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INGRESS_NGINX_CHOICES, IngressMatcher, type IngressRule } from '../../../src/kube/index.js';

const prefix = (path: string, backend: string) => ({ path, pathType: 'Prefix', backend }) as const;
const RULES: readonly IngressRule<string>[] = [
  { host: 'shop.test', paths: [prefix('/cart', 'cart'), { path: '/cart/new', pathType: 'Exact', backend: 'new' }] },
  { host: '*.shop.test', paths: [prefix('/', 'tenant')] },
  { host: '', paths: [prefix('/', 'rest')] },
  { host: 'shop.test', paths: [prefix('/cart/items/', 'items'), prefix('/cart', 'second')] },
];

describe('a request', () => {
  const matcher = new IngressMatcher(RULES);

  test.each([
    ['shop.test', '/cart', 'cart'],
    ['SHOP.test:8443', '/cart/', 'cart'],
    ['shop.test.', '/cart/new', 'new'],
    ['shop.test', '/cart/new/', 'cart'],
    ['shop.test', '/cart/items?page=2', 'items'],
    ['shop.test', '/cart/items/7', 'items'],
    ['shop.test', '/cartoon', undefined],
    ['a.shop.test', '', 'tenant'],
    ['a.b.shop.test', '/', 'rest'],
    ['.shop.test', '/', 'rest'],
    ['localhost', '/x', 'rest'],
  ])('for %s%s', (host, path, backend) => expect(matcher.match(host, path)).toBe(backend));

  test('whose host has no such path may go to a less specific host', () => {
    const choices = { ...INGRESS_NGINX_CHOICES, onMissingPath: 'less-specific-host' } as const;
    expect(new IngressMatcher(RULES, choices).match('shop.test', '/cartoon')).toBe('rest');
  });

  test('to a path of the controller’s own kind is compared as it chooses', () => {
    const rules = [{ host: '', paths: [{ path: '/a', pathType: 'ImplementationSpecific', backend: 'a' } as const] }];
    expect(new IngressMatcher(rules).match('x', '/a/b')).toBe('a');
    const exact = { ...INGRESS_NGINX_CHOICES, implementationSpecific: 'Exact' } as const;
    expect(new IngressMatcher(rules, exact).match('x', '/a/b')).toBeUndefined();
    const all = [{ host: '', paths: [{ path: '', pathType: 'ImplementationSpecific', backend: 'a' } as const] }];
    expect(new IngressMatcher(all).match('x', '/a/b')).toBe('a');
  });

  test('without rules has no backend', () => {
    expect(new IngressMatcher([]).match('x', '/')).toBeUndefined();
  });
});

describe('a decision', () => {
  const choices = [
    INGRESS_NGINX_CHOICES,
    { implementationSpecific: 'Exact', onMissingPath: 'less-specific-host' },
  ] as const;
  const path = fc.constantFrom('/', '/a', '/a/', '/a/b', '/ab', '/a/b/c', '', '/a?b');
  const rule = fc.record({
    host: fc.constantFrom('', 'a.test', '*.a.test', 'b.a.test', 'A.test'),
    paths: fc.array(
      fc.record({ path, pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'), backend: fc.nat(9) }),
      { maxLength: 4 },
    ),
  });

  test('is what a match says, and holds every path of its host once', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 5 }),
        fc.constantFrom('a.test', 'b.a.test', 'c.a.test', 'x.test', 'a.test:80'),
        path,
        fc.constantFrom(...choices),
        (rules, host, asked, chosen) => {
          const matcher = new IngressMatcher(rules, chosen);
          const decision = matcher.decide(host, asked);
          expect(decision.chosen?.backend).toBe(matcher.match(host, asked));
          if (decision.chosen === undefined) expect(decision.alsoFit).toEqual([]);
          const own = rules.filter((each) => each.host.toLowerCase() === decision.host).flatMap(({ paths }) => paths);
          const told = [decision.chosen ?? [], decision.alsoFit, decision.others].flat();
          expect(new Set(told)).toEqual(new Set(decision.host === undefined ? [] : own));
          expect(told).toHaveLength(decision.host === undefined ? 0 : own.length);
        },
      ),
    );
  });

  test('names the host of the rules, and what fits as well', () => {
    const decision = new IngressMatcher(RULES).decide('Shop.test', '/cart/items/7');
    expect(decision).toMatchObject({ host: 'shop.test', chosen: { backend: 'items' } });
    expect(decision.alsoFit.map(({ backend }) => backend)).toEqual(['cart', 'second']);
    expect(decision.others.map(({ backend }) => backend)).toEqual(['new']);
    expect(new IngressMatcher(RULES.slice(0, 2)).decide('other.test', '/')).toEqual({
      ...{ host: undefined, chosen: undefined, alsoFit: [], others: [] },
    });
  });
});
