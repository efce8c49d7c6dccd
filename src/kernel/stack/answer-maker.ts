/**
 * Answers that a node gives itself: ICMP port unreachable of either family (what REJECT and a closed UDP port send), TCP resets and SCTP
 * ABORTs. How they look stands in `turnRound`; the rate limits on errors, in `IcmpLimits`.
 */
import { Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import type { Simulation } from '../../sim/index.js';
import { Verdict } from '../hook.js';
import { SctpChunk } from '../transport/sctp.js';
import { turnRound } from '../transport/segments.js';
import type { ErrorWay, IcmpLimits } from './icmp-limits.js';

/** Makes the answers of one node. */
export class AnswerMaker {
  /** Answers made so far. */
  made = 0;
  private readonly packets: PacketPool;
  private readonly simulation: Simulation;
  private readonly limits: IcmpLimits;

  /**
   * @param packets the pool
   * @param simulation the clock
   * @param limits rate limits on errors
   */
  constructor(packets: PacketPool, simulation: Simulation, limits: IcmpLimits) {
    this.packets = packets;
    this.simulation = simulation;
    this.limits = limits;
  }

  /**
   * Makes the answer to a packet that is turned away.
   * @param packet what is answered
   * @param address source of an ICMP error; a reset comes from the packet's destination
   * @param verdict Verdict.reject for ICMP port unreachable, Verdict.reset for a TCP reset or an SCTP ABORT
   * @param way by which way an ICMP error goes back
   * @returns the answer, or -1 where none is given: to errors and resets, and where a rate limit keeps an error back
   */
  answer(packet: number, address: number, verdict: Verdict, way: ErrorWay): number {
    const packets = this.packets;
    const protocol = packets.protocol[packet]!;
    const flags = packets.flags[packet]!;
    if (protocol === Protocol.icmp) return -1;
    if (protocol === Protocol.tcp && flags & TcpFlag.rst) return -1;
    if (protocol === Protocol.sctp && flags === SctpChunk.abort) return -1;
    if (verdict === Verdict.reject && !this.limits.allows(packets.source[packet]!, way)) return -1;
    const answer = packets.take(this.simulation.now);
    turnRound(packets, packet, answer, verdict);
    if (verdict === Verdict.reject) packets.source[answer] = address;
    this.made++;
    return answer;
  }
}
