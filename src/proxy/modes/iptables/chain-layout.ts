/**
 * Where the rules of each service port stand in a chain that has rules for many of them.
 *
 * Only service ports with rules in the chain are listed; most are in two of the six chains. Cost: 8 bytes a service port listed.
 */

/** The layout of one chain; a place is a service port's position among all of them. */
export class ChainLayout {
  /** Rules of all service ports. */
  readonly length: number;
  /** Places with rules, ascending. */
  readonly places: Int32Array;
  /** By position in `places`: the first rule. */
  private readonly starts: Int32Array;

  /**
   * @param count number of service ports
   * @param rulesAt number of rules of the service port at a place
   */
  constructor(count: number, rulesAt: (place: number) => number) {
    const places: number[] = [];
    const starts: number[] = [];
    let length = 0;
    for (let place = 0; place < count; place++) {
      const rules = rulesAt(place);
      if (rules === 0) continue;
      places.push(place);
      starts.push(length);
      length += rules;
    }
    this.length = length;
    this.places = Int32Array.from(places);
    this.starts = Int32Array.from(starts);
  }

  /** Position of the first rule of a place, or -1. */
  startOf(place: number): number {
    const at = lastAtMost(this.places, place);
    return at >= 0 && this.places[at] === place ? this.starts[at]! : -1;
  }

  /** The place that the rule at a position belongs to; -1 behind the last one. */
  placeAt(position: number): number {
    return position < this.length ? this.places[lastAtMost(this.starts, position)]! : -1;
  }
}

/** Index of the last value that is at most `wanted` in an ascending list, or -1. */
function lastAtMost(values: Int32Array, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
