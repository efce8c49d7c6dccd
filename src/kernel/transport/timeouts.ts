/** Timeouts of TCP as Linux has them by default, with the kernel's names for them. */
import { MILLISECOND, SECOND, type Nanoseconds } from '../../sim/index.js';

/** First retransmission of a SYN (TCP_TIMEOUT_INIT), and how often it is sent again (tcp_syn_retries). */
export const SYN_TIMEOUT = SECOND;
/** See `SYN_TIMEOUT`. */
export const SYN_RETRIES = 6;

/** First retransmission of data (TCP_RTO_MIN: round trips are far shorter here), and how often it is sent again (tcp_retries2). */
export const DATA_TIMEOUT = 200 * MILLISECOND;
/** See `DATA_TIMEOUT`. */
export const DATA_RETRIES = 15;

/** How often a FIN is sent again by a socket that nobody owns any more (tcp_orphan_retries 0 means 8). */
export const FIN_RETRIES = 8;

/** How long an acknowledgement waits for data to ride on (TCP_DELACK_MIN). */
export const DELAYED_ACK = 40 * MILLISECOND;

/** Longest time between two retransmissions (TCP_RTO_MAX). */
const LONGEST_TIMEOUT = 120 * SECOND;

/** Retransmission timeout after a number of tries: doubled each time, 120 s at most. */
export function backoff(first: Nanoseconds, tries: number): Nanoseconds {
  return Math.min(first * 2 ** tries, LONGEST_TIMEOUT);
}
