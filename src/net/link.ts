/**
 * Links: one direction of a wire, with a rate, a delay and a bounded queue in front of it.
 *
 * A link is first in, first out, so no event is needed for the end of a transmission: a packet departs at
 * max(now, end of the one before) + size/rate, and only the first packet in flight stands in the event list; the others
 * wait in a ring of the link. A packet that finds the queue full is dropped. Conservation: sent = delivered + dropped + in flight.
 * Cost: one event and no allocation a packet.
 */
import { EventClass, invariant, type BitsPerSecond, type Nanoseconds, type Simulation } from '../sim/index.js';
import type { PacketPool } from './packet.js';

/** Where packets arrive. */
export interface PacketSink {
  /**
   * A packet arrives.
   * @param packet its number in the pool
   */
  receive(packet: number): void;
}

/** What packets are sent over: a link, or whatever chooses one. */
export interface Wire {
  /** Sends a packet. */
  send(packet: number): void;
}

/** Who is told that a packet is lost; gives the packet back to the pool. */
export interface DropSink {
  /**
   * A packet is lost.
   * @param packet its number in the pool
   * @param cause why, one of `DropCause`
   */
  drop(packet: number, cause: number): void;
}

/** Why a packet is lost; the names are those of the metrics. */
export const DropCause = {
  linkQueue: 0,
  cpuBacklog: 1,
  conntrackFull: 2,
  natPortExhausted: 3,
  ruleDrop: 4,
  rejected: 5,
  noRoute: 6,
  noListener: 7,
  ttl: 8,
  mtu: 9,
  ipvsDrop: 10,
} as const;

/** Names of the causes as metrics spell them, in the order of their numbers. */
export const DROP_CAUSES: readonly string[] = [
  'link_queue',
  'cpu_backlog',
  'conntrack_full',
  'nat_port_exhausted',
  'rule_drop',
  'rejected',
  'no_route',
  'no_listener',
  'ttl',
  'mtu',
  'ipvs_drop',
];

/** Bytes that Ethernet spends on each frame beyond its header: preamble 8, check sequence 4, gap 12 (IEEE 802.3). */
const FRAME_EXTRA_BYTES = 24;

/** What a link is like. */
export interface LinkSpec {
  readonly bandwidthBitsPerSecond: BitsPerSecond;
  readonly delayNs: Nanoseconds;
  /** Packets that may wait, the one on the wire not counted. */
  readonly queuePackets: number;
}

/** One direction of a wire. */
export class Link implements Wire {
  /** Packets handed to the link, arrived at its end, and turned away. */
  sent = 0;
  delivered = 0;
  dropped = 0;

  private readonly links: Links;
  private readonly id: number;
  private readonly nsPerByte: number;
  private readonly delayNs: number;
  private readonly queueLimit: number;
  private readonly sink: PacketSink;
  private busyUntil: Nanoseconds = 0;
  // A ring: [head, sent up) has left the queue and travels, [departing, tail) waits or is being sent.
  private packets = new Int32Array(16);
  private departures = new Float64Array(16);
  private head = 0;
  private departing = 0;
  private tail = 0;

  /** Made by `Links.add`. */
  constructor(links: Links, id: number, spec: LinkSpec, sink: PacketSink) {
    this.links = links;
    this.id = id;
    this.nsPerByte = 8e9 / spec.bandwidthBitsPerSecond;
    this.delayNs = spec.delayNs;
    this.queueLimit = spec.queuePackets + 1;
    this.sink = sink;
  }

  /** Packets in the queue, on the wire and travelling. */
  get inFlight(): number {
    return this.tail - this.head;
  }

  /** Sends a packet, or drops it when the queue is full. */
  send(packet: number): void {
    const links = this.links;
    const now = links.simulation.now;
    this.sent++;
    const mask = this.packets.length - 1;
    while (this.departing < this.tail && this.departures[this.departing & mask]! <= now) this.departing++;
    if (this.tail - this.departing >= this.queueLimit) {
      this.dropped++;
      links.drops.drop(packet, DropCause.linkQueue);
      return;
    }
    const start = this.busyUntil > now ? this.busyUntil : now;
    const bytes = links.packets.wireBytes(packet) + FRAME_EXTRA_BYTES;
    const departure = start + Math.round(bytes * this.nsPerByte);
    this.busyUntil = departure;
    if (this.tail - this.head === this.packets.length) this.growRing();
    const place = this.tail & (this.packets.length - 1);
    this.packets[place] = packet;
    this.departures[place] = departure;
    if (this.head === this.tail++) links.arriveAt(departure + this.delayNs, this.id);
  }

  /** The first packet in flight arrives. */
  arrive(): void {
    const mask = this.packets.length - 1;
    const packet = this.packets[this.head & mask]!;
    this.head++;
    if (this.departing < this.head) this.departing = this.head;
    if (this.head < this.tail) this.links.arriveAt(this.departures[this.head & mask]! + this.delayNs, this.id);
    this.delivered++;
    this.sink.receive(packet);
  }

  /**
   * Checks that nothing was lost from sight.
   * @throws InvariantError when sent is not delivered + dropped + in flight
   */
  check(): void {
    invariant(
      this.sent === this.delivered + this.dropped + this.inFlight,
      'link-conserves-packets',
      () =>
        `link ${this.id}: sent ${this.sent}, delivered ${this.delivered}, dropped ${this.dropped}, in flight ${this.inFlight}`,
    );
  }

  private growRing(): void {
    const length = this.packets.length;
    const packets = new Int32Array(length * 2);
    const departures = new Float64Array(length * 2);
    for (let i = this.head; i < this.tail; i++) {
      packets[i & (length * 2 - 1)] = this.packets[i & (length - 1)]!;
      departures[i & (length * 2 - 1)] = this.departures[i & (length - 1)]!;
    }
    this.packets = packets;
    this.departures = departures;
  }
}

/** All links of one run. */
export class Links {
  readonly simulation: Simulation;
  readonly packets: PacketPool;
  readonly drops: DropSink;
  private readonly links: Link[] = [];
  private readonly kind: number;

  /**
   * @param simulation clock and events
   * @param packets the pool
   * @param drops who is told of lost packets
   */
  constructor(simulation: Simulation, packets: PacketPool, drops: DropSink) {
    this.simulation = simulation;
    this.packets = packets;
    this.drops = drops;
    this.kind = simulation.register('link-arrival', EventClass.arrival, this);
  }

  /** Lays a link that ends at `sink`. */
  add(spec: LinkSpec, sink: PacketSink): Link {
    const link = new Link(this, this.links.length, spec, sink);
    this.links.push(link);
    return link;
  }

  /** Schedules the arrival of a link's first packet. */
  arriveAt(time: Nanoseconds, id: number): void {
    this.simulation.schedule(time, this.kind, id);
  }

  /** The first packet of the link that the event names arrives. */
  fire(subject: number): void {
    this.links[subject]!.arrive();
  }

  /** Packets under way on all links. */
  get inFlight(): number {
    return this.links.reduce((sum, link) => sum + link.inFlight, 0);
  }

  /** Checks every link's conservation. */
  check(): void {
    for (const link of this.links) link.check();
  }
}
