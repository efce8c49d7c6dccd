/**
 * What it has taken so far to bring clients' packets to a relay, for the packets by which the relay goes on.
 *
 * A measurement, nothing that a kernel keeps: a relayed connection has two legs, and its first packet is over when the first packet of the
 * second leg reaches the endpoint. So the relay's packet is given the moment at which the client's was made, and the rules, CPU time and nodes
 * that it has met. Where a relay dials several times, the first of its packets to arrive counts, and what the others met is left out.
 * Cost: O(1) a packet that reaches a relay; memory only in runs in which one does.
 */
import type { PacketPool } from '../../net/index.js';
import { grown } from '../../sim/index.js';
import { FromClient } from './from-client.js';

/** Packets of a client's conversation with which a relay goes on: the one that opens it, and the last message. */
export const Leg = { opening: 0, message: 1 } as const;

/** Legs of a conversation. */
const LEGS = 2;
const { no: FROM_CLIENT_NO } = FromClient;

/** The first legs of all relayed conversations of one run. */
export class Legs {
  // By conversation of a client and leg.
  /** Handle of the conversation, plus 1; 0 for none. */
  private owner = new Uint32Array(0);
  private birth = new Float64Array(0);
  private rulesCompared = new Uint32Array(0);
  private cpuNs = new Float64Array(0);
  private nodesCrossed = new Uint8Array(0);
  /** By `FromClient`; a first packet that has arrived at an endpoint is one no more. */
  private first = new Uint8Array(0);

  // By conversation of a relay with a backend: the leg before, and its owner.
  private before = new Int32Array(0);
  private ownerBefore = new Uint32Array(0);
  private readonly packets: PacketPool;

  /** @param packets the pool whose columns are kept and set */
  constructor(packets: PacketPool) {
    this.packets = packets;
  }

  /**
   * A client's packet has reached a relay.
   * @param slot the client's conversation
   * @param handle of the same
   * @param leg which of its packets, by `Leg`
   */
  keep(packet: number, slot: number, handle: number, leg: number): void {
    const { packets } = this;
    const place = slot * LEGS + leg;
    if (place >= this.owner.length) this.growTo(lengthFor(place));
    this.owner[place] = handle + 1;
    this.birth[place] = packets.birth[packet]!;
    this.rulesCompared[place] = packets.rulesCompared[packet]!;
    this.cpuNs[place] = packets.cpuNs[packet]!;
    this.nodesCrossed[place] = packets.nodesCrossed[packet]!;
    this.first[place] = packets.first[packet]!;
  }

  /**
   * A relay's packet goes on where a client's ended; unchanged if that one was not kept.
   * @param slot the relay's conversation with a backend
   * @param clientSlot the client's conversation
   * @param handle of the client's conversation
   * @param leg which of its packets, by `Leg`
   */
  goOn(packet: number, slot: number, clientSlot: number, handle: number, leg: number): void {
    const { packets } = this;
    const place = clientSlot * LEGS + leg;
    if (this.owner[place] !== handle + 1) return;
    packets.birth[packet] = this.birth[place]!;
    packets.rulesCompared[packet] = this.rulesCompared[place]!;
    packets.cpuNs[packet] = this.cpuNs[place]!;
    packets.nodesCrossed[packet] = this.nodesCrossed[place]!;
    packets.first[packet] = this.first[place]!;
    if (slot >= this.before.length) {
      this.before = grown(this.before, lengthFor(slot));
      this.ownerBefore = grown(this.ownerBefore, lengthFor(slot));
    }
    this.before[slot] = place;
    this.ownerBefore[slot] = handle + 1;
  }

  /** A relay's packet that stands for a client's first one is at an endpoint; it is so no more if another one was there before it. */
  arrive(packet: number, slot: number): void {
    const place = this.before[slot]!;
    // A message is sent on once, though another one may have come after it meanwhile: only what opens a conversation is sent several times.
    if (place % LEGS === Leg.message) return;
    const isCurrent = this.owner[place] === this.ownerBefore[slot];
    this.packets.first[packet] = isCurrent ? this.first[place]! : FROM_CLIENT_NO;
    if (isCurrent) this.first[place] = FROM_CLIENT_NO;
  }

  private growTo(length: number): void {
    this.owner = grown(this.owner, length);
    this.birth = grown(this.birth, length);
    this.rulesCompared = grown(this.rulesCompared, length);
    this.cpuNs = grown(this.cpuNs, length);
    this.nodesCrossed = grown(this.nodesCrossed, length);
    this.first = grown(this.first, length);
  }
}

/** Columns double, from 256 on. */
function lengthFor(place: number): number {
  let length = 256;
  while (length <= place) length *= 2;
  return length;
}
