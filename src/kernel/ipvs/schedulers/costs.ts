/**
 * What a server costs: a fraction, cost / divisor, of which the least is picked.
 *
 * The kernel's schedulers compare two servers by multiplying crosswise, in 64 bits; so does this, exactly: a product is
 * a double up to 2^53, and only where two of them are equal beyond that are they multiplied again as big integers.
 */
import type { Servers } from '../servers.js';

/** Cost of a server that gets nothing. (A small integer like the others: functions that may return Infinity are slow.) */
export const NEVER = -1;

/** How a scheduler measures servers. */
export interface Measure {
  /**
   * Cost of a server: a whole number from 0 on, or `NEVER`.
   * @param servers of the node
   * @param server its row
   * @param loadActiveFactor see `ServerList`
   */
  cost(servers: Servers, server: number, loadActiveFactor: number): number;
  /** Whether costs are compared in proportion to the weights. */
  readonly perWeight: boolean;
  /** Whether the kernel's walk ends at the first server that costs 0. */
  readonly stopsAtZero: boolean;
}

/**
 * Whether one fraction is greater than another.
 * @param cost a whole number from 0 on
 * @param divisor 1 to 2^31 - 1
 */
export function costsMore(cost: number, divisor: number, otherCost: number, otherDivisor: number): boolean {
  const left = cost * otherDivisor;
  const right = otherCost * divisor;
  // Rounding keeps the order of products, so that two that differ as doubles differ in the same way.
  if (left !== right || left <= Number.MAX_SAFE_INTEGER) return left > right;
  return BigInt(cost) * BigInt(otherDivisor) > BigInt(otherCost) * BigInt(divisor);
}
