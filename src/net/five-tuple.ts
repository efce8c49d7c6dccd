/**
 * Five-tuples: the hash over (source, destination, source port, destination port, protocol) by which flows are told
 * apart, spread over cores and given their outer source port.
 *
 * The mixing steps are MurmurHash3's (A. Appleby). The kernel uses SipHash with a random key per boot, so no particular values can be expected of it; what
 * counts is that one flow always hashes alike and flows spread evenly.
 */

/**
 * Hash of a five-tuple.
 * @returns an unsigned 32-bit number
 */
export function hashTuple(
  source: number,
  destination: number,
  sourcePort: number,
  destinationPort: number,
  protocol: number,
): number {
  let h = Math.imul(source, 0xcc9e2d51);
  h = Math.imul((h << 15) | (h >>> 17), 0x1b873593) ^ destination;
  h = Math.imul((h << 13) | (h >>> 19), 5) + 0x52dce729;
  h ^= Math.imul((sourcePort << 16) | destinationPort, 0xcc9e2d51);
  h = Math.imul((h << 13) | (h >>> 19), 5) + protocol;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
