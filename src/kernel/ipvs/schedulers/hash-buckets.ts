/** The hash shared by `sh` and `dh` (hash_32 of include/linux/hash.h, 8 bits) and their table of buckets. */

/** Number of buckets (IP_VS_SH_TAB_SIZE, IP_VS_DH_TAB_SIZE). */
export const BUCKETS = 256;

/** The golden ratio of 32-bit hashing (GOLDEN_RATIO_32). */
const GOLDEN_RATIO = 0x61c88647;

/**
 * Bucket of a value.
 * @param value address (`ipHash`), or address + port, in host order; only its lower 32 bits count
 */
export function bucketOf(value: number): number {
  return Math.imul(value | 0, GOLDEN_RATIO) >>> 24;
}
