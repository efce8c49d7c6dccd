/**
 * Probabilities of `statistic --mode random`: the text that kube-proxy writes and the fraction that the kernel keeps.
 *
 * Mirrors kube-proxy's computeProbability (pkg/proxy/iptables/proxier.go, 1.33) and libxt_statistic, which keeps
 * round(p x 2^31) and prints it back with eleven digits.
 */

/** The kernel's fraction for certainty. */
export const PROBABILITY_ONE = 0x80000000;

/**
 * Text of 1/n as Go's `%0.10f` prints it.
 * @param n at least 1
 */
export function probabilityText(n: number): string {
  // Go rounds an exact half to even, JavaScript away from zero; 1/2048 is the only 1/n that is an exact half at ten digits.
  return n === 2048 ? '0.0004882812' : (1 / n).toFixed(10);
}

/**
 * The kernel's 31-bit fraction for a probability as written.
 * @param text a decimal number from 0 to 1
 */
export function probabilityFraction(text: string): number {
  return Math.round(Number(text) * PROBABILITY_ONE);
}

/**
 * Text of a 31-bit fraction: that of 1/n where it stands for one, else what iptables-save prints.
 * @param fraction round(p x 2^31)
 */
export function fractionText(fraction: number): string {
  const p = fraction / PROBABILITY_ONE;
  const text = probabilityText(Math.max(1, Math.round(1 / p)));
  return probabilityFraction(text) === fraction ? text : p.toFixed(11);
}
