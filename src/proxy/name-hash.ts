/**
 * The hash in the names of kube-proxy's chains: the first characters of the base32 text (RFC 4648) of a SHA-256 digest.
 *
 * Cost: one SHA-256, about 2 us.
 */
import { sha256 } from './sha256.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The hash of a name.
 * @param text what is hashed, as UTF-8
 * @param characters how many, at most 48: 5 bits each
 */
export function nameHash(text: string, characters: number): string {
  const digest = sha256(text);
  let name = '';
  for (let bit = 0; bit < characters * 5; bit += 5) {
    const pair = (digest[bit >> 3]! << 8) | (digest[(bit >> 3) + 1] ?? 0);
    name += BASE32[(pair >>> (11 - (bit & 7))) & 31]!;
  }
  return name;
}
