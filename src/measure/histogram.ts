/**
 * Log-linear histogram of whole, non-negative numbers (in practice nanoseconds): fixed memory, mergeable, no allocation
 * per recorded value.
 *
 * Values below 256 have a bucket each. Above, every power of two is split into 128 buckets, so a quantile is off by at
 * most 0.4 % (the middle of its bucket is given); count, sum, least and largest value are exact. The bucket comes from
 * `Math.clz32` below 2^31 and from the upper word of the double above, up to 2^53. Same idea as HdrHistogram (G. Tene).
 * Cost: a few nanoseconds a value; 48 KB a histogram.
 */
import { invariant } from '../sim/index.js';
import { nearestRank } from './quantile.js';

/** Bits of a value that decide its bucket within a power of two. */
const SUB_BITS = 7;
const SUB_BUCKETS = 2 ** SUB_BITS;
/** Powers of two from 2^7 to 2^52 with 128 buckets each, and 128 for the values below. */
const BUCKETS = (53 - SUB_BITS) * SUB_BUCKETS + SUB_BUCKETS;
/** Exponent field of 2^7, moved next to the sub-bucket bits: what the upper word of 128 shows. */
const UPPER_BASE = (1023 + SUB_BITS) * SUB_BUCKETS - SUB_BUCKETS;
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
double[0] = 1;
// Byte order of this machine: the exponent stands in the upper word.
const UPPER = words[1] === 0x3ff00000 ? 1 : 0;

/** A histogram as plain data, for JSON and for messages between workers. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  /** 0 when nothing was recorded. */
  readonly min: number;
  /** 0 when nothing was recorded. */
  readonly max: number;
  /** Numbers of the buckets that are not empty, ascending. */
  readonly buckets: readonly number[];
  /** Values in each of those buckets. */
  readonly counts: readonly number[];
}

/** Counts of values by bucket. */
export class Histogram {
  /** Number of values recorded. */
  count = 0;
  /** Their sum, exact below 2^53. */
  sum = 0;
  private readonly counts = new Float64Array(BUCKETS);
  private least = Infinity;
  private largest = -Infinity;

  /**
   * Counts one value.
   * @param value a whole number, 0 to 2^53 - 1
   * @throws InvariantError when the value is negative, too large or no number
   */
  record(value: number): void {
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) refuse(value);
    this.counts[bucketOf(value)]! += 1;
    this.count++;
    this.sum += value;
    if (value < this.least) this.least = value;
    if (value > this.largest) this.largest = value;
  }

  /** Least value recorded; NaN when there is none. */
  get min(): number {
    return this.count === 0 ? NaN : this.least;
  }

  /** Largest value recorded; NaN when there is none. */
  get max(): number {
    return this.count === 0 ? NaN : this.largest;
  }

  /** Mean of the values recorded; NaN when there is none. */
  get mean(): number {
    return this.sum / this.count;
  }

  /**
   * The value below or at which a share of the values lies (nearest rank), within 0.4 %.
   * @param q the share, 0 to 1; 0 gives the least and 1 the largest value exactly
   * @returns a whole number, or NaN when nothing was recorded
   */
  quantile(q: number): number {
    if (this.count === 0) return NaN;
    const rank = nearestRank(q, this.count);
    if (rank === 1) return this.least;
    if (rank === this.count) return this.largest;
    let seen = 0;
    let bucket = -1;
    while (seen < rank) seen += this.counts[++bucket]!;
    return this.withinRange(middleOf(bucket));
  }

  /** Adds everything that another histogram has counted. */
  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.counts[bucket]! += other.counts[bucket]!;
    this.count += other.count;
    this.sum += other.sum;
    this.least = Math.min(this.least, other.least);
    this.largest = Math.max(this.largest, other.largest);
  }

  /**
   * What was counted, as values with their numbers, ascending: the least and the largest value exactly, once each, and
   * between them the middle of each bucket. For encodings that have buckets of their own.
   */
  entries(): (readonly [value: number, count: number])[] {
    if (this.count === 0) return [];
    if (this.count === 1) return [[this.least, 1]];
    const { buckets, counts } = this.toJSON();
    const left = [...counts];
    left[0]! -= 1;
    left[left.length - 1]! -= 1;
    const middles = buckets.map((bucket, i) => [this.withinRange(middleOf(bucket)), left[i]!] as const);
    return [[this.least, 1] as const, ...middles, [this.largest, 1] as const].filter(([, count]) => count > 0);
  }

  /** The histogram as plain data. */
  toJSON(): HistogramData {
    const buckets: number[] = [];
    const counts: number[] = [];
    this.counts.forEach((count, bucket) => {
      if (count === 0) return;
      buckets.push(bucket);
      counts.push(count);
    });
    const empty = this.count === 0;
    const { count, sum } = this;
    return { count, sum, min: empty ? 0 : this.least, max: empty ? 0 : this.largest, buckets, counts };
  }

  /** The histogram that `toJSON` wrote. */
  static fromJSON(data: HistogramData): Histogram {
    const histogram = new Histogram();
    data.buckets.forEach((bucket, i) => {
      invariant(bucket >= 0 && bucket < BUCKETS, 'histogram-bucket', `no bucket ${bucket}`);
      histogram.counts[bucket] = data.counts[i] ?? 0;
    });
    histogram.count = data.count;
    histogram.sum = data.sum;
    if (data.count > 0) {
      histogram.least = data.min;
      histogram.largest = data.max;
    }
    return histogram;
  }

  private withinRange(value: number): number {
    return Math.min(this.largest, Math.max(this.least, value));
  }
}

function bucketOf(value: number): number {
  if (value < 0x80000000) {
    const shift = 24 - Math.clz32(value | SUB_BUCKETS);
    return shift * SUB_BUCKETS + (value >>> shift);
  }
  double[0] = value;
  return (words[UPPER]! >>> (20 - SUB_BITS)) - UPPER_BASE;
}

/** The whole number in the middle of a bucket; the value itself where a bucket holds only one. */
function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const width = 2 ** shift;
  return ((bucket % SUB_BUCKETS) + SUB_BUCKETS) * width + Math.floor((width - 1) / 2);
}

function refuse(value: number): void {
  invariant(false, 'histogram-value', `cannot record ${value}`);
}
