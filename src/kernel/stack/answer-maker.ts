/**
 * Answers that a node gives itself: ICMP port unreachable of either family (what REJECT and a closed UDP port send), TCP resets and SCTP
 * ABORTs. How they look stands in `turnRound`. The kernel's rate limits on errors are left out.
 */
import { Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import type { Simulation } from '../../sim/index.js';
import { Verdict } from '../hook.js';
import { SctpChunk } from '../transport/sctp.js';
import { turnRound } from '../transport/segments.js';

/** Makes the answers of one node. */
export class AnswerMaker {
  /** Answers made so far. */
  made = 0;
  private readonly packets: PacketPool;
  private readonly simulation: Simulation;

  /**
   * @param packets the pool
   * @param simulation the clock
   */
  constructor(packets: PacketPool, simulation: Simulation) {
    this.packets = packets;
    this.simulation = simulation;
  }

  /**
   * Makes the answer to a packet that is turned away.
   * @param packet what is answered
   * @param address source of an ICMP error; a reset comes from the packet's destination
   * @param verdict Verdict.reject for ICMP port unreachable, Verdict.reset for a TCP reset or an SCTP ABORT
   * @returns the answer, or -1 where none is given (to errors and resets)
   */
  answer(packet: number, address: number, verdict: Verdict): number {
    const packets = this.packets;
    const protocol = packets.protocol[packet]!;
    const flags = packets.flags[packet]!;
    if (protocol === Protocol.icmp) return -1;
    if (protocol === Protocol.tcp && flags & TcpFlag.rst) return -1;
    if (protocol === Protocol.sctp && flags === SctpChunk.abort) return -1;
    const answer = packets.take(this.simulation.now);
    turnRound(packets, packet, answer, verdict);
    if (verdict === Verdict.reject) packets.source[answer] = address;
    this.made++;
    return answer;
  }
}
