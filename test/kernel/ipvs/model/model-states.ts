/**
 * TCP states of the reference model, written as the tables that a person reads: one row for each deciding flag, one
 * column for each state, "=" for no change. NAT forwarding, where both directions are seen.
 */

/** Flags of a TCP segment. */
export interface Segment {
  readonly syn?: boolean;
  readonly fin?: boolean;
  readonly ack?: boolean;
  readonly rst?: boolean;
}

/** Who sent a packet. */
export type Sender = 'client' | 'server';

const STATES = 'NONE ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN SYNACK'.split(
  ' ',
);

const FROM_CLIENT = {
  syn: 'SYN_RECV = ESTABLISHED = SYN_RECV SYN_RECV SYN_RECV SYN_RECV SYN_RECV SYN_RECV SYN_RECV',
  fin: 'CLOSE CLOSE_WAIT = TIME_WAIT TIME_WAIT = = = = = TIME_WAIT',
  ack: 'ESTABLISHED = = ESTABLISHED = = = = CLOSE = ESTABLISHED',
  rst: 'CLOSE CLOSE CLOSE = CLOSE CLOSE = CLOSE = = SYN_RECV',
};

const FROM_SERVER = {
  syn: 'SYN_SENT = = = SYN_SENT SYN_SENT SYN_SENT SYN_SENT SYN_SENT = SYN_RECV',
  fin: 'TIME_WAIT FIN_WAIT = TIME_WAIT = = = TIME_WAIT = = TIME_WAIT',
  ack: 'ESTABLISHED = = ESTABLISHED = = = = = ESTABLISHED ESTABLISHED',
  rst: 'CLOSE CLOSE = CLOSE CLOSE = = CLOSE CLOSE CLOSE CLOSE',
};

const ACTIVE_STATES = ['SYN_RECV', 'SYN_SENT', 'ESTABLISHED', 'SYNACK'];

/** Timeouts in seconds as a new network namespace has them. */
export const DEFAULT_TIMEOUTS: Readonly<Record<string, number>> = {
  NONE: 2,
  ESTABLISHED: 900,
  SYN_SENT: 120,
  SYN_RECV: 60,
  FIN_WAIT: 120,
  TIME_WAIT: 120,
  CLOSE: 10,
  CLOSE_WAIT: 60,
  LAST_ACK: 30,
  LISTEN: 120,
  SYNACK: 120,
  UDP: 300,
};

/** Whether a connection in this state counts as active; one of UDP never does. */
export function isActive(state: string): boolean {
  return ACTIVE_STATES.includes(state);
}

/** The state after a segment: RST decides before SYN, SYN before FIN, FIN before ACK. */
export function nextState(state: string, sender: Sender, segment: Segment): string {
  const table = sender === 'client' ? FROM_CLIENT : FROM_SERVER;
  const flag = (['rst', 'syn', 'fin', 'ack'] as const).find((each) => segment[each] === true);
  if (flag === undefined) throw new Error('a TCP segment without flags');
  const next = table[flag].split(' ')[STATES.indexOf(state)];
  if (next === undefined) throw new Error(`not a state of TCP: ${state}`);
  return next === '=' ? state : next;
}
