/** Hosts and paths of Ingresses: which rule a request gets, and what controllers may choose. */
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
