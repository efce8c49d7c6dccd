/**
 * Connection tracking of one node: every packet gets its entry, direction and state; entries have timeouts and a limit.
 *
 * Mirrors net/netfilter/nf_conntrack_core.c and nf_conntrack_proto_{tcp,udp}.c (Linux 6.x): entries are made at the first hook and
 * confirmed at the last one; a full table evicts an entry that is not assured from 8 neighbouring buckets or turns the packet away; a SYN
 * on a closed connection starts it anew. Left out: zones, helpers, expectations, accounting, window checks, the insert race
 * between cores, and the collector's eviction of closing connections in an almost full table.
 * Entries expire when looked up late, and by a wheel of 1 s. Cost: two hash lookups a new flow, one otherwise.
 */
import { SECOND, grown, type Simulation, type TimerWheel, type TimerWheels } from '../../sim/index.js';
import { Protocol, TcpFlag, hashTuple, type PacketPool } from '../../net/index.js';
import { CtState } from '../hook.js';
import { WorkKind, type Work } from '../work.js';
import { EarlyDrop } from './early-drop.js';
import { tcpTimeouts, type ConntrackSettings } from './settings.js';
import { CtStatus } from './status.js';
import { TCP_IGNORE, TCP_INVALID, TcpState, nextTcpState } from './tcp-state.js';
import { TupleTable } from './tuple-table.js';

/** `track` found no room: the packet is turned away. */
export const CT_FULL = -1;
/** `track` made nothing of the packet: it belongs to no connection. */
export const CT_INVALID = -2;

/** A UDP flow counts as a stream when packets flow 2 s after its start (nf_conntrack_proto_udp.c). */
const UDP_STREAM_AFTER = 2 * SECOND;

/** A connection picked up in mid-stream is kept this long until it is answered (nf_conntrack_tcp_timeout_unacknowledged). */
const UNACKNOWLEDGED = 300 * SECOND;

// Taken here once: a property of an imported object costs a load at each use, in hot code too.
const LOOKUP = WorkKind.conntrackLookup;
const LOAD = WorkKind.conntrackLoad;

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
  private readonly tcpTimeouts: Float64Array;
  /** What one entry adds to the mean length of a chain: it stands in two. */
  private readonly loadOfEntry: number;
  private readonly wheels: TimerWheels;
  private wheel: TimerWheel | undefined;
  private born = new Float64Array(0);
  private readonly earlyDrop = new EarlyDrop(this);

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
    this.tcpTimeouts = tcpTimeouts(parts.settings);
    this.loadOfEntry = 2 / parts.settings.buckets;
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
    const isError = packets.protocol[packet] === Protocol.icmp;
    // An ICMP error carries the ports and, in `flags`, the protocol of the packet that it is about.
    const protocol = isError ? packets.flags[packet]! : packets.protocol[packet]!;
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
    return protocol === Protocol.tcp ? this.trackTcp(packet, slot) : this.trackDatagram(slot);
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
  forget(source: number, destination: number, sourcePort: number, destinationPort: number, protocol: number): void {
    const slot = this.tuples.find(source, destination, sourcePort, destinationPort, protocol);
    if (slot >= 0) this.destroy(slot >> 1);
  }

  /** Whether a tuple is taken; counts as a lookup. */
  isTaken(source: number, destination: number, sourcePort: number, destinationPort: number, protocol: number): boolean {
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
    const entry = slot >> 1;
    const reply = slot & 1;
    const flags = this.packets.flags[packet]!;
    const before = this.tuples.state(entry);
    const after = nextTcpState(before, flags, reply);
    if (after === TCP_INVALID) {
      this.packetState = CtState.invalid;
      return CT_INVALID;
    }
    if (after === TcpState.synSent && before >= TcpState.timeWait && before <= TcpState.close) {
      // The old connection is over and its tuple is used again: the kernel forgets it and looks at the packet anew.
      this.destroy(entry);
      return this.begin(packet, Protocol.tcp);
    }
    if (flags & TcpFlag.rst && !(this.tuples.status(entry) & CtStatus.seenReply)) {
      // A reset before any answer, or as the first one: nothing to remember. The packet itself still goes through.
      this.tuples.setDeadline(entry, this.simulation.now);
      this.arm(entry);
    } else if (after !== TCP_IGNORE) {
      this.enter(entry, before, after);
    }
    return this.noteDirection(slot);
  }

  /** Both directions have been seen only after the first answer has been dealt with: the kernel sets the bit last. */
  private noteDirection(slot: number): number {
    if (slot & 1) this.tuples.addStatus(slot >> 1, CtStatus.seenReply);
    this.packetState = this.tuples.status(slot >> 1) & CtStatus.seenReply ? CtState.established : CtState.new;
    return slot;
  }

  private enter(entry: number, before: number, after: number): void {
    let timeout = this.tcpTimeouts[after]!;
    if (after === TcpState.established) {
      if (!(this.tuples.status(entry) & CtStatus.seenReply)) timeout = Math.min(timeout, UNACKNOWLEDGED);
      else if (before === TcpState.synReceived || before === TcpState.established)
        this.tuples.addStatus(entry, CtStatus.assured);
    }
    this.tuples.setDeadline(entry, this.simulation.now + timeout);
    if (after === before) return;
    this.tuples.setState(entry, after);
    if (this.tuples.status(entry) & CtStatus.confirmed) this.arm(entry);
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
    let state = 0;
    if (protocol === Protocol.tcp) {
      state = nextTcpState(TcpState.none, this.packets.flags[packet]!, 0);
      if (state >= TCP_IGNORE) {
        this.packetState = CtState.invalid;
        return CT_INVALID;
      }
    }
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
    if (protocol !== Protocol.tcp) return this.settings.udpNs;
    const timeout = this.tcpTimeouts[state]!;
    return state === TcpState.established ? Math.min(timeout, UNACKNOWLEDGED) : timeout;
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

  private arm(entry: number): void {
    this.wheel ??= this.wheels.add(SECOND, this);
    this.wheel.arm(entry, this.tuples.deadline(entry));
  }

  private grow(): void {
    const length = this.tuples.capacity;
    this.born = grown(this.born, length);
  }
}
