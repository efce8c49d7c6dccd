/** Names as the API server checks them: what is let through, what is not, and in which words. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dns1035LabelProblems,
  dnsLabelProblems,
  dnsSubdomainProblems,
  label1035Name,
  labelName,
  labelValueProblems,
  pathSegmentProblems,
  qualifiedNameProblems,
  subdomainName,
  wildcardProblems,
} from '../../../src/kube/validation/names.js';

describe('labels', () => {
  test.each(['a', '9', 'a-9', 'x'.repeat(63)])('%s is one', (text) => expect(dnsLabelProblems(text)).toEqual([]));

  test.each(['', '-a', 'a-', 'A', 'a_b'])('%j is none', (text) => expect(dnsLabelProblems(text)).toHaveLength(1));

  test('with dots are said to have dots', () => expect(dnsLabelProblems('a.b')).toEqual(['must not contain dots']));

  test('that are too long are told so, and once', () => {
    expect(dnsLabelProblems('x'.repeat(64))).toEqual(['must be no more than 63 bytes']);
  });

  test('of older rules begin with a letter', () => {
    expect(dns1035LabelProblems('a1')).toEqual([]);
    expect(dns1035LabelProblems('1a')).toEqual([
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end " +
        "with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ]);
  });

  test('that a server will lengthen may end in a dash', () => {
    expect(label1035Name('web-', true)).toEqual([]);
    expect(label1035Name('web-', false)).toHaveLength(1);
    expect(subdomainName('-', true)).toHaveLength(1);
  });
});

describe('domain names', () => {
  test('are labels with dots between', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
        expect(dnsSubdomainProblems(labels.join('.'))).toEqual([]);
        expect(wildcardProblems(`*.${labels.join('.')}`)).toEqual([]);
      }),
    );
  });

  test.each(['', '.a', 'a..b', 'a.', '*.a', 'A.b', 'a_b.c'])('%j is none', (text) => {
    expect(dnsSubdomainProblems(text)).toHaveLength(1);
  });

  test.each(['*', '*.', 'a.*.b', '*.*.b', '*a.b'])('%j is no wildcard', (text) => {
    expect(wildcardProblems(text)).toHaveLength(1);
  });
});

describe('keys of labels', () => {
  test.each(['a', 'A.b_c-9', 'example.com/Key', 'x'.repeat(63)])('%s is one', (text) => {
    expect(qualifiedNameProblems(text)).toEqual([]);
  });

  test('say which part is wrong', () => {
    expect(qualifiedNameProblems('Example.com/a')).toEqual([
      expect.stringMatching(/^prefix part a lowercase RFC 1123/),
    ]);
    expect(qualifiedNameProblems('/a')).toEqual(['prefix part must be non-empty']);
    expect(qualifiedNameProblems('a/')).toEqual([
      'name part must be non-empty',
      expect.stringMatching(/^name part must consist of/),
    ]);
    expect(qualifiedNameProblems('a/b/c')).toEqual([expect.stringMatching(/^a valid label key must consist of/)]);
  });

  test('are stricter than values, which may be empty', () => {
    expect(labelValueProblems('')).toEqual([]);
    expect(labelValueProblems('a b')).toHaveLength(1);
    expect(labelValueProblems('x'.repeat(64))).toEqual(['must be no more than 63 bytes']);
  });
});

test('parts of paths hold no slash and no percent sign', () => {
  expect(['a', '.', 'a/b', '%/'].map((text) => pathSegmentProblems(text).length)).toEqual([0, 1, 1, 2]);
});

describe('prefixes of names', () => {
  // The server puts one letter in place of the last two.
  test.each<[string, number]>([
    ['web-', 0],
    [`${'x'.repeat(63)}-`, 0],
    [`${'x'.repeat(64)}-`, 1],
    ['-', 1],
    ['-a-', 1],
    ['webX-', 0],
    ['web', 0],
  ])('%j', (text, problems) => expect(labelName(text, true)).toHaveLength(problems));
});
