/** Texts and fractions of `statistic`. */
import { expect, test } from 'vitest';
import { fractionText, probabilityFraction, probabilityText } from '../../../src/kernel/iptables/probability.js';

test.each([
  [1, '1.0000000000'],
  [2, '0.5000000000'],
  [3, '0.3333333333'],
  [6, '0.1666666667'],
  [7, '0.1428571429'],
  [1024, '0.0009765625'],
  [2048, '0.0004882812'],
  [4096, '0.0002441406'],
])('1/%i is written %s', (n, text) => {
  expect(probabilityText(n)).toBe(text);
});

test('the kernel keeps 31 bits', () => {
  expect(probabilityFraction('0.5000000000')).toBe(2 ** 30);
  expect(probabilityFraction('0.3333333333')).toBe(715827883);
  expect(probabilityFraction('1.0000000000')).toBe(2 ** 31);
});

test('a fraction of 1/n is written back as kube-proxy writes it, any other as iptables-save does', () => {
  for (let n = 1; n <= 5000; n++) {
    expect(fractionText(probabilityFraction(probabilityText(n)))).toBe(probabilityText(n));
  }
  expect(fractionText(probabilityFraction('0.75'))).toBe('0.75000000000');
});
