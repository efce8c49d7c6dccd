/** What lookups are made of and who hears of them: the seams between resolvers, their sockets, their users and measurers. */
import type { LookupOutcome, RecordType, ReplyFacts, ResolverSettings } from '../../kube/index.js';
import type { Simulation, TimerWheels } from '../../sim/index.js';
import type { Messages } from './messages.js';

/** How a lookup ends; `no-port`: its client had no source port left. */
export type LookupEnd = LookupOutcome | 'no-port';

/** Sockets towards the nameserver. */
export interface LookupSockets {
  /** Opens one, by IP protocol number; -1 when the client has no source port left. */
  connect(protocol: number, client: number, owner: number): number;
  /** Sends a message. */
  request(handle: number, message: number, bytes: number): void;
  /** Closes one. */
  close(handle: number): void;
}

/** Who wants names looked up. */
export interface LookupUser {
  /** A lookup is over. @param owner what was given to `start` */
  resolved(owner: number, end: LookupEnd): void;
}

/** What is measured of lookups. `startedAt`: when the lookup began, in nanoseconds. */
export interface LookupObserver {
  /** A lookup begins. */
  began(startedAt: number): void;
  /** A query goes out. */
  asked(startedAt: number, isTcp: boolean): void;
  /** The answer to a query has come in time. */
  answered(startedAt: number, reply: ReplyFacts): void;
  /** A resolver has waited in vain. */
  timedOut(startedAt: number): void;
  /** A lookup is over: how, after how many queries, and how many of them nobody answered; undefined: given up by its user. */
  ended(startedAt: number, end: LookupEnd | undefined, queries: number, unanswered: number): void;
}

/** What lookups are made of. */
export interface LookupParts {
  readonly simulation: Simulation;
  readonly wheels: TimerWheels;
  readonly messages: Messages;
  readonly sockets: LookupSockets;
  readonly observer: LookupObserver;
  readonly user: LookupUser;
  readonly settings: ResolverSettings;
  /** A and AAAA in this order, or one of them. */
  readonly types: readonly RecordType[];
  /** Bytes of a query for a name. */
  readonly queryBytes: (name: string) => number;
}
