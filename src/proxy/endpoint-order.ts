/**
 * kube-proxy's order of endpoints: the text of `ip:port` as Go's net.JoinHostPort writes it, without building any text for IPv4.
 *
 * Every endpoint becomes one exact number that grows as the text does. The first three parts of an IPv4 address end in `.`,
 * which sorts before the digits (`1.` before `11.`); the last one ends in `:`, which sorts after them (`11:` before `1:`);
 * a port ends with the text, which sorts before everything. So each part has a rank among 256, and a port is written
 * to base 11 with 0 for "no more digits". IPv6 addresses have no such rank of their own: those of one list are sorted as text and
 * numbered. Cost: a few table lookups an IPv4 endpoint; sorting is the engine's own for numbers.
 */
import { formatIp, isIpv6, type IpAddress } from '../net/index.js';

const rankBeforeDot = ranks('.');
const rankBeforeColon = ranks(':');
const partBeforeDot = inverse(rankBeforeDot);
const partBeforeColon = inverse(rankBeforeColon);

/** Values that a port takes: five digits to base 11. */
const PORTS = 11 ** 5;

/** The number that stands for an IPv4 `address:port` in kube-proxy's order; below 2^50. */
export function endpointOrder(address: number, port: number): number {
  return ipv4Rank(address) * PORTS + portText(port);
}

/** The address in a number made by `endpointOrder`. */
export function orderedAddress(order: number): number {
  const rank = Math.floor(order / PORTS);
  return (
    ((partBeforeDot[rank >>> 24]! << 24) |
      (partBeforeDot[(rank >>> 16) & 255]! << 16) |
      (partBeforeDot[(rank >>> 8) & 255]! << 8) |
      partBeforeColon[rank & 255]!) >>>
    0
  );
}

/** The port in a number made by `endpointOrder`. */
export function orderedPort(order: number): number {
  let port = 0;
  let text = order % PORTS;
  for (let place = PORTS / 11; place >= 1; place /= 11) {
    const digit = Math.floor(text / place);
    if (digit === 0) break;
    port = port * 10 + digit - 1;
    text -= digit * place;
  }
  return port;
}

/** Numbers for the endpoints of one list of IPv6 addresses, in kube-proxy's order. */
export class Ipv6Order {
  private readonly sorted: readonly IpAddress[];
  private readonly rankOf = new Map<IpAddress, number>();

  /** @param addresses all addresses of the list, in any order */
  constructor(addresses: Iterable<IpAddress>) {
    this.sorted = [...new Set(addresses)].sort((a, b) => compareText(ipv6Text(a), ipv6Text(b)));
    this.sorted.forEach((address, rank) => this.rankOf.set(address, rank));
  }

  /** The number that stands for an endpoint at one of the addresses; its port is read back by `orderedPort`. */
  order(address: IpAddress, port: number): number {
    return (this.rankOf.get(address) ?? 0) * PORTS + portText(port);
  }

  /** The address in a number made by `order`. */
  address(order: number): IpAddress {
    return this.sorted[Math.floor(order / PORTS)]!;
  }
}

/** Compares two endpoints of one family in kube-proxy's order: below, above or equal to 0. Cost: for IPv6, two texts. */
export function compareEndpoints(addressA: IpAddress, portA: number, addressB: IpAddress, portB: number): number {
  if (addressA === addressB) return portText(portA) - portText(portB);
  if (!isIpv6(addressA)) return ipv4Rank(addressA) - ipv4Rank(addressB);
  return compareText(ipv6Text(addressA), ipv6Text(addressB));
}

function ipv4Rank(address: number): number {
  const rank =
    (rankBeforeDot[address >>> 24]! << 24) |
    (rankBeforeDot[(address >>> 16) & 255]! << 16) |
    (rankBeforeDot[(address >>> 8) & 255]! << 8) |
    rankBeforeColon[address & 255]!;
  return rank >>> 0;
}

/** Up to the bracket, in which an address without a port ends; `]` sorts after the digits and before the letters. */
function ipv6Text(address: IpAddress): string {
  return `${formatIp(address)}]`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Digits of a port from the left, as a number to base 11 with five places. */
function portText(port: number): number {
  let text = 0;
  let place = port >= 10000 ? 10000 : port >= 1000 ? 1000 : port >= 100 ? 100 : port >= 10 ? 10 : 1;
  for (let digits = 0; digits < 5; digits++) {
    text *= 11;
    if (place < 1) continue;
    const digit = Math.floor(port / place);
    text += digit + 1;
    port -= digit * place;
    place /= 10;
  }
  return text;
}

/** Rank of every part among the texts that end as given. */
function ranks(end: string): Uint8Array {
  const parts = Array.from({ length: 256 }, (_, part) => part);
  const text = (part: number): string => `${part}${end}`;
  parts.sort((a, b) => (text(a) < text(b) ? -1 : 1));
  return inverse(Uint8Array.from(parts));
}

/** The permutation that undoes another one. */
function inverse(permutation: Uint8Array): Uint8Array {
  const undone = new Uint8Array(256);
  permutation.forEach((to, from) => {
    undone[to] = from;
  });
  return undone;
}
