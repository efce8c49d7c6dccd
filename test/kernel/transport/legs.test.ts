/** First legs of relayed connections: what of a client's packet goes over to the relay's, and for how long. */
import { describe, expect, test } from 'vitest';
import { FromClient } from '../../../src/kernel/index.js';
import { Leg, Legs } from '../../../src/kernel/transport/legs.js';
import { PacketPool } from '../../../src/net/index.js';

function world() {
  const packets = new PacketPool();
  const legs = new Legs(packets);
  /** A packet that has come a long way. */
  const travelled = (first: number, made = 100): number => {
    const packet = packets.take(made);
    packets.rulesCompared[packet] = 30;
    packets.cpuNs[packet] = 5000.5;
    packets.nodesCrossed[packet] = 2;
    packets.first[packet] = first;
    return packet;
  };
  const measured = (packet: number): number[] => [
    packets.birth[packet]!,
    packets.rulesCompared[packet]!,
    packets.cpuNs[packet]!,
    packets.nodesCrossed[packet]!,
    packets.first[packet]!,
  ];
  /** The relay's packet, made at 900, that goes on with a leg of a client. */
  const goesOn = (slot: number, client: { slot: number; handle: number }, leg: number): number => {
    const packet = packets.take(900);
    legs.goOn(packet, slot, client.slot, client.handle, leg);
    return packet;
  };
  return { packets, legs, travelled, measured, goesOn };
}

const CLIENT = { slot: 3, handle: 77 };
const UNMEASURED = [900, 0, 0, 0, FromClient.no];

describe('the packet of a relay', () => {
  test('takes over what the client’s has met', () => {
    const { legs, travelled, measured, goesOn } = world();
    legs.keep(travelled(FromClient.first), CLIENT.slot, CLIENT.handle, Leg.opening);
    expect(measured(goesOn(9, CLIENT, Leg.opening))).toEqual([100, 30, 5000.5, 2, FromClient.first]);
  });

  test('is on its own where nothing was kept, of that leg or of that conversation', () => {
    const { legs, travelled, measured, goesOn } = world();
    expect(measured(goesOn(9, CLIENT, Leg.opening))).toEqual(UNMEASURED);
    legs.keep(travelled(FromClient.first), CLIENT.slot, CLIENT.handle, Leg.opening);
    expect(measured(goesOn(9, CLIENT, Leg.message))).toEqual(UNMEASURED);
    expect(measured(goesOn(9, { ...CLIENT, handle: 78 }, Leg.opening))).toEqual(UNMEASURED);
  });

  test('may be of any conversation', () => {
    const { legs, travelled, measured, goesOn } = world();
    const clients = Array.from({ length: 2000 }, (_, slot) => ({ slot, handle: slot + 5 }));
    for (const { slot, handle } of clients) {
      legs.keep(travelled(FromClient.first, slot), slot, handle, Leg.opening);
      legs.keep(travelled(FromClient.later, 5000 + slot), slot, handle, Leg.message);
    }
    for (const client of clients) {
      expect(measured(goesOn(4000, client, Leg.opening))[0]).toBe(client.slot);
      expect(measured(goesOn(4001, client, Leg.message))[0]).toBe(5000 + client.slot);
    }
  });
});

describe('a first packet', () => {
  test('arrives once, whichever dial it is', () => {
    const { packets, legs, travelled, goesOn } = world();
    legs.keep(travelled(FromClient.first), CLIENT.slot, CLIENT.handle, Leg.opening);
    const [lost, early, late] = [8, 9, 10].map((slot) => goesOn(slot, CLIENT, Leg.opening));
    expect([lost, early, late].map((packet) => packets.first[packet!])).toEqual([1, 1, 1]);
    legs.arrive(early!, 9);
    legs.arrive(late!, 10);
    expect([early, late].map((packet) => packets.first[packet!])).toEqual([FromClient.first, FromClient.no]);
    expect(packets.first[goesOn(11, CLIENT, Leg.opening)]).toBe(FromClient.no);
  });

  test('of a client that is gone does not arrive', () => {
    const { packets, legs, travelled, goesOn } = world();
    legs.keep(travelled(FromClient.first), CLIENT.slot, CLIENT.handle, Leg.opening);
    const dialled = goesOn(9, CLIENT, Leg.opening);
    const next = { ...CLIENT, handle: 78 };
    legs.keep(travelled(FromClient.first), next.slot, next.handle, Leg.opening);
    legs.arrive(dialled, 9);
    expect(packets.first[dialled]).toBe(FromClient.no);
    expect(packets.first[goesOn(10, next, Leg.opening)]).toBe(FromClient.first);
  });
});
