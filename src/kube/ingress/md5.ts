/** MD5 of a text (RFC 1321), for the keys in ingress-nginx's cookies. Not for anything that has to be safe. */

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** 2^32 times the sines of 1 to 64, as the RFC lists them: computed sines need not be the same everywhere. */
const CONSTANTS = Uint32Array.of(
  ...[0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501],
  ...[0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821],
  ...[0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8],
  ...[0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a],
  ...[0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70],
  ...[0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665],
  ...[0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1],
  ...[0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391],
);

/** The digest in hexadecimal. @param text of ASCII letters */
export function md5(text: string): string {
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const words = padded(text);
  for (let at = 0; at < words.length; at += 16) mix(state, words.subarray(at, at + 16));
  const bytes = Array.from(state, (word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff)).flat();
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The text with its end mark and length, as little-endian words. */
function padded(text: string): Uint32Array {
  const words = new Uint32Array((((text.length + 8) >>> 6) + 1) * 16);
  for (let i = 0; i < text.length; i++) words[i >> 2]! |= (text.charCodeAt(i) & 0xff) << ((i & 3) * 8);
  words[text.length >> 2]! |= 0x80 << ((text.length & 3) * 8);
  words[words.length - 2] = text.length * 8;
  return words;
}

function mix(state: Uint32Array, block: Uint32Array): void {
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const [f, word] = [
      [(b & c) | (~b & d), i],
      [(d & b) | (~d & c), (5 * i + 1) & 15],
      [b ^ c ^ d, (3 * i + 5) & 15],
      [c ^ (b | ~d), (7 * i) & 15],
    ][round]! as [number, number];
    const sum = (a + f + CONSTANTS[i]! + block[word]!) | 0;
    const shift = SHIFTS[round * 4 + (i & 3)]!;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  for (const [i, value] of [a, b, c, d].entries()) state[i]! += value;
}
