/**
 * Five-tuples: the hash over (source, destination, source port, destination port, protocol) by which flows are told
 * apart, spread over cores and given their outer source port.
 *
 * The mixing steps are MurmurHash3's (A. Appleby). The kernel uses SipHash with a random key per boot, so no particular values can be expected of it; what
 * counts is that one flow always hashes alike and flows spread evenly.
 */
import { ipDigest, type IpAddress } from './address.js';

/**
 * Hash of a five-tuple of either family.
 * @returns an unsigned 32-bit number
 */
export function hashTuple(
  source: IpAddress,
  destination: IpAddress,
  sourcePort: number,
  destinationPort: number,
  protocol: number,
): number {
  // An IPv6 address is a handle, from 240.0.0.0 on; most are IPv4 and go without the call.
  let h = Math.imul(source >>> 28 === 15 ? ipDigest(source >>> 0) : source, 0xcc9e2d51);
  h =
    Math.imul((h << 15) | (h >>> 17), 0x1b873593) ^
    (destination >>> 28 === 15 ? ipDigest(destination >>> 0) : destination);
  h = Math.imul((h << 13) | (h >>> 19), 5) + 0x52dce729;
  h ^= Math.imul((sourcePort << 16) | destinationPort, 0xcc9e2d51);
  h = Math.imul((h << 13) | (h >>> 19), 5) + protocol;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
