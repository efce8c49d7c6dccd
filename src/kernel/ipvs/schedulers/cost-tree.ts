/**
 * The place of least cost in a list, found without looking at all of it: a tournament over the list's places.
 *
 * A leaf is a place, an inner node the better of its two; among equals the higher place, the one nearer the front of the
 * list, is the better, as the kernel's walk keeps the first it meets. Cost: O(log places) a change, O(1) the best one.
 */
import { costsMore, NEVER } from './costs.js';

/** A tournament over places. */
export class CostTree {
  /** Room for so many places, a power of 2. */
  room = 0;
  private costs = new Float64Array(0);
  private divisors = new Float64Array(0);
  /** Best place below each inner node, from 1, the root; behind them the leaves. */
  private best = new Int32Array(0);

  /** Makes room, with `NEVER` at all places. `settle` or `update` is to be called before `first`. */
  clear(places: number): void {
    let room = Math.max(2, this.room);
    while (room < places) room *= 2;
    if (room !== this.room) {
      this.room = room;
      this.costs = new Float64Array(room);
      this.divisors = new Float64Array(room);
      this.best = new Int32Array(room * 2);
      for (let place = 0; place < room; place++) this.best[room + place] = place;
    }
    this.costs.fill(NEVER);
    this.divisors.fill(1);
  }

  /** Sets a cost before `settle`. */
  put(place: number, cost: number, divisor: number): void {
    this.costs[place] = cost;
    this.divisors[place] = divisor;
  }

  /** Plays the whole tournament. */
  settle(): void {
    for (let node = this.room - 1; node > 0; node--) this.best[node] = this.winner(node);
  }

  /** Changes a cost, and plays again where that place took part. */
  update(place: number, cost: number, divisor: number): void {
    this.costs[place] = cost;
    this.divisors[place] = divisor;
    for (let node = (this.room + place) >> 1; node > 0; node >>= 1) {
      const winner = this.winner(node);
      // Nothing above has to do with this place: another won here, before and now.
      if (winner === this.best[node] && winner !== place) return;
      this.best[node] = winner;
    }
  }

  /** The place of least cost, or -1 when all are `NEVER`. */
  first(): number {
    const place = this.best[1]!;
    return this.costs[place] === NEVER ? -1 : place;
  }

  /** Cost at a place. */
  costAt(place: number): number {
    return this.costs[place]!;
  }

  private winner(node: number): number {
    const { best, costs, divisors } = this;
    const back = best[node * 2]!;
    const front = best[node * 2 + 1]!;
    if (costs[back] === NEVER) return front;
    if (costs[front] === NEVER) return back;
    return costsMore(costs[front]!, divisors[front]!, costs[back]!, divisors[back]!) ? back : front;
  }
}
