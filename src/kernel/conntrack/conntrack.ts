/**
 * Connection tracking of one node: every packet gets its entry, direction and state; entries have timeouts and a limit.
 *
 * Mirrors net/netfilter/nf_conntrack_core.c and nf_conntrack_proto_{tcp,udp,sctp}.c (Linux 6.x) for both families: entries are made at the
 * first hook and confirmed at the last one; a full table evicts an entry that is not assured from 8 neighbouring buckets or turns the
 * packet away; a SYN on a closed connection starts it anew. Left out: zones, helpers, expectations, accounting, window checks, the insert race
 * between cores, and the collector's eviction of closing connections in an almost full table.
 * Entries expire when looked up late, and by a wheel of 1 s. Cost: two hash lookups a new flow, one otherwise.
 */
import { SECOND, grown, type Simulation, type TimerWheel, type TimerWheels } from '../../sim/index.js';
import { Protocol, hashTuple, type IpAddress, type PacketPool } from '../../net/index.js';
import { CtState } from '../hook.js';
import { WorkKind, type Work } from '../work.js';
import { EarlyDrop } from './early-drop.js';
import { NO_FIRST, firstState } from './first-state.js';
import { SCTP_TIMEOUTS } from './sctp-state.js';
import { SctpTracker } from './sctp-tracker.js';
import { tcpTimeouts, type ConntrackSettings } from './settings.js';
import { CtStatus } from './status.js';
import { TcpOutcome, TcpTracker } from './tcp-tracker.js';
import { TupleTable } from './tuple-table.js';

/** `track` found no room: the packet is turned away. */
export const CT_FULL = -1;
/** `track` made nothing of the packet: it belongs to no connection. */
export const CT_INVALID = -2;

/** A UDP flow counts as a stream when packets flow 2 s after its start (nf_conntrack_proto_udp.c). */
const UDP_STREAM_AFTER = 2 * SECOND;

// Taken here once: a property of an imported object costs a load at each use, in hot code too.
const LOOKUP = WorkKind.conntrackLookup;
const LOAD = WorkKind.conntrackLoad;
const { icmp: ICMP, icmpv6: ICMPV6, sctp: SCTP, tcp: TCP } = Protocol;

/**
 * Chains that a new flow walks beyond the two lookups counted by themselves (its own, and whether its reply tuple is
 * free), in lookups of a known flow. Measured: a new flow takes 320 to 430 ns longer for each unit of load, middle 375;
 * a lookup of a known one 45 to 90 ns, middle 67. 375 / 67 = 5.6, less 2: about 3.5. Confirming walks both chains
 * to their ends under lock, and a look for a tuple that is not there goes to a chain's end as well, not to its middle.
 */
const CHAINS_TO_CONFIRM = 3.5;

/** Connection tracking of one node. */
export class Conntrack {
  /** Tuples, by slot; `slot >> 1` is the entry, `slot & 1` the direction (0 original, 1 reply). */
  readonly tuples = new TupleTable();
  /** State of the packet tracked last, a bit of `CtState`. */
  packetState: number = CtState.invalid;
  /** Largest number of entries seen. */
  peak = 0;
  /** Entries evicted early, packets turned away at a full table, entries made. */
  earlyDrops = 0;
  drops = 0;
  created = 0;

  private readonly simulation: Simulation;
  private readonly packets: PacketPool;
  private readonly work: Work;
  private readonly settings: ConntrackSettings;
  /** What one entry adds to the mean length of a chain: it stands in two. */
  private readonly loadOfEntry: number;
  private readonly wheels: TimerWheels;
  private wheel: TimerWheel | undefined;
  private born = new Float64Array(0);
  private readonly earlyDrop = new EarlyDrop(this);
  private readonly tcp: TcpTracker;
  private readonly sctp: SctpTracker;

  /** Nothing is allocated before the first packet. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly wheels: TimerWheels;
    readonly packets: PacketPool;
    readonly work: Work;
    readonly settings: ConntrackSettings;
  }) {
    this.simulation = parts.simulation;
    this.wheels = parts.wheels;
    this.packets = parts.packets;
    this.work = parts.work;
    this.settings = parts.settings;
    this.tcp = new TcpTracker(this, parts.packets, tcpTimeouts(parts.settings));
    this.loadOfEntry = 2 / parts.settings.buckets;
    this.sctp = new SctpTracker(this, parts.packets);
  }

  /** Number of entries. */
  get count(): number {
    return this.tuples.count;
  }

  /**
   * Finds or makes the entry of a packet (hooks PREROUTING and OUTPUT); sets `packetState`.
   * @param packet number in the pool
   * @returns the slot, `CT_FULL` or `CT_INVALID`
   */
  track(packet: number): number {
    const packets = this.packets;
    let protocol = packets.protocol[packet]!;
    const isError = protocol === ICMP || protocol === ICMPV6;
    // An ICMP error carries the ports and, in `flags`, the protocol of the packet that it is about.
    if (isError) protocol = packets.flags[packet]!;
    const slot = this.lookup(
      packets.source[packet]!,
      packets.destination[packet]!,
      packets.sourcePort[packet]!,
      packets.destinationPort[packet]!,
      protocol,
    );
    if (isError) {
      this.packetState = slot < 0 ? CtState.invalid : CtState.related;
      return slot < 0 ? CT_INVALID : slot;
    }
    if (slot < 0) return this.begin(packet, protocol);
    if (protocol === TCP) return this.trackTcp(packet, slot);
    return protocol === SCTP ? this.trackSctp(packet, slot) : this.trackDatagram(slot);
  }

  /** Puts a new entry into the table (the last hook); nothing happens to one that is there already. */
  confirm(slot: number): void {
    const entry = slot >> 1;
    if (this.tuples.status(entry) & CtStatus.confirmed) return;
    this.tuples.addStatus(entry, CtStatus.confirmed);
    this.tuples.link(entry * 2);
    this.tuples.link(entry * 2 + 1);
    this.work.counts[WorkKind.conntrackCreate]!++;
    this.work.counts[LOAD]! += CHAINS_TO_CONFIRM * this.tuples.count * this.loadOfEntry;
    this.arm(entry);
  }

  /** Drops a new entry whose packet did not make it to the last hook; a confirmed one stays. */
  abandon(slot: number): void {
    if (slot >= 0 && !(this.tuples.status(slot >> 1) & CtStatus.confirmed)) this.tuples.release(slot >> 1);
  }

  /**
   * Forgets the confirmed flow with a tuple, if there is one. For use between packets: it counts as no packet's work, and
   * slots of the flow that somebody still holds are void.
   */
  forget(
    source: IpAddress,
    destination: IpAddress,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): void {
    const slot = this.tuples.find(source, destination, sourcePort, destinationPort, protocol);
    if (slot >= 0) this.destroy(slot >> 1);
  }

  /**
   * Shows every entry in the table, as a dump over netlink does. For use between packets, and counts as no packet's work.
   * @param visit gets the entry's number: `tuples` has its original tuple at slot 2e and its reply tuple at 2e+1; it may `destroy` the entry
   */
  entries(visit: (entry: number) => void): void {
    const { tuples } = this;
    for (let entry = 0; entry < tuples.made; entry++) {
      if (tuples.status(entry) & CtStatus.confirmed && tuples.deadline(entry) > this.simulation.now) visit(entry);
    }
  }

  /** Whether a tuple is taken; counts as a lookup. */
  isTaken(
    source: IpAddress,
    destination: IpAddress,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): boolean {
    return this.lookup(source, destination, sourcePort, destinationPort, protocol) >= 0;
  }

  /** The wheel says that an entry's time may be over. */
  expire(entry: number): void {
    if (this.tuples.deadline(entry) > this.simulation.now) this.arm(entry);
    else this.destroy(entry);
  }

  private lookup(
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): number {
    const counts = this.work.counts;
    counts[LOOKUP]!++;
    counts[LOAD]! += this.tuples.count * this.loadOfEntry;
    const slot = this.tuples.find(source, destination, sourcePort, destinationPort, protocol);
    if (slot >= 0 && this.tuples.deadline(slot >> 1) <= this.simulation.now) {
      this.destroy(slot >> 1);
      return -1;
    }
    return slot;
  }

  private trackTcp(packet: number, slot: number): number {
    const outcome = this.tcp.track(packet, slot, this.simulation.now);
    if (outcome === TcpOutcome.fits) return this.noteDirection(slot);
    if (outcome === TcpOutcome.invalid) return this.refuse();
    this.destroy(slot >> 1);
    return this.begin(packet, TCP);
  }

  private trackSctp(packet: number, slot: number): number {
    return this.sctp.track(packet, slot, this.simulation.now) ? this.noteDirection(slot) : this.refuse();
  }

  private refuse(): number {
    this.packetState = CtState.invalid;
    return CT_INVALID;
  }

  /** Both directions have been seen only after the first answer has been dealt with: the kernel sets the bit last. */
  private noteDirection(slot: number): number {
    if (slot & 1) this.tuples.addStatus(slot >> 1, CtStatus.seenReply);
    this.packetState = this.tuples.status(slot >> 1) & CtStatus.seenReply ? CtState.established : CtState.new;
    return slot;
  }

  private trackDatagram(slot: number): number {
    const entry = slot >> 1;
    const now = this.simulation.now;
    let timeout = this.settings.udpNs;
    if (this.tuples.status(entry) & CtStatus.seenReply && now > this.born[entry]! + UDP_STREAM_AFTER) {
      timeout = this.settings.udpStreamNs;
      this.tuples.addStatus(entry, CtStatus.assured);
    }
    this.tuples.setDeadline(entry, now + timeout);
    return this.noteDirection(slot);
  }

  /** Makes an entry for a packet that has none. */
  private begin(packet: number, protocol: number): number {
    const state = firstState(protocol, this.packets.flags[packet]!);
    if (state === NO_FIRST) return this.refuse();
    const packets = this.packets;
    const tuples = this.tuples;
    if (tuples.count >= this.settings.max && !this.makeRoom(packet, protocol)) {
      this.drops++;
      this.work.add(WorkKind.conntrackFull, 1);
      return CT_FULL;
    }
    const entry = tuples.take();
    if (tuples.capacity > this.born.length) this.grow();
    const source = packets.source[packet]!;
    const destination = packets.destination[packet]!;
    const sourcePort = packets.sourcePort[packet]!;
    const destinationPort = packets.destinationPort[packet]!;
    tuples.setTuple(entry * 2, source, destination, sourcePort, destinationPort, protocol);
    tuples.setTuple(entry * 2 + 1, destination, source, destinationPort, sourcePort, protocol);
    tuples.setState(entry, state);
    this.born[entry] = this.simulation.now;
    this.tuples.setDeadline(entry, this.simulation.now + this.firstTimeout(protocol, state));
    this.created++;
    if (tuples.count > this.peak) this.peak = tuples.count;
    this.packetState = CtState.new;
    return entry * 2;
  }

  private firstTimeout(protocol: number, state: number): number {
    if (protocol === SCTP) return SCTP_TIMEOUTS[state]!;
    return protocol === TCP ? this.tcp.firstTimeout(state) : this.settings.udpNs;
  }

  /** Early drop; false when nothing could be evicted. */
  private makeRoom(packet: number, protocol: number): boolean {
    const { source, destination, sourcePort, destinationPort } = this.packets;
    const hash = hashTuple(
      source[packet]!,
      destination[packet]!,
      sourcePort[packet]!,
      destinationPort[packet]!,
      protocol,
    );
    const evicted = this.earlyDrop.evict(hash, this.settings.buckets);
    this.earlyDrops += evicted;
    return evicted > 0;
  }

  /** Forgets an entry: its time is over, or early drop chose it. */
  destroy(entry: number): void {
    this.tuples.unlink(entry * 2);
    this.tuples.unlink(entry * 2 + 1);
    this.wheel?.cancel(entry);
    this.tuples.release(entry);
  }

  /** Sets an entry's timer by its deadline. */
  arm(entry: number): void {
    this.wheel ??= this.wheels.add(SECOND, this);
    this.wheel.arm(entry, this.tuples.deadline(entry));
  }

  private grow(): void {
    const length = this.tuples.capacity;
    this.born = grown(this.born, length);
  }
}
