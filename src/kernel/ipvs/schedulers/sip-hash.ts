/**
 * SipHash-1-3 of a 32-bit number (hsiphash of lib/siphash.c on a 64-bit kernel, Linux 6.1).
 *
 * The message is the number's four bytes, the least first; of the 64 bits that come out the lower 32 count. A 64-bit
 * word stands here as two halves of 32 bits. Cost: four rounds, nothing allocated.
 */

/** A 128-bit key: two words, each as its upper and lower half. */
export interface SipKey {
  readonly k0High: number;
  readonly k0Low: number;
  readonly k1High: number;
  readonly k1Low: number;
}

/** Rounds behind the message. */
const FINAL_ROUNDS = 3;

/**
 * The lower half of a number's hash.
 * @param value only its lower 32 bits count
 * @returns 0 to 2^32 - 1
 */
export function sipHash13(value: number, key: SipKey): number {
  const { k0High, k0Low, k1High, k1Low } = key;
  // The one word of the message: its length in the uppermost byte.
  const messageHigh = 4 << 24;
  const messageLow = value | 0;
  let h0 = 0x736f6d65 ^ k0High;
  let l0 = 0x70736575 ^ k0Low;
  let h1 = 0x646f7261 ^ k1High;
  let l1 = 0x6e646f6d ^ k1Low;
  let h2 = 0x6c796765 ^ k0High;
  let l2 = 0x6e657261 ^ k0Low;
  let h3 = 0x74656462 ^ k1High ^ messageHigh;
  let l3 = 0x79746573 ^ k1Low ^ messageLow;
  for (let round = 0; round <= FINAL_ROUNDS; round++) {
    // v0 += v1; v1 = rotate(v1, 13) ^ v0; v0 = rotate(v0, 32)
    let low = (l0 + l1) | 0;
    let high = (h0 + h1 + carry(low, l0)) | 0;
    let turned = ((h1 << 13) | (l1 >>> 19)) ^ high;
    l1 = ((l1 << 13) | (h1 >>> 19)) ^ low;
    h1 = turned;
    h0 = low;
    l0 = high;
    // v2 += v3; v3 = rotate(v3, 16) ^ v2
    low = (l2 + l3) | 0;
    h2 = (h2 + h3 + carry(low, l2)) | 0;
    l2 = low;
    turned = ((h3 << 16) | (l3 >>> 16)) ^ h2;
    l3 = ((l3 << 16) | (h3 >>> 16)) ^ l2;
    h3 = turned;
    // v0 += v3; v3 = rotate(v3, 21) ^ v0
    low = (l0 + l3) | 0;
    h0 = (h0 + h3 + carry(low, l0)) | 0;
    l0 = low;
    turned = ((h3 << 21) | (l3 >>> 11)) ^ h0;
    l3 = ((l3 << 21) | (h3 >>> 11)) ^ l0;
    h3 = turned;
    // v2 += v1; v1 = rotate(v1, 17) ^ v2; v2 = rotate(v2, 32)
    low = (l2 + l1) | 0;
    high = (h2 + h1 + carry(low, l2)) | 0;
    turned = ((h1 << 17) | (l1 >>> 15)) ^ high;
    l1 = ((l1 << 17) | (h1 >>> 15)) ^ low;
    h1 = turned;
    h2 = low;
    l2 = high;
    if (round > 0) continue;
    h0 ^= messageHigh;
    l0 ^= messageLow;
    l2 ^= 0xff;
  }
  return (l0 ^ l1 ^ l2 ^ l3) >>> 0;
}

/** What a sum of two halves carries over. */
function carry(sum: number, term: number): number {
  return sum >>> 0 < term >>> 0 ? 1 : 0;
}
