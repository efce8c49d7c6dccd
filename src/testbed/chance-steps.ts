/**
 * Enumerates what one uniform draw decides: which values come of it, and how likely each is.
 *
 * A choice among rules or endpoints gives every outcome one interval of the draws from 0 to 2^32 - 1. Where the intervals prove to be n equal
 * ones, 2 n questions and a few more tell; otherwise each border is sought by halving, from 16 parts of the draws on. What lies between two
 * draws of one outcome within a part is taken for that outcome. Cost: O(n) questions, or up to 32 for each border.
 */

/** An outcome and its share of the draws. */
export interface Step<T> {
  readonly value: T;
  readonly probability: number;
}

const DRAWS = 2 ** 32;
/** Parts of the draws whose ends are asked about in any case. */
const PARTS = 16;
/** How far a border may lie from where equal intervals would have it: probabilities in rules are rounded (31 bits, ten digits). */
const TOLERANCE = 2 ** 12;

/** Asks about draws and remembers nothing. */
interface Question<T> {
  readonly at: (draw: number) => T;
  readonly key: (value: T) => string;
}

/**
 * All outcomes of a draw, in the order of the draws that lead to them.
 * @param at what a draw comes to, the same each time that it is asked
 * @param key what outcomes that count as one have in common
 */
export function chanceSteps<T>(at: (draw: number) => T, key: (value: T) => string): readonly Step<T>[] {
  const question: Question<T> = { at, key };
  return equalSteps(question) ?? anySteps(question);
}

/** n equal intervals, or undefined when they are not. */
function equalSteps<T>(question: Question<T>): readonly Step<T>[] | undefined {
  const count = equalCount(question);
  const { at, key } = question;
  if (count === 1 && !isAlike(question)) return undefined;
  const steps: Step<T>[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const value = at(Math.floor((DRAWS / count) * i) + (i === 0 ? 0 : TOLERANCE));
    const last = at(Math.floor((DRAWS / count) * (i + 1)) - (i === count - 1 ? 1 : TOLERANCE));
    if (key(value) !== key(last) || seen.has(key(value))) return undefined;
    seen.add(key(value));
    steps.push({ value, probability: 1 / count });
  }
  return steps;
}

/** Whether all parts of the draws begin with the same outcome. */
function isAlike<T>({ at, key }: Question<T>): boolean {
  const first = key(at(0));
  for (let part = 1; part < PARTS; part++) if (key(at((DRAWS / PARTS) * part)) !== first) return false;
  return true;
}

/** How many equal intervals there are, judged by the first one. */
function equalCount<T>({ at, key }: Question<T>): number {
  const first = key(at(0));
  const holds = (count: number): boolean => key(at(Math.floor(DRAWS / count) - TOLERANCE)) === first;
  let high = 1;
  while (DRAWS / high > 2 * TOLERANCE && !holds(high)) high *= 2;
  let low = Math.floor(high / 2) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** Intervals of any length. */
function anySteps<T>({ at, key }: Question<T>): readonly Step<T>[] {
  const found = new Map<string, { value: T; draws: number }>();
  const note = (value: T, draws: number): void => {
    const entry = found.get(key(value));
    if (entry === undefined) found.set(key(value), { value, draws });
    else entry.draws += draws;
  };
  /** Draws from `low` to `high`, both included, whose outcomes are known. */
  const divide = (low: number, lowValue: T, high: number, highValue: T): void => {
    if (key(lowValue) === key(highValue)) {
      note(lowValue, high - low + 1);
    } else if (high - low === 1) {
      note(lowValue, 1);
      note(highValue, 1);
    } else {
      const middle = Math.floor((low + high) / 2);
      divide(low, lowValue, middle, at(middle));
      divide(middle + 1, at(middle + 1), high, highValue);
    }
  };
  for (let part = 0; part < PARTS; part++) {
    const [low, high] = [(DRAWS / PARTS) * part, (DRAWS / PARTS) * (part + 1) - 1];
    divide(low, at(low), high, at(high));
  }
  return [...found.values()].map(({ value, draws }) => ({ value, probability: draws / DRAWS }));
}
