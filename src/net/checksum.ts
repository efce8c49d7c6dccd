/**
 * Checksums of real packets: the Internet checksum (RFC 1071) and the CRC32c of SCTP (RFC 9260, appendix A).
 *
 * Needed only where packets are written as bytes; the simulation itself does not compute any.
 */

/** Sum of big-endian 16-bit words, not yet folded; an odd last byte counts as the upper one. */
export function wordSum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  return sum;
}

/** The Internet checksum for a sum of words. */
export function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest & 0xffff) + Math.floor(rest / 0x10000);
  return ~rest & 0xffff;
}

/** CRC32c (Castagnoli), reflected, as SCTP puts it into its header in little-endian order. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
