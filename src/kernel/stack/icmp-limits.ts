/**
 * The kernel's rate limits on ICMP errors, of one network namespace: a bucket over all errors, and one for each address that is told.
 *
 * Mirrors icmp_global_allow, icmp_global_consume (net/ipv4/icmp.c), icmpv6_xrlim_allow (net/ipv6/icmp.c) and inet_peer_xrlim_allow
 * (net/ipv4/inetpeer.c) as Linux 6.18.44 was measured to behave (decision 0015): the bucket over all is shared by both families, is looked at
 * first, is filled in steps of 20 ms at least and pays 0, 1 or 2 credits, by chance, only for errors that are sent; an address may be told
 * six times at once, then once in `ratelimit`. Time is counted in jiffies of 4 ms (250 Hz). Left out: ratemasks, and the end of buckets
 * that nobody has asked for long, which are full by then. Cost: O(1), 24 to 48 bytes an address; nothing is allocated before the first error.
 */
import { AddressMap, isIpv6, type IpAddress } from '../../net/index.js';
import { MILLISECOND, SECOND, grown, type Nanoseconds, type RandomStream, type Simulation } from '../../sim/index.js';

/** The sysctls of a namespace. */
export interface IcmpSettings {
  /** net.ipv4.icmp_ratelimit: time between two errors to one address, once six are spent; 0 for no limit. */
  readonly ratelimitNs: Nanoseconds;
  /** net.ipv6.icmp.ratelimit: the same for IPv6. */
  readonly ratelimit6Ns: Nanoseconds;
  /** net.ipv4.icmp_msgs_per_sec: errors a second to all addresses of both families; 0 for none at all. */
  readonly msgsPerSecond: number;
  /** net.ipv4.icmp_msgs_burst: errors at once to all addresses. */
  readonly msgsBurst: number;
}

/** What an error is about, and by which way it goes back. */
export const ErrorWay = {
  /** A packet from elsewhere: both limits hold. */
  out: 0,
  /** A packet that the node itself sends and that has not left it: its sender is told over loopback. */
  own: 1,
  /** A packet that came in over loopback: no limit holds. */
  loopback: 2,
} as const;

/** One of the ways. */
export type ErrorWay = (typeof ErrorWay)[keyof typeof ErrorWay];

/** The kernel's defaults, as Linux 6.18.44 was found to have them. */
export const LINUX_ICMP: IcmpSettings = {
  ratelimitNs: SECOND,
  ratelimit6Ns: 100 * MILLISECOND,
  msgsPerSecond: 1000,
  msgsBurst: 50,
};

/** Limits under which every error is sent. */
export const NO_ICMP_LIMITS: IcmpSettings = { ratelimitNs: 0, ratelimit6Ns: 0, msgsPerSecond: 1e9, msgsBurst: 1e9 };

const { loopback: OVER_LOOPBACK, out: OUT } = ErrorWay;

const JIFFY_NS = 4 * MILLISECOND;
/** Jiffies a second (CONFIG_HZ). */
const HZ = 250;
/** Shortest time between two fillings of the bucket over all (HZ / 50). */
const FILL_JIFFIES = HZ / 50;
/** Errors at once to one address (XRLIM_BURST_FACTOR). */
const BURST_FACTOR = 6;
/** What an address that was never told has been waiting for (inet_getpeer: rate_last). */
const FIRST_WAIT = 60 * HZ;

/** Rate limits of one network namespace. */
export class IcmpLimits {
  /** Errors not sent because of the bucket over all (IcmpOutRateLimitGlobal), and because of an address's own (IcmpOutRateLimitHost). */
  suppressedByAll = 0;
  suppressedByAddress = 0;
  private readonly settings: IcmpSettings;
  private readonly simulation: Simulation;
  private readonly chance: RandomStream;
  /** The bucket over all: what is left, which may be below 0, and when it was filled. */
  private credit = 0;
  private filledAt = -HZ;
  /** Buckets of addresses, in jiffies of waiting; made when first touched. */
  private rows: AddressMap | null = null;
  private tokens = new Int32Array(0);
  private askedAt = new Float64Array(0);

  /**
   * @param settings the sysctls
   * @param simulation the clock
   * @param chance what an error costs the bucket over all
   */
  constructor(settings: IcmpSettings, simulation: Simulation, chance: RandomStream) {
    this.settings = settings;
    this.simulation = simulation;
    this.chance = chance;
  }

  /** Errors not sent so far. */
  get suppressed(): number {
    return this.suppressedByAll + this.suppressedByAddress;
  }

  /**
   * Whether an error may be sent now; spends what it costs.
   * @param destination whom it would tell
   * @param way one of `ErrorWay`
   */
  allows(destination: IpAddress, way: ErrorWay = OUT): boolean {
    if (way === OVER_LOOPBACK) return true;
    const v6 = isIpv6(destination);
    // IPv6's errors about the node's own packets count as come in over loopback (nf_send_unreach6, ip_vs_leave).
    if (v6 && way !== OUT) return true;
    const now = Math.floor(this.simulation.now / JIFFY_NS);
    if (!this.hasCredit(now)) {
      this.suppressedByAll++;
      return false;
    }
    if (way === OUT && !this.mayTell(destination, v6 ? this.settings.ratelimit6Ns : this.settings.ratelimitNs, now)) {
      this.suppressedByAddress++;
      return false;
    }
    this.credit -= this.chance.below(3);
    return true;
  }

  private hasCredit(now: number): boolean {
    if (this.credit > 0) return true;
    const waited = Math.min(now - this.filledAt, HZ);
    if (waited < FILL_JIFFIES) return false;
    const filling = Math.floor((this.settings.msgsPerSecond * waited) / HZ);
    if (filling === 0) return false;
    this.filledAt = now;
    this.credit = Math.min(this.credit + filling, this.settings.msgsBurst);
    return true;
  }

  private mayTell(address: IpAddress, ratelimitNs: Nanoseconds, now: number): boolean {
    const price = Math.ceil(ratelimitNs / JIFFY_NS);
    if (price === 0) return true;
    const row = this.rowOf(address, now);
    const waited = now - this.askedAt[row]!;
    const tokens = this.tokens[row]!;
    const saved = waited > 0 ? Math.min(tokens + waited, BURST_FACTOR * price) : tokens;
    const enough = saved >= price;
    this.askedAt[row] = now;
    this.tokens[row] = enough ? saved - price : saved;
    return enough;
  }

  private rowOf(address: IpAddress, now: number): number {
    this.rows ??= new AddressMap();
    const known = this.rows.get(address);
    if (known >= 0) return known;
    const row = this.rows.size;
    if (row === this.tokens.length) {
      const length = Math.max(8, row * 2);
      this.tokens = grown(this.tokens, length);
      this.askedAt = grown(this.askedAt, length);
    }
    this.rows.set(address, row);
    this.tokens[row] = 0;
    this.askedAt[row] = now - FIRST_WAIT;
    return row;
  }
}
