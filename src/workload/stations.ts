/**
 * Stations: the servers behind the endpoints, each a queue with a number of workers and a distribution of service times.
 *
 * First come, first served, without a bound. With exponential times and one worker a station is the M/M/1 queue, with constant
 * times M/D/1; the tests hold it against theory. A request in service is a slot in typed columns with one pending event.
 */
import { EventClass, grown, type RandomStreams, type RandomStream, type Simulation } from '../sim/index.js';
import type { ServerFabric, TrafficObserver } from './fabric.js';

/** How servers behave; a part of the case. */
export interface StationOptions {
  readonly distribution: 'constant' | 'exponential';
  readonly meanNs: number;
  readonly concurrency: number;
  readonly factors: readonly number[];
  readonly slowEndpoints: number;
  readonly slowFactor: number;
  readonly responseBytes: number;
}

/** Servers that are none of the workload's, such as those of names: how long they take, and who answers for them. */
export interface StationKind extends Pick<StationOptions, 'distribution' | 'meanNs' | 'concurrency'> {
  /** A request has had its time. */
  served(server: number, handle: number, sequence: number): void;
}

/** All servers of one run. */
export class Stations {
  private readonly simulation: Simulation;
  private readonly fabric: ServerFabric;
  private readonly observer: TrafficObserver;
  private readonly options: StationOptions;
  private readonly streams: RandomStreams;
  private readonly kind: number;
  private readonly chance: (RandomStream | undefined)[] = [];
  private readonly queues: (RequestQueue | undefined)[] = [];
  /** Of servers that are none of the workload's. */
  private readonly kinds: (StationKind | undefined)[] = [];
  private meanNs = new Float64Array(64);
  private busy = new Int32Array(64);
  private stopped = new Uint8Array(64);
  private made = 0;
  // Requests in service.
  private server = new Int32Array(64);
  private handle = new Int32Array(64);
  private sequence = new Int32Array(64);
  private free = new Int32Array(64);
  private freeCount = 0;
  private slots = 0;

  /** No servers yet. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly streams: RandomStreams;
    readonly fabric: ServerFabric;
    readonly observer: TrafficObserver;
    readonly options: StationOptions;
  }) {
    this.simulation = parts.simulation;
    this.fabric = parts.fabric;
    this.observer = parts.observer;
    this.options = parts.options;
    this.streams = parts.streams;
    this.kind = parts.simulation.register('service-done', EventClass.traffic, this);
  }

  /** Number of servers made so far. */
  get count(): number {
    return this.made;
  }

  /**
   * Adds a server.
   * @param index its place among the endpoints of its service, which decides whether it is slow
   * @param kind of one that is none of the workload's
   * @returns its number
   */
  add(index: number, kind?: StationKind): number {
    const { meanNs, factors, slowEndpoints, slowFactor } = this.options;
    const server = this.made++;
    if (server === this.meanNs.length) {
      this.meanNs = grown(this.meanNs, server * 2);
      this.busy = grown(this.busy, server * 2);
      this.stopped = grown(this.stopped, server * 2);
    }
    const factor = factors[index % factors.length]! * (index < slowEndpoints ? slowFactor : 1);
    this.meanNs[server] = kind === undefined ? meanNs * factor : kind.meanNs;
    if (kind !== undefined) this.kinds[server] = kind;
    return server;
  }

  /** Whether a server is none of the workload's. */
  isOther(server: number): boolean {
    return this.kinds[server] !== undefined;
  }

  /** The server's process ends: what it has taken up is lost. */
  stop(server: number): void {
    this.stopped[server] = 1;
    this.queues[server] = undefined;
  }

  /** A process that had stopped takes up requests again; those that came meanwhile stay without an answer. */
  resume(server: number): void {
    this.stopped[server] = 0;
  }

  /** A request for a server: served at once or queued. */
  take(server: number, handle: number, sequence: number): void {
    if (this.stopped[server] === 1) return;
    if (this.busy[server]! < this.workers(server)) this.begin(server, handle, sequence);
    else (this.queues[server] ??= new RequestQueue()).push(handle, sequence);
  }

  /** A request has been served. */
  fire(slot: number): void {
    const server = this.server[slot]!;
    const handle = this.handle[slot]!;
    const sequence = this.sequence[slot]!;
    this.free[this.freeCount++] = slot;
    this.busy[server]!--;
    if (this.stopped[server] === 1) return;
    this.answer(server, handle, sequence);
    const queue = this.queues[server];
    // A request that takes no time is answered at once and leaves the worker to the next one.
    while (queue !== undefined && queue.length > 0 && this.busy[server]! < this.workers(server)) {
      const next = queue.firstSequence();
      this.begin(server, queue.shift(), next);
    }
  }

  private workers(server: number): number {
    return this.kinds[server]?.concurrency ?? this.options.concurrency;
  }

  private begin(server: number, handle: number, sequence: number): void {
    const ns = this.serviceTime(server);
    if (ns === 0) {
      this.answer(server, handle, sequence);
      return;
    }
    this.busy[server]!++;
    const slot = this.freeCount > 0 ? this.free[--this.freeCount]! : this.newSlot();
    this.server[slot] = server;
    this.handle[slot] = handle;
    this.sequence[slot] = sequence;
    this.simulation.schedule(this.simulation.now + ns, this.kind, slot);
  }

  private answer(server: number, handle: number, sequence: number): void {
    const kind = this.kinds[server];
    if (kind !== undefined) {
      kind.served(server, handle, sequence);
      return;
    }
    this.observer.served(server);
    this.fabric.respond(handle, sequence, this.options.responseBytes);
  }

  private serviceTime(server: number): number {
    const mean = this.meanNs[server]!;
    const { distribution } = this.kinds[server] ?? this.options;
    if (mean === 0 || distribution === 'constant') return Math.round(mean);
    const chance = (this.chance[server] ??= this.streams.stream(`server/${server}/service`));
    return Math.round(chance.exponential(mean));
  }

  private newSlot(): number {
    if (this.slots === this.server.length) {
      const length = this.slots * 2;
      this.server = grown(this.server, length);
      this.handle = grown(this.handle, length);
      this.sequence = grown(this.sequence, length);
      this.free = grown(this.free, length);
    }
    return this.slots++;
  }
}

/** A ring of (handle, sequence) pairs. */
class RequestQueue {
  length = 0;
  private handles = new Int32Array(8);
  private sequences = new Int32Array(8);
  private head = 0;

  push(handle: number, sequence: number): void {
    if (this.length === this.handles.length) this.growRing();
    const place = (this.head + this.length++) & (this.handles.length - 1);
    this.handles[place] = handle;
    this.sequences[place] = sequence;
  }

  firstSequence(): number {
    return this.sequences[this.head]!;
  }

  shift(): number {
    const handle = this.handles[this.head]!;
    this.head = (this.head + 1) & (this.handles.length - 1);
    this.length--;
    return handle;
  }

  private growRing(): void {
    const mask = this.handles.length - 1;
    const handles = new Int32Array(this.handles.length * 2);
    const sequences = new Int32Array(this.handles.length * 2);
    for (let i = 0; i < this.length; i++) {
      handles[i] = this.handles[(this.head + i) & mask]!;
      sequences[i] = this.sequences[(this.head + i) & mask]!;
    }
    this.handles = handles;
    this.sequences = sequences;
    this.head = 0;
  }
}
