/**
 * A limit on requests a second with a burst (golang.org/x/time/rate, as client-go and its work queues use it).
 *
 * Tokens come at an even rate up to the burst; who finds none waits for the next one that nobody has taken before. Cost: O(1).
 */
import { SECOND, type Nanoseconds } from '../../sim/index.js';

/** How many requests may go out. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** One limit's tokens. */
export class TokenBucket {
  private readonly limit: RateLimit;
  private tokens: number;
  private atNs: Nanoseconds = 0;

  /** @param limit rate and burst; full at the beginning */
  constructor(limit: RateLimit) {
    this.limit = limit;
    this.tokens = limit.burst;
  }

  /**
   * Takes a token.
   * @param nowNs present time, never before that of an earlier call
   * @returns how long to wait for it; 0 when there is one
   */
  take(nowNs: Nanoseconds): Nanoseconds {
    const { perSecond, burst } = this.limit;
    this.tokens = Math.min(burst, this.tokens + ((nowNs - this.atNs) * perSecond) / SECOND) - 1;
    this.atNs = nowNs;
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens * SECOND) / perSecond);
  }
}
