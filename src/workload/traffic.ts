/**
 * Traffic: clients that send requests over sessions, in open or closed loop, and what happens to each request.
 *
 * The three kinds of workload are settings of this machine: how many sessions a client may have, how many requests go over one,
 * and whether a session needs a handshake. Open loop: requests are due by the clock and wait for a session if none is
 * free, and their latency counts from when they were due (no coordinated omission). Closed loop: each of a client's
 * users sends, waits for the answer, thinks, sends again.
 */
import {
  EventClass,
  MILLISECOND,
  type RandomStreams,
  type Simulation,
  type TimerWheel,
  type TimerWheels,
} from '../sim/index.js';
import { Arrivals } from './arrivals.js';
import { RequestFailure, type ClientFabric, type ConversationEvents, type TrafficObserver } from './fabric.js';
import { SessionState, Sessions } from './sessions.js';
import { Targets, type TargetChoice } from './targets.js';
import { TimeRing } from './time-ring.js';

/** A user whose request failed waits at least this long, so that a dead service is not asked in a tight loop. */
const RETRY_NS = MILLISECOND;

/** What traffic is like; a part of the case. */
export interface TrafficOptions {
  readonly clients: number;
  readonly load: 'open' | 'closed';
  readonly ratePerSecond: number;
  readonly arrivals: 'poisson' | 'constant';
  readonly concurrency: number;
  readonly thinkNs: number;
  readonly target: TargetChoice;
  readonly zipfExponent: number;
  readonly requestBytes: number;
  readonly requestsPerConnection: number;
  readonly requestTimeoutNs: number;
}

/** How a kind of workload uses sessions. */
export interface SessionRules {
  /** Sessions a client may have at a time; Infinity for as many as there are requests. */
  readonly sessionsPerClient: number;
  /** Requests on one connection before it is closed; 0 for never. */
  readonly requestsPerConnection: number;
  /** Whether a session is up only after a handshake (TCP). */
  readonly handshake: boolean;
}

/** What the traffic of a run is made of. */
export interface TrafficParts {
  readonly simulation: Simulation;
  readonly wheels: TimerWheels;
  readonly streams: RandomStreams;
  readonly fabric: ClientFabric;
  readonly observer: TrafficObserver;
  readonly options: TrafficOptions;
  readonly rules: SessionRules;
  /** Number of targets, at least 1. */
  readonly targets: number;
  /** No request is due from this time on. */
  readonly untilNs: number;
}

/** All clients of one run. */
export class Traffic implements ConversationEvents {
  private readonly simulation: Simulation;
  private readonly fabric: ClientFabric;
  private readonly observer: TrafficObserver;
  private readonly options: TrafficOptions;
  private readonly rules: SessionRules;
  private readonly untilNs: number;
  private readonly targets: Targets;
  private readonly sessions = new Sessions();
  private readonly giveUp: TimerWheel;
  private readonly thinkKind: number;
  private readonly arrivals: Arrivals | undefined;
  /** Requests without a session, by client; and the idle sessions of each client. */
  private readonly waiting: readonly TimeRing[];
  private readonly idle: readonly number[][];
  private readonly opened: Int32Array;

  /** Nothing happens before `start`. */
  constructor(parts: TrafficParts) {
    const { options, streams } = parts;
    this.simulation = parts.simulation;
    this.fabric = parts.fabric;
    this.observer = parts.observer;
    this.options = options;
    this.rules = parts.rules;
    this.untilNs = parts.untilNs;
    this.targets = new Targets(options.target, parts.targets, options.zipfExponent, streams.stream('workload/target'));
    this.giveUp = parts.wheels.add(MILLISECOND, this);
    this.thinkKind = parts.simulation.register('think', EventClass.traffic, this);
    const clients = Array.from({ length: options.clients }, (_, client) => client);
    this.waiting = clients.map(() => new TimeRing());
    this.idle = clients.map(() => []);
    this.opened = new Int32Array(options.clients);
    if (options.load === 'open') {
      const poisson = options.arrivals === 'poisson';
      const chance = poisson ? clients.map((c) => streams.stream(`workload/client/${c}/arrivals`)) : undefined;
      this.arrivals = new Arrivals(
        parts.simulation,
        { clients: options.clients, ratePerSecond: options.ratePerSecond, untilNs: parts.untilNs, chance },
        this,
      );
    }
  }

  /** Requests due and neither answered nor failed. */
  get unfinished(): number {
    let count = 0;
    for (const ring of this.waiting) count += ring.length;
    for (const state of this.sessions.state) {
      if (state === SessionState.connecting || state === SessionState.waiting) count++;
    }
    return count;
  }

  /** Begins: arrivals in open loop, every user's first request in closed loop. */
  start(): void {
    this.arrivals?.start();
    if (this.arrivals) return;
    for (let client = 0; client < this.options.clients; client++) {
      for (let user = 0; user < this.options.concurrency; user++) this.arrive(client);
    }
  }

  /** A request of a client is due now. */
  arrive(client: number): void {
    const now = this.simulation.now;
    this.observer.scheduled(now);
    const session = this.idle[client]!.pop();
    if (session !== undefined) this.reuse(session, now);
    else if (this.opened[client]! < this.rules.sessionsPerClient) this.open(client, now);
    else this.waiting[client]!.push(now);
  }

  /** A user has thought long enough. */
  fire(client: number): void {
    if (this.simulation.now < this.untilNs) this.arrive(client);
  }

  /** From the sockets: a connection is up. */
  connected(_handle: number, session: number): void {
    const { sessions } = this;
    this.observer.connected(sessions.scheduledAt[session]!);
    this.send(session);
  }

  /** From the sockets: an answer is there. */
  replied(_handle: number, session: number, _sequence: number): void {
    const { sessions } = this;
    const client = sessions.client[session]!;
    this.giveUp.cancel(session);
    this.observer.completed(sessions.scheduledAt[session]!);
    const limit = this.rules.requestsPerConnection;
    if (limit > 0 && sessions.sequence[session]! >= limit) {
      this.fabric.close(sessions.handle[session]!);
      this.end(session);
    } else if (this.waiting[client]!.length > 0) {
      this.reuse(session, this.waiting[client]!.shift());
    } else {
      sessions.state[session] = SessionState.idle;
      this.idle[client]!.push(session);
    }
    this.think(client, this.options.thinkNs);
  }

  /** From the sockets: the conversation broke. */
  failed(_handle: number, session: number, failure: number): void {
    const { sessions } = this;
    const client = sessions.client[session]!;
    const state = sessions.state[session]!;
    if (state === SessionState.idle) {
      const idle = this.idle[client]!;
      idle.splice(idle.indexOf(session), 1);
      this.end(session);
      return;
    }
    this.lose(session, failure);
  }

  /** A client gives a request up. */
  expire(session: number): void {
    this.fabric.abort(this.sessions.handle[session]!);
    this.lose(session, RequestFailure.timedOut);
  }

  private open(client: number, scheduledAt: number): void {
    const { sessions } = this;
    const session = sessions.take(client);
    this.opened[client]!++;
    sessions.sequence[session] = 0;
    sessions.scheduledAt[session] = scheduledAt;
    sessions.state[session] = SessionState.connecting;
    this.armGiveUp(session);
    const handle = this.fabric.connect(client, this.targets.next(), session);
    if (handle < 0) {
      this.observer.failed(scheduledAt, RequestFailure.noPort);
      this.forget(session);
      this.think(client, Math.max(this.options.thinkNs, RETRY_NS));
      return;
    }
    sessions.handle[session] = handle;
    if (!this.rules.handshake) this.send(session);
  }

  private reuse(session: number, scheduledAt: number): void {
    this.sessions.scheduledAt[session] = scheduledAt;
    this.armGiveUp(session);
    this.send(session);
  }

  private send(session: number): void {
    const { sessions } = this;
    sessions.state[session] = SessionState.waiting;
    this.fabric.request(sessions.handle[session]!, ++sessions.sequence[session]!, this.options.requestBytes);
  }

  /** The client's patience begins when it turns to the request, however long that has waited for a session. */
  private armGiveUp(session: number): void {
    this.giveUp.arm(session, this.simulation.now + this.options.requestTimeoutNs);
  }

  private lose(session: number, failure: number): void {
    const client = this.sessions.client[session]!;
    this.observer.failed(this.sessions.scheduledAt[session]!, failure);
    this.end(session);
    this.think(client, Math.max(this.options.thinkNs, RETRY_NS));
  }

  /** The session is over; a request that waits for one gets a new one. */
  private end(session: number): void {
    const client = this.sessions.client[session]!;
    const waiting = this.waiting[client]!;
    this.forget(session);
    // A loop: where no source port is left, a whole queue of requests fails here, too many for a recursion.
    while (waiting.length > 0 && this.opened[client]! < this.rules.sessionsPerClient) {
      this.open(client, waiting.shift());
    }
  }

  private forget(session: number): void {
    this.giveUp.cancel(session);
    this.sessions.release(session);
    this.opened[this.sessions.client[session]!]!--;
  }

  /** Closed loop: the user whose request is over thinks, then sends the next one. */
  private think(client: number, delayNs: number): void {
    if (this.options.load === 'closed') this.simulation.schedule(this.simulation.now + delayNs, this.thinkKind, client);
  }
}
