/**
 * kube-proxy's order of endpoints: the text of `ip:port`, without building any text.
 *
 * Every endpoint becomes one exact number that grows as the text does. The first three parts of an address end in `.`,
 * which sorts before the digits (`1.` before `11.`); the last one ends in `:`, which sorts after them (`11:` before `1:`);
 * a port ends with the text, which sorts before everything. So each part has a rank among 256, and a port is written
 * to base 11 with 0 for "no more digits". Cost: a few table lookups an endpoint; sorting is the engine's own for numbers.
 */

const rankBeforeDot = ranks('.');
const rankBeforeColon = ranks(':');
const partBeforeDot = inverse(rankBeforeDot);
const partBeforeColon = inverse(rankBeforeColon);

/** Values that a port takes: five digits to base 11. */
const PORTS = 11 ** 5;

/** The number that stands for `address:port` in kube-proxy's order; below 2^50. */
export function endpointOrder(address: number, port: number): number {
  const rank =
    (rankBeforeDot[address >>> 24]! << 24) |
    (rankBeforeDot[(address >>> 16) & 255]! << 16) |
    (rankBeforeDot[(address >>> 8) & 255]! << 8) |
    rankBeforeColon[address & 255]!;
  return (rank >>> 0) * PORTS + portText(port);
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
