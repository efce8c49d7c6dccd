/**
 * A timer wheel: very many timeouts, of which most are moved or cancelled before they fire.
 *
 * Timers are integer ids of the owner (a connection, a table entry), linked into the slot of the tick at which they are
 * due. Arming, moving and cancelling are O(1) and allocate nothing; the event list holds one entry for the whole wheel.
 * A timer fires at the first tick at or after its deadline and after the moment of arming (as the kernel's timers do at a
 * jiffy), timers of one tick in the order in which they were armed.
 * Deadlines beyond one turn of the wheel wait in their slot and are passed over until their turn.
 */
import { grown } from './grow.js';
import { EventClass, type Simulation } from './simulation.js';
import type { Nanoseconds } from './units.js';

/** What is told that a timer fired. */
export interface TimerOwner {
  /**
   * Called when a timer is due. The timer is no longer armed; it may be armed again.
   * @param id what was given to `arm`
   */
  expire(id: number): void;
}

/** Slots of the wheel; one more list holds what fires at present. */
const SLOTS = 1024;
const NOT_ARMED = -1;
const FIRING = -2;

/** Many timeouts behind one pending event. */
export class TimerWheel {
  private readonly simulation: Simulation;
  private readonly granularityNs: Nanoseconds;
  private readonly owner: TimerOwner;
  private readonly kind: number;
  private readonly subject: number;
  private readonly head = new Int32Array(SLOTS + 1).fill(-1);
  private readonly tail = new Int32Array(SLOTS + 1).fill(-1);
  private next = new Int32Array(64).fill(-1);
  private previous = new Int32Array(64).fill(-1);
  /** Tick at which the timer is due, or NOT_ARMED, or FIRING. */
  private tick = new Float64Array(64).fill(NOT_ARMED);
  private armed = 0;
  private awake = false;

  /**
   * @param simulation clock and events
   * @param kind a kind of event registered by the caller, whose handler calls `turn` of the wheel that the subject names
   * @param subject the wheel's number under that kind
   * @param granularityNs length of a tick in nanoseconds
   * @param owner what is told
   */
  constructor(simulation: Simulation, kind: number, subject: number, granularityNs: Nanoseconds, owner: TimerOwner) {
    this.simulation = simulation;
    this.kind = kind;
    this.subject = subject;
    this.granularityNs = granularityNs;
    this.owner = owner;
  }

  /** Number of timers armed. */
  get length(): number {
    return this.armed;
  }

  /** Whether a timer is armed. */
  isArmed(id: number): boolean {
    return id < this.tick.length && this.tick[id] !== NOT_ARMED;
  }

  /**
   * Arms a timer, or moves it when it is armed already.
   * @param id the owner's number for it, small integers from 0
   * @param deadline when it is due; it fires at the first tick at or after this
   */
  arm(id: number, deadline: Nanoseconds): void {
    if (id >= this.tick.length) this.makeRoom(id);
    const due = Math.max(Math.ceil(deadline / this.granularityNs), this.nextTick());
    if (this.tick[id] === due) return;
    if (this.tick[id] !== NOT_ARMED) this.unlink(id);
    this.link(id, due);
    this.wake();
  }

  /** Disarms a timer; nothing happens when it is not armed. */
  cancel(id: number): void {
    if (this.isArmed(id)) this.unlink(id);
  }

  /** One tick: fires what is due and schedules the next tick while anything is armed. */
  turn(): void {
    this.awake = false;
    const tick = Math.round(this.simulation.now / this.granularityNs);
    // What is due moves to a list of its own first: an owner may arm, move or cancel any timer while others fire.
    for (let id = this.head[tick % SLOTS]!; id >= 0;) {
      const following = this.next[id]!;
      if (this.tick[id] === tick) {
        this.unlink(id);
        this.link(id, FIRING);
      }
      id = following;
    }
    for (let id = this.head[SLOTS]!; id >= 0; id = this.head[SLOTS]!) {
      this.unlink(id);
      this.owner.expire(id);
    }
    this.wake();
  }

  /** The first tick after the present moment: whether the wheel turns at this very moment depends on other timers and must not matter. */
  private nextTick(): number {
    return Math.floor(this.simulation.now / this.granularityNs) + 1;
  }

  /** Schedules the next tick while anything is armed; at most one event is pending. */
  private wake(): void {
    if (this.awake || this.armed === 0) return;
    this.awake = true;
    const tick = this.nextTick();
    this.simulation.schedule(tick * this.granularityNs, this.kind, this.subject);
  }

  private link(id: number, tick: number): void {
    const slot = tick === FIRING ? SLOTS : tick % SLOTS;
    const last = this.tail[slot]!;
    this.tick[id] = tick;
    this.previous[id] = last;
    this.next[id] = -1;
    if (last < 0) this.head[slot] = id;
    else this.next[last] = id;
    this.tail[slot] = id;
    this.armed++;
  }

  private unlink(id: number): void {
    const slot = this.tick[id] === FIRING ? SLOTS : this.tick[id]! % SLOTS;
    const next = this.next[id]!;
    const previous = this.previous[id]!;
    if (previous < 0) this.head[slot] = next;
    else this.next[previous] = next;
    if (next < 0) this.tail[slot] = previous;
    else this.previous[next] = previous;
    this.tick[id] = NOT_ARMED;
    this.armed--;
  }

  private makeRoom(id: number): void {
    const from = this.tick.length;
    const length = Math.max(id + 1, from * 2);
    this.next = grown(this.next, length);
    this.previous = grown(this.previous, length);
    this.tick = grown(this.tick, length);
    this.tick.fill(NOT_ARMED, from);
  }
}

/** Registers the kind of event that turns wheels and numbers them. */
export class TimerWheels {
  private readonly wheels: TimerWheel[] = [];
  private readonly simulation: Simulation;
  private readonly kind: number;

  /**
   * @param simulation clock and events
   * @param name name of the kind of event
   */
  constructor(simulation: Simulation, name: string) {
    this.simulation = simulation;
    this.kind = simulation.register(name, EventClass.timer, this);
  }

  /**
   * A new wheel.
   * @param granularityNs length of a tick in nanoseconds
   * @param owner what is told that a timer fired
   */
  add(granularityNs: Nanoseconds, owner: TimerOwner): TimerWheel {
    const wheel = new TimerWheel(this.simulation, this.kind, this.wheels.length, granularityNs, owner);
    this.wheels.push(wheel);
    return wheel;
  }

  /** Turns the wheel that an event names. */
  fire(subject: number): void {
    this.wheels[subject]!.turn();
  }
}
