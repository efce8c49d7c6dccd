/** SCTP associations: only INIT opens one, and its states, timeouts and counters are SCTP's own. */
import { describe, expect, test } from 'vitest';
import { CONNECTION_STATE_NAMES, ConnectionState, Direction } from '../../../src/kernel/ipvs/connection-state.js';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import { nextSctpState } from '../../../src/kernel/ipvs/sctp-state.js';
import { Protocol } from '../../../src/net/index.js';
import { CLIENT, Director, SERVER_PORT, definition, serverAddress } from './ipvs-fixture.js';

const { sctp } = Protocol;
const { fromClient: C, fromServer: S } = Direction;
/** Chunk types (RFC 9260, 3.2). */
const Chunk = {
  data: 0,
  init: 1,
  initAck: 2,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  cookieEcho: 10,
  cookieAck: 11,
  complete: 14,
};

function life(...packets: (readonly [number, number])[]): string[] {
  let state: number = ConnectionState.sctpNone;
  return packets.map(([direction, chunk]) => {
    state = nextSctpState(direction, state, chunk);
    return CONNECTION_STATE_NAMES[state]!;
  });
}

describe('an association', () => {
  const opening = [
    [C, Chunk.init],
    [S, Chunk.initAck],
    [C, Chunk.cookieEcho],
    [S, Chunk.cookieAck],
  ] as const;

  test('opens by four chunks and closes by three', () => {
    expect(life(...opening, [C, Chunk.shutdown], [S, Chunk.shutdownAck], [C, Chunk.complete])).toEqual([
      ...['INIT1', 'C-SENT', 'C-REPLIED', 'ESTABLISHED', 'S-RECEIVED', 'S-ACK-SENT', 'CLOSED'],
    ]);
    expect(life(...opening, [S, Chunk.shutdown], [C, Chunk.shutdownAck], [S, Chunk.complete])).toEqual([
      ...['INIT1', 'C-SENT', 'C-REPLIED', 'ESTABLISHED', 'S-SENT', 'CLOSED', 'CLOSED'],
    ]);
  });

  test('that is refused at once is rejected, else aborts close it', () => {
    expect(life([C, Chunk.init], [S, Chunk.abort])).toEqual(['INIT1', 'REJECTED']);
    expect(life(...opening, [C, Chunk.abort]).pop()).toBe('CLOSED');
    expect(life(...opening, [C, Chunk.data], [S, 99]).slice(-2)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });
});

describe('a virtual server of SCTP', () => {
  function director(numbers: readonly number[]): Director {
    const node = new Director();
    node.define([definition(numbers, { protocol: sctp })]);
    return node;
  }

  test('takes up an INIT and nothing else', () => {
    const node = director([0]);
    expect(node.fromClient(Chunk.data, 1, CLIENT, sctp).verdict).toBe(IpvsVerdict.notOurs);
    expect(node.fromClient(Chunk.init, 1, CLIENT, sctp)).toMatchObject({ verdict: IpvsVerdict.forwarded, server: 0 });
    expect(node.fromClient(Chunk.data, 1, CLIENT, sctp).verdict).toBe(IpvsVerdict.forwarded);
  });

  test('counts an association as active while it is established', () => {
    const node = director([0]);
    const loads = [
      () => node.fromClient(Chunk.init, 1, CLIENT, sctp),
      () => node.fromServer(0, Chunk.initAck, 1, CLIENT, sctp),
      () => node.fromClient(Chunk.cookieEcho, 1, CLIENT, sctp),
      () => node.fromServer(0, Chunk.cookieAck, 1, CLIENT, sctp),
      () => node.fromClient(Chunk.shutdown, 1, CLIENT, sctp),
    ].map((step) => {
      step();
      return node.load(0, sctp);
    });
    expect(loads).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [1, 0],
      [0, 1],
    ]);
    // S-RECEIVED lasts 61 s.
    node.wait(60);
    expect(node.ipvs.connectionCount).toBe(1);
    node.wait(3);
    expect(node.ipvs.connectionCount).toBe(0);
  });

  test('loses a server that leaves at once, in spite of its associations', () => {
    const node = director([0, 1]);
    expect(node.fromClient(Chunk.init, 1, CLIENT, sctp).server).toBe(1);
    node.define([definition([0], { protocol: sctp })]);
    expect(node.list(sctp)).toEqual([0]);
    expect(node.service(sctp).find(serverAddress(1), SERVER_PORT)).toBe(-1);
  });
});
