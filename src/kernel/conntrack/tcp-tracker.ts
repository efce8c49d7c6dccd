/**
 * What a packet of a known TCP connection does to its entry.
 *
 * Mirrors nf_conntrack_tcp_packet (net/netfilter/nf_conntrack_proto_tcp.c, Linux 6.x): every accepted packet restarts the timer with the
 * timeout of the state that it leads to; a SYN on a connection that is over starts it anew; a reset before any answer ends it.
 * Left out: window checks.
 */
import { TcpFlag, type PacketPool } from '../../net/index.js';
import { SECOND, type Nanoseconds } from '../../sim/index.js';
import { CtStatus } from './status.js';
import { TCP_IGNORE, TCP_INVALID, TcpState, nextTcpState } from './tcp-state.js';
import type { TimedTable } from './timed-table.js';

/** A connection picked up in mid-stream is kept this long until it is answered (nf_conntrack_tcp_timeout_unacknowledged). */
const UNACKNOWLEDGED = 300 * SECOND;

/** What becomes of a packet and its entry. */
export const TcpOutcome = {
  /** It belongs to the connection. */
  fits: 0,
  /** It makes no sense there. */
  invalid: 1,
  /** It opens the connection anew: the entry is to go, and the packet to be looked at as one without entry. */
  reopens: 2,
} as const;

/** One of the outcomes. */
export type TcpOutcome = (typeof TcpOutcome)[keyof typeof TcpOutcome];

/** TCP of one node. */
export class TcpTracker {
  private readonly table: TimedTable;
  private readonly packets: PacketPool;
  private readonly timeouts: Float64Array;

  /**
   * @param table where entries are
   * @param packets the pool
   * @param timeouts by state, in nanoseconds
   */
  constructor(table: TimedTable, packets: PacketPool, timeouts: Float64Array) {
    this.table = table;
    this.packets = packets;
    this.timeouts = timeouts;
  }

  /** A packet meets its entry. */
  track(packet: number, slot: number, now: Nanoseconds): TcpOutcome {
    const { tuples } = this.table;
    const entry = slot >> 1;
    const flags = this.packets.flags[packet]!;
    const before = tuples.state(entry);
    const after = nextTcpState(before, flags, slot & 1);
    if (after === TCP_INVALID) return TcpOutcome.invalid;
    if (after === TcpState.synSent && before >= TcpState.timeWait && before <= TcpState.close) {
      // The old connection is over and its tuple is used again: the kernel forgets it and looks at the packet anew.
      return TcpOutcome.reopens;
    }
    if (flags & TcpFlag.rst && !(tuples.status(entry) & CtStatus.seenReply)) {
      // A reset before any answer, or as the first one: nothing to remember. The packet itself still goes through.
      tuples.setDeadline(entry, now);
      this.table.arm(entry);
    } else if (after !== TCP_IGNORE) {
      this.enter(entry, before, after, now);
    }
    return TcpOutcome.fits;
  }

  /** How long an entry is kept whose first packet led to a state. */
  firstTimeout(state: number): Nanoseconds {
    const timeout = this.timeouts[state]!;
    return state === TcpState.established ? Math.min(timeout, UNACKNOWLEDGED) : timeout;
  }

  private enter(entry: number, before: number, after: number, now: Nanoseconds): void {
    const { tuples } = this.table;
    let timeout = this.timeouts[after]!;
    if (after === TcpState.established) {
      if (!(tuples.status(entry) & CtStatus.seenReply)) timeout = Math.min(timeout, UNACKNOWLEDGED);
      else if (before === TcpState.synReceived || before === TcpState.established)
        tuples.addStatus(entry, CtStatus.assured);
    }
    tuples.setDeadline(entry, now + timeout);
    if (after === before) return;
    tuples.setState(entry, after);
    if (tuples.status(entry) & CtStatus.confirmed) this.table.arm(entry);
  }
}
