/** Folder names of cases: the identifier where it can be one, unique and harmless everywhere. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { caseFolders } from '../../src/cli/case-folders.js';

test('an identifier as the matrix makes it is its own folder', () => {
  const ids = ['mode=ipvs,scheduler=rr,services=100', 'mode=iptables,factors=1+2.5+4', 'clientNodes=8,target=one-slow'];
  expect([...caseFolders(ids)]).toEqual(ids.map((id) => [id, id]));
});

test('what may mean something to a file system or a shell is replaced', () => {
  const ids = ['limit=5 %', 'path=../../etc', 'a=1:2', 'a=1;2', 'name=größe', 'end=.', 'nul', '-a=1'];
  const names = [...caseFolders(ids).values()];
  for (const name of names) expect(name).toMatch(/^[\w=,.+-]+~[0-9a-f]{16}$/);
  expect(names[0]).toMatch(/^limit=5__~/);
  expect(new Set(names).size).toBe(ids.length);
});

test('a long identifier is cut short', () => {
  const [a = '', b = ''] = caseFolders([`a=${'x'.repeat(300)}`, `a=${'x'.repeat(301)}`]).values();
  expect([a.length, b.length]).toEqual([120, 120]);
  expect(a).not.toBe(b);
});

test('no two are equal, not even without regard to case', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'A', '=', '~', '/', ' ', '.'), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 20 }), (ids) => {
      const names = [...caseFolders(ids).values()].map((name) => name.toLowerCase());
      expect(names).toHaveLength(ids.length);
      expect(new Set(names).size).toBe(ids.length);
      for (const name of names) expect(name).not.toMatch(/[/ ]|^\.|\.$/);
    }),
  );
});
