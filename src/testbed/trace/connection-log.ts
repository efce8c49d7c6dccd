/**
 * The connections of a trace and the numbers of their TCP segments.
 *
 * The simulator's segments carry numbers of messages; on a wire every byte is counted. Each direction has an initial number by chance, and what
 * has been sent and received so far gives the numbers of the next segment (RFC 9293, 3.4).
 */
import { Protocol, TcpFlag } from '../../net/index.js';
import type { RandomStream } from '../../sim/index.js';

const { ack: ACK, fin: FIN, syn: SYN } = TcpFlag;

/** Numbers of a segment. */
export interface SegmentNumbers {
  readonly sequence: number;
  readonly acknowledgement: number;
}

/** One end of a connection: what it has sent, and what of the other end has reached it. */
interface End {
  readonly first: number;
  /** Number behind what it has sent. */
  next: number;
  /** Where each message begins. */
  readonly starts: Map<number, number>;
  /** Number that it expects of the other end; 0 before it has heard of it. */
  expected: number;
  hasSent: boolean;
}

/** One connection. */
export interface Connection {
  /** From 1. */
  readonly number: number;
  readonly protocol: number;
  readonly clientHost: number;
  readonly clientPort: number;
  readonly ends: readonly [End, End];
}

/** All connections of a trace. */
export class ConnectionLog {
  private readonly byFlow = new Map<number, Connection>();
  private readonly chance: RandomStream;

  /** @param chance where initial numbers come from */
  constructor(chance: RandomStream) {
    this.chance = chance;
  }

  /** The connection of a flow, begun by this packet's sender if it is new. */
  of(flow: number, protocol: number, host: number, sourcePort: number): Connection {
    let connection = this.byFlow.get(flow);
    if (connection === undefined) {
      const number = this.byFlow.size + 1;
      connection = { number, protocol, clientHost: host, clientPort: sourcePort, ends: [this.end(), this.end()] };
      this.byFlow.set(flow, connection);
    }
    return connection;
  }

  /**
   * Numbers of a segment that is sent now.
   * @param message number of the message that it carries; 0 or below for none
   */
  sent(
    { ends, protocol }: Connection,
    isForward: boolean,
    segment: { readonly flags: number; readonly message: number; readonly payload: number },
  ): SegmentNumbers {
    if (protocol !== Protocol.tcp) return { sequence: 0, acknowledgement: 0 };
    const end = ends[isForward ? 0 : 1];
    const { flags, message, payload } = segment;
    end.hasSent = true;
    const acknowledgement = (flags & ACK) === 0 ? 0 : end.expected;
    let sequence = end.next;
    if (flags & SYN) {
      sequence = end.first;
      end.next = end.first + 1;
    } else if (message > 0 && payload > 0) {
      const known = end.starts.get(message);
      sequence = known ?? end.next;
      if (known === undefined) {
        end.starts.set(message, sequence);
        end.next += payload;
      }
    } else if (flags & FIN) {
      const known = end.starts.get(LAST);
      sequence = known ?? end.next;
      if (known === undefined) {
        end.starts.set(LAST, sequence);
        end.next++;
      }
    }
    return { sequence: sequence >>> 0, acknowledgement: acknowledgement >>> 0 };
  }

  /** A segment has reached its receiver. */
  received(
    { ends }: Connection,
    isForward: boolean,
    segment: { readonly flags: number; readonly sequence: number; readonly payload: number },
  ): void {
    const end = ends[isForward ? 1 : 0];
    const next = behind(segment);
    // Later ones come later: the simulator's two ends take turns.
    if (end.expected === 0 || next > end.expected) end.expected = next;
  }

  private end(): End {
    // Small enough that a short conversation does not run past 2^32.
    const first = this.chance.below(2 ** 31) + 1;
    return { first, next: first, starts: new Map(), expected: 0, hasSent: false };
  }
}

/** Stands for the FIN among the messages. */
const LAST = -1;

/** The number behind a segment: SYN and FIN count as a byte each. */
export function behind(segment: {
  readonly flags: number;
  readonly sequence: number;
  readonly payload: number;
}): number {
  const signals = ((segment.flags & SYN) === 0 ? 0 : 1) + ((segment.flags & FIN) === 0 ? 0 : 1);
  return segment.sequence + segment.payload + signals;
}
