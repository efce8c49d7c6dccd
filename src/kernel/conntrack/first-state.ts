/** The state of a new entry by its first packet, where the protocol has states. */
import { Protocol } from '../../net/index.js';
import { SCTP_INVALID, SctpState, nextSctpState } from './sctp-state.js';
import { TCP_IGNORE, TcpState, nextTcpState } from './tcp-state.js';

/** Answer beside the states: the packet cannot be a connection's first one. */
export const NO_FIRST = -1;

/**
 * State of an entry whose first packet this is; 0 where the protocol has none.
 * @param flags TCP flags, or the type of SCTP's first chunk
 */
export function firstState(protocol: number, flags: number): number {
  if (protocol === Protocol.tcp) {
    const state = nextTcpState(TcpState.none, flags, 0);
    return state >= TCP_IGNORE ? NO_FIRST : state;
  }
  if (protocol !== Protocol.sctp) return 0;
  const state = nextSctpState(SctpState.none, flags, 0);
  return state === SCTP_INVALID ? NO_FIRST : state;
}
