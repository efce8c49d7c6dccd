/**
 * What a packet of a known SCTP association does to its entry.
 *
 * Mirrors nf_conntrack_sctp_packet (net/netfilter/nf_conntrack_proto_sctp.c, Linux 6.x): every accepted packet restarts the timer with the
 * timeout of the state that it leads to, but an INIT that is sent again; an association once established is assured.
 */
import type { PacketPool } from '../../net/index.js';
import type { Nanoseconds } from '../../sim/index.js';
import { CtStatus } from './status.js';
import { CHUNK_INIT, SCTP_INVALID, SCTP_TIMEOUTS, SctpState, nextSctpState } from './sctp-state.js';
import type { TimedTable } from './timed-table.js';

/** SCTP of one node. */
export class SctpTracker {
  private readonly table: TimedTable;
  private readonly packets: PacketPool;

  /**
   * @param table where entries are
   * @param packets the pool; `flags` is the type of the first chunk
   */
  constructor(table: TimedTable, packets: PacketPool) {
    this.table = table;
    this.packets = packets;
  }

  /** A packet meets its entry; false when it makes no sense there. */
  track(packet: number, slot: number, now: Nanoseconds): boolean {
    const { tuples } = this.table;
    const entry = slot >> 1;
    const chunk = this.packets.flags[packet]!;
    const before = tuples.state(entry);
    const after = nextSctpState(before, chunk, slot & 1);
    if (after === SCTP_INVALID) return false;
    if (chunk === CHUNK_INIT && before === SctpState.closed && after === SctpState.closed) return true;
    tuples.setDeadline(entry, now + SCTP_TIMEOUTS[after]!);
    if (after === before) return true;
    tuples.setState(entry, after);
    if (after === SctpState.established) tuples.addStatus(entry, CtStatus.assured);
    if (tuples.status(entry) & CtStatus.confirmed) this.table.arm(entry);
    return true;
  }
}
