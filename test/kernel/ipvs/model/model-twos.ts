/** How the reference model expects `twos` to divide its picks: not one pick can be foretold, but their probabilities can. */
import { isUsable, loadOf, type LoadActiveFactor, type ModelServer } from './model-server.js';

/**
 * The probability of each server, by trying all pairs of draws (ip_vs_twos.c). A draw is a number from 0 to the sum of the usable weights,
 * that sum included, and names the first server in the list at which the weights summed up reach it. Of the two servers the second
 * is taken if its load for its weight is less.
 * @param servers front of the list first
 */
export function twosShares(servers: readonly ModelServer[], factor: LoadActiveFactor): Map<ModelServer, number> {
  const usable = servers.filter(isUsable);
  const draws = [
    ...usable.slice(0, 1),
    ...usable.flatMap((server) => new Array<ModelServer>(server.weight).fill(server)),
  ];
  const shares = new Map<ModelServer, number>();
  for (const first of draws) {
    for (const second of draws) {
      const isSecond = second.weight * loadOf(first, factor) > first.weight * loadOf(second, factor);
      const choice = isSecond ? second : first;
      shares.set(choice, (shares.get(choice) ?? 0) + 1 / draws.length ** 2);
    }
  }
  return shares;
}
