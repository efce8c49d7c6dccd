/**
 * The discrete-event simulation: a clock, the pending events and the loop that takes them in order.
 *
 * Rooms register a kind of event once (name, class, handler) and schedule (time, kind, subject) as often as they like:
 * an event is a slot in typed columns, taken from a free list and given back before its handler runs, so the steady state allocates nothing.
 * Events of one time go by class, then in the order in which they were scheduled.
 * Time is a whole number of nanoseconds and never goes back.
 */
import { Digest } from './digest.js';
import { HeapEventList, type EventList } from './event-list.js';
import { grown } from './grow.js';
import { invariant } from './invariant.js';
import { TracePoint } from './trace.js';
import type { Nanoseconds } from './units.js';

/** What reacts to events of a kind. */
export interface EventHandler {
  /**
   * Called when an event is due; `simulation.now` is its time.
   * @param subject what was given when the event was scheduled
   */
  fire(subject: number): void;
}

/**
 * Classes decide between events of one time, lowest first: what is on its way arrives before timers look at the
 * result, control changes (new rules, new endpoints) take hold before new traffic starts, and observers come last.
 */
export const EventClass = { arrival: 0, timer: 1, control: 2, traffic: 3, observe: 4 } as const;

/** One of the classes. */
export type EventClass = (typeof EventClass)[keyof typeof EventClass];

/** Sequence numbers stay below this, so that class and number fit one exact double: 8 classes x 2^50. */
const CLASS_STRIDE = 2 ** 50;

/** One run's clock and events. */
export class Simulation {
  /** The present simulated time in nanoseconds. */
  now: Nanoseconds = 0;
  /** Number of events taken so far. */
  eventCount = 0;
  /** Digest over (time, kind, subject) of every event taken so far. */
  readonly digest = new Digest();
  /** Trace point of every event before it is handled: time, kind, subject, number of the event. */
  readonly taken = new TracePoint('simulation.event');

  private readonly events: EventList;
  private readonly handlers: EventHandler[] = [];
  private readonly names: string[] = [];
  private readonly classBase: number[] = [];
  private kind = new Uint8Array(1024);
  private subject = new Int32Array(1024);
  private due = new Float64Array(1024);
  private free = new Int32Array(1024);
  private freeCount = 0;
  private slots = 0;
  private sequence = 0;
  /** Last time to take events of; `stop` moves it before all events. */
  private limit: Nanoseconds = 0;

  /** @param events the event list; the heap unless another one is under test */
  constructor(events: EventList = new HeapEventList()) {
    this.events = events;
  }

  /** Number of events not yet taken. */
  get pending(): number {
    return this.events.length;
  }

  /**
   * Adds a kind of event.
   * @param name what the kind is called in traces and messages
   * @param eventClass what it counts as when times are equal
   * @param handler what reacts to it
   * @returns the kind's number, for `schedule`
   */
  register(name: string, eventClass: EventClass, handler: EventHandler): number {
    invariant(this.handlers.length < 255, 'event-kinds', 'more than 255 kinds of event');
    this.handlers.push(handler);
    this.names.push(name);
    this.classBase.push(eventClass * CLASS_STRIDE);
    return this.handlers.length - 1;
  }

  /** Name of a kind of event, for traces and messages. */
  kindName(kind: number): string {
    return this.names[kind] ?? `kind ${kind}`;
  }

  /**
   * Schedules an event.
   * @param time when it is due; a whole number of nanoseconds, not in the past
   * @param kind what `register` returned
   * @param subject what it is about, a 32-bit integer handed to the handler
   * @throws InvariantError when the time lies in the past or is no whole number
   */
  schedule(time: Nanoseconds, kind: number, subject: number): void {
    if (!(time >= this.now) || time !== Math.floor(time) || time === Infinity) this.refuse(time, kind);
    const slot = this.freeCount > 0 ? this.free[--this.freeCount]! : this.newSlot();
    this.kind[slot] = kind;
    this.subject[slot] = subject;
    this.due[slot] = time;
    this.events.push(slot, time, this.classBase[kind]! + this.sequence++);
  }

  /**
   * Takes events in order until none is due up to `until`, or `stop` is called; then sets the clock to `until`.
   * @param until last time to take events of, in nanoseconds
   */
  run(until: Nanoseconds): void {
    this.limit = until;
    for (;;) {
      const slot = this.events.first();
      if (slot < 0) break;
      const time = this.due[slot]!;
      if (time > this.limit) break;
      this.events.pop();
      const kind = this.kind[slot]!;
      const subject = this.subject[slot]!;
      this.free[this.freeCount++] = slot;
      this.now = time;
      this.eventCount++;
      this.digest.add(time, kind, subject);
      if (this.taken.active) this.taken.emit(time, kind, subject, this.eventCount);
      this.handlers[kind]!.fire(subject);
    }
    if (this.limit !== Infinity && this.limit > this.now) this.now = this.limit;
  }

  /** Ends `run` after the present event; a later `run` goes on from there. */
  stop(): void {
    this.limit = -1;
  }

  private newSlot(): number {
    if (this.slots === this.kind.length) {
      const length = this.slots * 2;
      this.kind = grown(this.kind, length);
      this.subject = grown(this.subject, length);
      this.due = grown(this.due, length);
      this.free = grown(this.free, length);
    }
    return this.slots++;
  }

  private refuse(time: Nanoseconds, kind: number): never {
    invariant(false, 'time-goes-forward', `${this.kindName(kind)} scheduled for ${time} ns at ${this.now} ns`);
  }
}
