/**
 * Answers that a node gives itself: ICMP port unreachable (what REJECT and a closed UDP port send) and TCP resets.
 *
 * An ICMP error carries, in its port columns, the ports of the packet that it is about, turned round, and that packet's protocol in
 * `flags`: so conntrack and the sender's socket find what it belongs to. The kernel's rate limits on errors are left out.
 */
import { Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import type { Simulation } from '../../sim/index.js';
import { Verdict } from '../hook.js';
import { answerBytes } from '../transport/segments.js';

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
   * @param address the node's own address, source of ICMP
   * @param verdict Verdict.reject for ICMP port unreachable, Verdict.reset for a TCP reset
   * @returns the answer, or -1 where none is given (to errors and resets)
   */
  answer(packet: number, address: number, verdict: Verdict): number {
    const packets = this.packets;
    const protocol = packets.protocol[packet]!;
    if (protocol === Protocol.icmp) return -1;
    if (protocol === Protocol.tcp && packets.flags[packet]! & TcpFlag.rst) return -1;
    const answer = packets.take(this.simulation.now);
    const isReset = verdict === Verdict.reset;
    packets.protocol[answer] = isReset ? Protocol.tcp : Protocol.icmp;
    packets.flags[answer] = isReset ? TcpFlag.rst | TcpFlag.ack : protocol;
    packets.source[answer] = isReset ? packets.destination[packet]! : address;
    packets.destination[answer] = packets.source[packet]!;
    packets.sourcePort[answer] = packets.destinationPort[packet]!;
    packets.destinationPort[answer] = packets.sourcePort[packet]!;
    packets.length[answer] = answerBytes(isReset ? Protocol.tcp : Protocol.icmp);
    packets.flow[answer] = packets.flow[packet]!;
    this.made++;
    return answer;
  }
}
