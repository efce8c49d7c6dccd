/**
 * CPU cores of the nodes: each serves one packet at a time, first come first served, behind a bounded queue.
 *
 * Mirrors a core's softirq backlog (net/core/dev.c, netdev_max_backlog): what finds the queue full is dropped. A packet meets the node's tables when
 * its service starts; it leaves the node when its service, priced from its work, ends. One event a packet, and one entry
 * in the event list a busy core. Left out: user processes competing for the core, NAPI batching, interrupt moderation.
 */
import { EventClass, grown, type Nanoseconds, type Simulation } from '../sim/index.js';

/** What a node does with the packets that its cores take up. */
export interface PacketProcessor {
  /**
   * Takes a packet through the node.
   * @param packet number in the pool
   * @param origin where it came from, as given to `enqueue`
   * @param core number of the core, for keeping the outcome until `complete`
   * @returns CPU time in whole nanoseconds
   */
  process(packet: number, origin: number, core: number): Nanoseconds;
  /** Whether a packet leaves when the service of that core is over; false when it was lost. */
  carries(core: number): boolean;
  /** The service of the packet processed last on that core is over: what came of it leaves the node. */
  complete(core: number): void;
  /** A packet finds the core's queue full. */
  overflow(packet: number): void;
}

/** All cores of one run. */
export class Cores {
  private readonly simulation: Simulation;
  private readonly kind: number;
  private readonly processors: PacketProcessor[] = [];
  private readonly limits: number[] = [];
  private readonly queues: CoreQueue[] = [];
  private busy = new Uint8Array(16);
  /** Total CPU time spent, by core, in nanoseconds. */
  busyNs = new Float64Array(16);

  /** @param simulation clock and events */
  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.kind = simulation.register('core-done', EventClass.arrival, this);
  }

  /** Number of cores. */
  get count(): number {
    return this.processors.length;
  }

  /**
   * Adds a core.
   * @param processor the node that it belongs to
   * @param backlogPackets packets that may wait for it
   * @returns its number
   */
  add(processor: PacketProcessor, backlogPackets: number): number {
    const core = this.processors.length;
    this.processors.push(processor);
    this.limits.push(backlogPackets);
    this.queues.push(new CoreQueue());
    if (core === this.busy.length) {
      this.busy = grown(this.busy, core * 2);
      this.busyNs = grown(this.busyNs, core * 2);
    }
    return core;
  }

  /** Packets that wait for a core. */
  waiting(core: number): number {
    return this.queues[core]!.length;
  }

  /** Packets that wait for cores or will leave them. */
  get inFlight(): number {
    let count = 0;
    for (let core = 0; core < this.count; core++) {
      count += this.queues[core]!.length;
      if (this.busy[core] === 1 && this.processors[core]!.carries(core)) count++;
    }
    return count;
  }

  /** Hands a packet to a core: served at once if idle, queued if not, dropped if the queue is full. */
  enqueue(core: number, packet: number, origin: number): void {
    if (this.busy[core] === 0) {
      this.start(core, packet, origin);
      return;
    }
    const queue = this.queues[core]!;
    if (queue.length >= this.limits[core]!) this.processors[core]!.overflow(packet);
    else queue.push(packet, origin);
  }

  /** A core's service is over; the next packet in its queue begins. */
  fire(core: number): void {
    // Still busy while the packet leaves: what it sets off may come back to this very core (a local pod that answers
    // at once) and must queue behind what waits already.
    this.processors[core]!.complete(core);
    this.busy[core] = 0;
    const queue = this.queues[core]!;
    if (queue.length > 0) {
      const origin = queue.firstOrigin();
      this.start(core, queue.shift(), origin);
    }
  }

  private start(core: number, packet: number, origin: number): void {
    this.busy[core] = 1;
    const ns = this.processors[core]!.process(packet, origin, core);
    this.busyNs[core]! += ns;
    this.simulation.schedule(this.simulation.now + ns, this.kind, core);
  }
}

/** A ring of (packet, origin) pairs. */
class CoreQueue {
  private packets = new Int32Array(8);
  private origins = new Int32Array(8);
  private head = 0;
  length = 0;

  push(packet: number, origin: number): void {
    if (this.length === this.packets.length) this.growRing();
    const place = (this.head + this.length++) & (this.packets.length - 1);
    this.packets[place] = packet;
    this.origins[place] = origin;
  }

  firstOrigin(): number {
    return this.origins[this.head]!;
  }

  shift(): number {
    const packet = this.packets[this.head]!;
    this.head = (this.head + 1) & (this.packets.length - 1);
    this.length--;
    return packet;
  }

  private growRing(): void {
    const mask = this.packets.length - 1;
    const packets = new Int32Array(this.packets.length * 2);
    const origins = new Int32Array(this.packets.length * 2);
    for (let i = 0; i < this.length; i++) {
      packets[i] = this.packets[(this.head + i) & mask]!;
      origins[i] = this.origins[(this.head + i) & mask]!;
    }
    this.packets = packets;
    this.origins = origins;
    this.head = 0;
  }
}
