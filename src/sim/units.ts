/**
 * Units of the simulated world, as names for plain numbers.
 *
 * A quantity carries its unit in its name (`delayNs`, `lengthBytes`); these aliases say the same in signatures.
 */

/** A point in simulated time, or a span of it, in whole nanoseconds; exact up to 2^53 ns (104 days). */
export type Nanoseconds = number;

/** A size in bytes. */
export type Bytes = number;

/** A data rate in bits a second. */
export type BitsPerSecond = number;

/** One microsecond in nanoseconds. */
export const MICROSECOND: Nanoseconds = 1_000;

/** One millisecond in nanoseconds. */
export const MILLISECOND: Nanoseconds = 1_000_000;

/** One second in nanoseconds. */
export const SECOND: Nanoseconds = 1_000_000_000;
