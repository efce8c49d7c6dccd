/** CRC-32 (ISO 3309, polynomial 0xedb88320), as nginx and Lua modules for it hash with. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The checksum of bytes, without the inversions at the start and the end. @param start what came before */
export function crc32Update(start: number, bytes: Iterable<number>): number {
  let value = start;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return value >>> 0;
}

/** The checksum of a text of ASCII letters. */
export function crc32(text: string): number {
  return ~crc32Update(0xffffffff, bytesOf(text)) >>> 0;
}

function* bytesOf(text: string): Generator<number> {
  for (let i = 0; i < text.length; i++) yield text.charCodeAt(i) & 0xff;
}
