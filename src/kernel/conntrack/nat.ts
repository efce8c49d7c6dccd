/**
 * NAT on top of conntrack: translations are properties of an entry's two tuples, and packets are rewritten from them.
 *
 * Mirrors net/netfilter/nf_nat_core.c (Linux 6.x): a destination is bound at the first hook, a source at the last one. A source
 * whose reply tuple is taken gets another port, also when no rule asked for translation (the null binding). The port search is that of
 * nf_nat_l4proto_unique_tuple, alike for TCP, UDP and SCTP in both families: same port if free (not with --random-fully), else from a
 * random start 128, 64, 32, 16 and 8 ports onward.
 * Left out: address ranges, port ranges in rules, ICMP ids.
 */
import type { PacketPool } from '../../net/index.js';
import type { RandomStream } from '../../sim/index.js';
import { WorkKind, type Work } from '../work.js';
import type { Conntrack } from './conntrack.js';
import { CtStatus } from './status.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { destinationNat: STATUS_DESTINATION_NAT, sourceNat: STATUS_SOURCE_NAT } = CtStatus;
const { natRewrite: WORK_NAT_REWRITE, portProbe: WORK_PORT_PROBE } = WorkKind;

/** Ports probed at most in each round. */
const ROUNDS = [128, 64, 32, 16, 8];

/** NAT of one node. */
export class Nat {
  private readonly conntrack: Conntrack;
  private readonly packets: PacketPool;
  private readonly work: Work;
  private readonly chance: RandomStream;

  /**
   * @param conntrack the node's entries
   * @param packets the pool
   * @param work the tally
   * @param chance where port searches start
   */
  constructor(conntrack: Conntrack, packets: PacketPool, work: Work, chance: RandomStream) {
    this.conntrack = conntrack;
    this.packets = packets;
    this.work = work;
    this.chance = chance;
  }

  /**
   * Binds the destination of a new flow.
   * @param entry the flow's entry, not confirmed yet
   * @param address new destination
   * @param port new destination port
   */
  bindDestination(entry: number, address: number, port: number): void {
    this.expectFrom(entry, address, port);
    this.conntrack.tuples.addStatus(entry, STATUS_DESTINATION_NAT);
  }

  /**
   * Binds the source of a new flow so that its reply tuple is its own.
   * @param entry the flow's entry, not confirmed yet
   * @param address source address to take, or 0 to leave it
   * @param randomFully whether the port is always chosen by chance
   * @returns false when no port was found: the packet is dropped
   */
  bindSource(entry: number, address: number, randomFully: boolean): boolean {
    const tuples = this.conntrack.tuples;
    const original = entry * 2;
    const port = tuples.sourcePort(original);
    const source = address === 0 ? tuples.source(original) : address;
    let chosen = port;
    if ((randomFully && address !== 0) || this.taken(entry, source, port))
      chosen = this.searchPort(entry, source, port);
    if (chosen < 0) return false;
    if (source === tuples.source(original) && chosen === port) return true;
    const reply = original + 1;
    tuples.setTuple(reply, tuples.source(reply), source, tuples.sourcePort(reply), chosen, tuples.protocol(reply));
    tuples.addStatus(entry, STATUS_SOURCE_NAT);
    return true;
  }

  /**
   * ip_vs has chosen where a new flow goes: answers will come from there. ip_vs rewrites the packets itself, so the
   * entry does not count as translated (ip_vs_update_conntrack).
   * @param entry the flow's entry, not confirmed yet
   * @param address the server
   * @param port the server's port
   */
  expectFrom(entry: number, address: number, port: number): void {
    const tuples = this.conntrack.tuples;
    const reply = entry * 2 + 1;
    const client = tuples.destination(reply);
    tuples.setTuple(reply, address, client, port, tuples.destinationPort(reply), tuples.protocol(reply));
  }

  /** Rewrites a packet's destination as the first hook does, where its entry says so. */
  translateDestination(packet: number, slot: number): void {
    const status = this.conntrack.tuples.status(slot >> 1);
    const wanted = slot & 1 ? STATUS_SOURCE_NAT : STATUS_DESTINATION_NAT;
    if (!(status & wanted)) return;
    const tuples = this.conntrack.tuples;
    this.packets.destination[packet] = tuples.source(slot ^ 1);
    this.packets.destinationPort[packet] = tuples.sourcePort(slot ^ 1);
    this.work.add(WORK_NAT_REWRITE, 1);
  }

  /** Rewrites a packet's source as the last hook does, where its entry says so. */
  translateSource(packet: number, slot: number): void {
    const status = this.conntrack.tuples.status(slot >> 1);
    const wanted = slot & 1 ? STATUS_DESTINATION_NAT : STATUS_SOURCE_NAT;
    if (!(status & wanted)) return;
    const tuples = this.conntrack.tuples;
    this.packets.source[packet] = tuples.destination(slot ^ 1);
    this.packets.sourcePort[packet] = tuples.destinationPort(slot ^ 1);
    this.work.add(WORK_NAT_REWRITE, 1);
  }

  /** Whether answers to a source and port of the node would belong to another connection. */
  private taken(entry: number, source: number, port: number): boolean {
    const tuples = this.conntrack.tuples;
    const reply = entry * 2 + 1;
    return this.conntrack.isTaken(tuples.source(reply), source, tuples.sourcePort(reply), port, tuples.protocol(reply));
  }

  private searchPort(entry: number, source: number, port: number): number {
    const first = port < 512 ? 1 : port < 1024 ? 600 : 1024;
    const last = port < 512 ? 511 : port < 1024 ? 1023 : 65535;
    const range = last - first + 1;
    for (const attempts of ROUNDS) {
      const start = this.chance.below(range);
      for (let i = 0; i < Math.min(attempts, range); i++) {
        const candidate = first + ((start + i) % range);
        if (!this.taken(entry, source, candidate)) return candidate;
        this.work.add(WORK_PORT_PROBE, 1);
      }
      if (attempts >= range) break;
    }
    return -1;
  }
}
