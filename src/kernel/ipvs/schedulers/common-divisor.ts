/** Greatest common divisor (lib/math/gcd.c), by which `wrr` and `mh` scale weights. */

/** The greatest whole number that divides both; the other one where one is 0. */
export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
