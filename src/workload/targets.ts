/**
 * Targets: which service the next connection goes to.
 *
 * Targets are numbered from 0 in the order in which the services were made. Zipf draws a rank by a table of cumulative weights i^-s, O(log n) a
 * draw; which service has which rank is shuffled, because a popular service is not for that reason an old one, and in iptables mode old ones
 * stand first.
 */
import { power, type RandomStream } from '../sim/index.js';

/** How targets are chosen. */
export type TargetChoice = 'first' | 'middle' | 'last' | 'uniform' | 'zipf';

/** Picks targets. */
export class Targets {
  private readonly choice: TargetChoice;
  private readonly count: number;
  private readonly chance: RandomStream;
  private readonly cumulative: Float64Array;
  /** Target by rank, for zipf. */
  private readonly byRank: number[] = [];

  /**
   * @param choice how to choose
   * @param count number of targets, at least 1
   * @param zipfExponent the exponent s of i^-s, for zipf
   * @param chance draws for uniform and zipf, and shuffles the ranks
   */
  constructor(choice: TargetChoice, count: number, zipfExponent: number, chance: RandomStream) {
    this.choice = choice;
    this.count = count;
    this.chance = chance;
    this.cumulative = new Float64Array(choice === 'zipf' ? count : 0);
    let sum = 0;
    for (let i = 0; i < this.cumulative.length; i++) {
      this.byRank.push(i);
      sum += power(i + 1, -zipfExponent);
      this.cumulative[i] = sum;
    }
    chance.shuffle(this.byRank);
  }

  /** The next target. */
  next(): number {
    switch (this.choice) {
      case 'first':
        return 0;
      case 'middle':
        return this.count >> 1;
      case 'last':
        return this.count - 1;
      case 'uniform':
        return this.chance.below(this.count);
      case 'zipf':
        return this.byRank[this.zipfRank()]!;
    }
  }

  private zipfRank(): number {
    const wanted = this.chance.uniform() * this.cumulative[this.count - 1]!;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulative[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
