/**
 * IP addresses of either family as one number, so that columns, hashes and comparisons are the same for both.
 *
 * An IPv4 address is itself, an unsigned 32-bit number. An IPv6 address is a handle: numbers from 240.0.0.0 on (class E, RFC 1112, which
 * no host uses; 255.255.255.255 excepted) name the entries of a table of all IPv6 addresses met so far. Equal addresses have
 * equal handles; what a handle's number is depends on the order of meeting, so nothing may be sorted or hashed by it: `ipHash`
 * and `formatIp` speak of the address itself. The table only ever grows and has no effect of its own, like a table of symbols.
 * Cost: no allocation but at the first sight of an IPv6 address; 16 bytes and its text for each.
 */
import ipaddr from 'ipaddr.js';
import { grown, invariant } from '../sim/index.js';
import { AddressMap } from './address-map.js';
import { formatIpv4, ipv4Mask, parseIpv4 } from './ipv4.js';

/** An address of either family: an unsigned 32-bit number. 0 stands for none. */
export type IpAddress = number;

/** The two families. */
export type IpFamily = 4 | 6;

/** A prefix of either family; for IPv6, `address` is the handle of the network's first address. */
export interface IpPrefix {
  readonly address: IpAddress;
  /** 0 to 32 or 0 to 128. */
  readonly bits: number;
}

/** Handles of IPv6 addresses, from here up to, not including, 255.255.255.255. */
const FIRST_HANDLE = 0xf0000000;
const HANDLES = 0x0fffffff;
const WORDS = 4;

let words: Uint32Array = new Uint32Array(64 * WORDS);
const texts: string[] = [];
const byText = new Map<string, number>();
/** By prefix length: the network of an address as the place of its words. */
const networks: (AddressMap | undefined)[] = [];
/** A well mixed number for each address. */
let digests: Uint32Array = new Uint32Array(64);

/** Whether an address is an IPv6 address. */
export function isIpv6(address: IpAddress): boolean {
  return address >= FIRST_HANDLE && address !== 0xffffffff;
}

/** The family of an address. */
export function familyOf(address: IpAddress): IpFamily {
  return isIpv6(address) ? 6 : 4;
}

/** The loopback address of a family: 127.0.0.1 or ::1. */
export function loopbackOf(family: IpFamily): IpAddress {
  return family === 4 ? 0x7f000001 : ipv6Of(0, 0, 0, 1);
}

/** Bits of an address of a family. */
export function addressBits(family: IpFamily): number {
  return family === 4 ? 32 : 128;
}

/**
 * Reads an address of either family.
 * @returns the address; undefined when the text is none, has a zone, or is an IPv4 address of class E
 */
export function parseIp(text: string): IpAddress | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return isIpv6(ipv4) ? undefined : ipv4;
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return handleOf(new ipaddr.IPv6(ipaddr.IPv6.parse(text).toByteArray()));
}

/** Text of an address: dotted quad, or the shortest form of RFC 5952. */
export function formatIp(address: IpAddress): string {
  return isIpv6(address) ? texts[indexOf(address)]! : formatIpv4(address);
}

/** Text of an address and a port as Go's net.JoinHostPort writes it: `10.0.0.1:80`, `[fd00::1]:80`. */
export function formatIpPort(address: IpAddress, port: number): string {
  return isIpv6(address) ? `[${formatIp(address)}]:${port}` : `${formatIpv4(address)}:${port}`;
}

/** Word `index` (0 the most significant) of an IPv6 address. */
export function ipv6Word(address: IpAddress, index: number): number {
  return words[indexOf(address) * WORDS + index]!;
}

/** The IPv6 address of four words, most significant first. */
export function ipv6Of(a: number, b: number, c: number, d: number): IpAddress {
  const bytes = [a, b, c, d].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  return handleOf(new ipaddr.IPv6(bytes));
}

/** The address `offset` behind another one of the same family; up to 2^32 - 1. */
export function ipPlus(address: IpAddress, offset: number): IpAddress {
  if (!isIpv6(address)) return (address + offset) >>> 0;
  const low = ipv6Word(address, 3) + offset;
  const carry = low > 0xffffffff ? 1 : 0;
  const upper = ipv6Word(address, 2) + carry;
  return ipv6Of(ipv6Word(address, 0), ipv6Word(address, 1) + (upper > 0xffffffff ? 1 : 0), upper >>> 0, low >>> 0);
}

/** A number that depends on the address alone: the address itself, or the folded words of an IPv6 address, as ip_vs folds them. */
export function ipHash(address: IpAddress): number {
  if (!isIpv6(address)) return address;
  const at = indexOf(address) * WORDS;
  return (words[at]! ^ words[at + 1]! ^ words[at + 2]! ^ words[at + 3]!) >>> 0;
}

/**
 * A number that depends on the address alone, for hash tables: the address itself, or the mixed words of an IPv6 address. (Folded,
 * addresses with few different bits in each word would meet.)
 */
export function ipDigest(address: IpAddress): number {
  return isIpv6(address) ? digests[indexOf(address)]! : address;
}

/** Orders addresses: IPv4 before IPv6, each as numbers. */
export function compareIp(a: IpAddress, b: IpAddress): number {
  if (isIpv6(a) !== isIpv6(b)) return isIpv6(a) ? 1 : -1;
  if (!isIpv6(a)) return a - b;
  for (let word = 0; word < WORDS; word++) {
    const difference = ipv6Word(a, word) - ipv6Word(b, word);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether an address lies in a prefix; one of the other family does not. */
export function inPrefix(address: IpAddress, network: IpAddress, bits: number): boolean {
  if (!isIpv6(network)) return !isIpv6(address) && ((address ^ network) & ipv4Mask(bits)) === 0;
  if (!isIpv6(address)) return false;
  const a = indexOf(address) * WORDS;
  const b = indexOf(network) * WORDS;
  for (let word = 0, left = bits; left > 0; word++, left -= 32) {
    if (((words[a + word]! ^ words[b + word]!) & ipv4Mask(Math.min(left, 32))) !== 0) return false;
  }
  return true;
}

/** The first address of the prefix that an address lies in. Cost: for IPv6, one lookup by number once it has been asked for. */
export function networkOf(address: IpAddress, bits: number): IpAddress {
  if (!isIpv6(address)) return (address & ipv4Mask(bits)) >>> 0;
  const known = (networks[bits] ??= new AddressMap());
  const place = known.get(address);
  if (place >= 0) return FIRST_HANDLE + place;
  const masked = [0, 1, 2, 3].map(
    (word) => (ipv6Word(address, word) & ipv4Mask(Math.max(0, Math.min(32, bits - 32 * word)))) >>> 0,
  );
  const network = ipv6Of(masked[0]!, masked[1]!, masked[2]!, masked[3]!);
  known.set(address, indexOf(network));
  return network;
}

/**
 * Reads a prefix such as `10.244.0.0/16` or `fd00:10:244::/56`.
 * @returns the prefix, host bits cleared; undefined when the text is none
 */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const match = /^(.+)\/(\d{1,3})$/.exec(text);
  const address = match ? parseIp(match[1]!) : undefined;
  if (!match || address === undefined) return undefined;
  const bits = Number(match[2]);
  return bits > addressBits(familyOf(address)) ? undefined : { address: networkOf(address, bits), bits };
}

/** Text of a prefix. */
export function formatIpPrefix({ address, bits }: IpPrefix): string {
  return `${formatIp(address)}/${bits}`;
}

/** Text of all IPv6 addresses met so far in the order of their handles: what another thread must adopt to understand them. */
export function knownIpv6(): readonly string[] {
  return texts;
}

/**
 * Makes this thread give the same handles as the thread that a list comes from.
 * @throws InvariantError when this thread has met other addresses before
 */
export function adoptIpv6(list: readonly string[]): void {
  list.forEach((text, index) => {
    const address = texts[index] === text ? FIRST_HANDLE + index : parseIp(text);
    invariant(address === FIRST_HANDLE + index, 'ipv6-handles', () => `${text} is known by another handle here`);
  });
}

function indexOf(address: IpAddress): number {
  return address - FIRST_HANDLE;
}

function handleOf(address: ipaddr.IPv6): IpAddress {
  const text = address.toRFC5952String();
  const known = byText.get(text);
  if (known !== undefined) return known;
  const index = texts.length;
  invariant(index < HANDLES, 'ipv6-room', 'more IPv6 addresses than handles');
  if ((index + 1) * WORDS > words.length) words = grown(words, words.length * 2);
  const { parts } = address;
  for (let word = 0; word < WORDS; word++) {
    words[index * WORDS + word] = ((parts[word * 2]! << 16) | parts[word * 2 + 1]!) >>> 0;
  }
  if (index === digests.length) digests = grown(digests, index * 2);
  digests[index] = digestOf(index * WORDS);
  texts.push(text);
  byText.set(text, FIRST_HANDLE + index);
  return FIRST_HANDLE + index;
}

/** The steps of MurmurHash3 over the words. */
function digestOf(at: number): number {
  let h = 0;
  for (let word = 0; word < WORDS; word++) {
    const k = Math.imul(words[at + word]!, 0xcc9e2d51);
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
