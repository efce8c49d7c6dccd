/**
 * Confidence interval of a mean over replications (one run of a case with one seed each), by Student's t.
 *
 * The distribution function of t is the finite series of Abramowitz & Stegun 26.7.3 and 26.7.4, inverted by bisection;
 * only exactly rounded operations, so every machine gives the same bits. Cost: about 60 x degrees of freedom steps.
 */
import { mean as meanOf, sampleStandardDeviation } from 'simple-statistics';

/** A mean and how far off it may be. */
export interface MeanInterval {
  /** Number of samples. */
  readonly count: number;
  /** NaN without samples. */
  readonly mean: number;
  /** Half the width of the interval; NaN below two samples. */
  readonly halfWidth: number;
}

/**
 * Mean of independent samples with its confidence interval.
 * @param samples one figure per replication
 * @param confidence share of such intervals that hold the true mean
 */
export function meanInterval(samples: readonly number[], confidence = 0.95): MeanInterval {
  const count = samples.length;
  if (count === 0) return { count, mean: NaN, halfWidth: NaN };
  const mean = meanOf([...samples]);
  if (count === 1) return { count, mean, halfWidth: NaN };
  const t = studentQuantile((1 + confidence) / 2, count - 1);
  return { count, mean, halfWidth: (t * sampleStandardDeviation([...samples])) / Math.sqrt(count) };
}

/**
 * Quantile of Student's t distribution.
 * @param q the share, above 0.5 and below 1
 * @param degrees degrees of freedom, a whole number of at least 1
 */
export function studentQuantile(q: number, degrees: number): number {
  const within = 2 * q - 1;
  let low = 0;
  let high = 1;
  while (withinT(high, degrees) < within) high *= 2;
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (withinT(middle, degrees) < within) low = middle;
    else high = middle;
  }
  return high;
}

/** Probability that |T| <= t. */
function withinT(t: number, degrees: number): number {
  const cosine2 = degrees / (degrees + t * t);
  const sine = t / Math.sqrt(degrees + t * t);
  if (degrees % 2 === 0) return sine * series(cosine2, 1, degrees - 2);
  const angle = arctangent(t / Math.sqrt(degrees));
  const rest = degrees === 1 ? 0 : sine * Math.sqrt(cosine2) * series(cosine2, 2, degrees - 2);
  return (angle + rest) * (2 / Math.PI);
}

/** 1 + a/(a+1) z + a(a+2)/((a+1)(a+3)) z^2 + ... up to the factor with numerator below `until`. */
function series(z: number, start: number, until: number): number {
  let sum = 1;
  let term = 1;
  for (let n = start; n < until; n += 2) {
    term *= (z * n) / (n + 1);
    sum += term;
  }
  return sum;
}

/** Arctangent of a non-negative number: the angle is halved three times, then the power series. */
function arctangent(x: number): number {
  let y = x;
  for (let halving = 0; halving < 3; halving++) y /= 1 + Math.sqrt(1 + y * y);
  // tan(pi/16) < 0.2: 0.2^24 / 25 is below one unit in the last place.
  let sum = 0;
  for (let n = 25; n >= 1; n -= 2) sum = 1 / n - y * y * sum;
  return 8 * y * sum;
}
