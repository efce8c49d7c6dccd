/**
 * The words of a stub resolver's lookup: rounds of queries out, replies in, an outcome at the end.
 *
 * A lookup is a generator: it yields what is to be sent, is resumed with what came back, and returns how it ended. So the same code is driven
 * at once by a table of answers or, packet by packet, in simulated time.
 */
import type { Rcode } from './message.js';
import type { RecordType } from './record.js';

/** Queries that are sent together. */
export interface QueryRound {
  /** Fully qualified. */
  readonly name: string;
  readonly types: readonly RecordType[];
  /** Indices of the nameservers that each query goes to; the first answer counts. */
  readonly nameservers: readonly number[];
  readonly protocol: 'udp' | 'tcp';
  /** Whether the second query waits for the answer to the first. */
  readonly isSequential: boolean;
  /** Whether each query has a socket, and so a source port, of its own. */
  readonly ownSockets: boolean;
  /** Which round over the nameservers this is, from 0: how long to wait grows with it. */
  readonly attempt: number;
}

/** What came back to one query. */
export interface ReplyFacts {
  readonly rcode: Rcode;
  /** Records in its answer section. */
  readonly answers: number;
  readonly truncated: boolean;
}

/** Replies to a round in the order of its types; undefined where none came in time. */
export type RoundReplies = readonly (ReplyFacts | undefined)[];

/** How a lookup ends: in the words of getaddrinfo EAI_NONAME, EAI_NODATA, EAI_AGAIN, EAI_FAIL. */
export type LookupOutcome = 'found' | 'no-such-name' | 'no-address' | 'try-again' | 'failed';

/** A lookup under way. */
export type Lookup = Generator<QueryRound, LookupOutcome, RoundReplies>;

/** Whether a reply has records. */
export function hasRecords(reply: ReplyFacts | undefined): boolean {
  return reply?.rcode === 'NOERROR' && reply.answers > 0;
}

/** Number of dots in a name. */
export function dotsIn(name: string): number {
  return name.split('.').length - 1;
}
