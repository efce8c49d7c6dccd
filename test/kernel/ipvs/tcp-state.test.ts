/** States of ip_vs connections: the lives that connections lead, and which of the states count as active. */
import { describe, expect, test } from 'vitest';
import {
  CONNECTION_STATE_NAMES,
  DEFAULT_TIMEOUT_SECONDS,
  Direction,
  isActiveState,
} from '../../../src/kernel/ipvs/connection-state.js';
import { nextTcpState } from '../../../src/kernel/ipvs/tcp-state.js';
import { TcpFlag } from '../../../src/net/index.js';

const { syn: S, ack: A, fin: F, rst: R } = TcpFlag;
const { fromClient: C, fromServer: V } = Direction;

/** Names of the states that a connection goes through, from NONE. */
function life(...packets: (readonly [number, number])[]): string[] {
  let state = 0;
  return packets.map(([direction, flags]) => {
    state = nextTcpState(direction, state, flags);
    return CONNECTION_STATE_NAMES[state]!;
  });
}

describe('a TCP connection', () => {
  test('that the client closes first', () => {
    expect(life([C, S], [V, S | A], [C, A], [C, F | A], [V, F | A], [C, A])).toEqual([
      ...['SYN_RECV', 'SYN_RECV', 'ESTABLISHED', 'CLOSE_WAIT', 'TIME_WAIT', 'TIME_WAIT'],
    ]);
  });

  test('that the server closes first', () => {
    expect(life([C, S], [V, S | A], [C, A], [V, F | A], [C, A], [C, F | A], [V, A])).toEqual([
      ...['SYN_RECV', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'FIN_WAIT', 'TIME_WAIT', 'TIME_WAIT'],
    ]);
  });

  test('that either side resets', () => {
    expect(life([C, S], [V, R | A])).toEqual(['SYN_RECV', 'CLOSE']);
    expect(life([C, S], [V, S | A], [C, A], [C, R | A]).at(-1)).toBe('CLOSE');
  });

  test('that is opened again on the same ports', () => {
    const closed = [
      [C, S],
      [V, S | A],
      [C, A],
      [C, F | A],
      [V, F | A],
    ] as const;
    expect(life(...closed, [C, S]).at(-1)).toBe('SYN_RECV');
  });

  test('follows the first of RST, SYN, FIN, ACK that is set, and ends without any', () => {
    expect(life([C, R | S | F | A])).toEqual(['CLOSE']);
    expect(life([C, S | F | A])).toEqual(['SYN_RECV']);
    expect(life([C, S], [C, A], [C, F | A])).toEqual(['SYN_RECV', 'ESTABLISHED', 'CLOSE_WAIT']);
    expect(life([C, S], [C, A], [C, TcpFlag.psh])).toEqual(['SYN_RECV', 'ESTABLISHED', 'CLOSE']);
  });
});

test('every state leads to a state, and all have a timeout', () => {
  for (const direction of [C, V]) {
    for (let state = 0; state < 11; state++) {
      for (const flags of [R, S, F, A]) {
        const next = nextTcpState(direction, state, flags);
        expect(CONNECTION_STATE_NAMES[next]).toBeDefined();
        // Only a SYN, or the ACK that ends a handshake, makes a connection active.
        if (isActiveState(next) && !isActiveState(state)) expect(flags === S || flags === A).toBe(true);
      }
    }
  }
  expect(DEFAULT_TIMEOUT_SECONDS).toHaveLength(CONNECTION_STATE_NAMES.length);
});

test('the active states are those before the first FIN', () => {
  const active = CONNECTION_STATE_NAMES.slice(0, 12).filter((_, state) => isActiveState(state));
  expect(active).toEqual(['ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'SYNACK']);
});
