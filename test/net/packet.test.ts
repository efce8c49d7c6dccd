/** The packet pool: numbers are used again, nothing of an old packet is left, sizes on the wire. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeaderBytes, PacketPool, Protocol, VXLAN_OVERHEAD, protocolName } from '../../src/net/index.js';

describe('the pool', () => {
  test('gives out each number once at a time, the one given back last first', () => {
    const pool = new PacketPool();
    const taken = [pool.take(0), pool.take(0), pool.take(0)];
    expect(new Set(taken).size).toBe(3);
    pool.release(taken[0]!);
    pool.release(taken[2]!);
    expect([pool.inUse, pool.take(0), pool.take(0), pool.inUse]).toEqual([1, taken[2], taken[0], 3]);
  });

  test('gives a packet with nothing of the one before in it', () => {
    const pool = new PacketPool();
    const packet = pool.take(5);
    const columns = [pool.flags, pool.ttl, pool.mark, pool.flow, pool.sequence, pool.birth, pool.outerDestination];
    const measurements = [pool.nextHop, pool.nodesCrossed, pool.rulesCompared, pool.cpuNs, pool.first];
    for (const column of [...columns, ...measurements]) column[packet] = 77;
    pool.release(packet);
    expect(pool.take(9)).toBe(packet);
    expect(columns.map((column) => column[packet])).toEqual([0, 64, 0, -1, 0, 9, 0]);
    expect(measurements.map((column) => column[packet])).toEqual([0, 0, 0, 0, 0]);
  });

  test('grows without losing what packets in use hold, in every column', () => {
    const pool = new PacketPool();
    const names = Object.keys(pool).filter((name) => ArrayBuffer.isView(pool[name as keyof PacketPool]));
    const columns = (): Float64Array[] =>
      names.map((name) => pool[name as keyof PacketPool] as unknown as Float64Array);
    const taken = Array.from({ length: 256 }, () => pool.take(0));
    for (const [n, column] of columns().entries()) for (const packet of taken) column[packet] = (packet + n) % 200;
    for (let i = 0; i < 1000; i++) taken.push(pool.take(0));
    expect(new Set(taken).size).toBe(1256);
    for (const [n, column] of columns().entries()) {
      expect([names[n], column.length >= 1256]).toEqual([names[n], true]);
      // The free stack is no column of packets.
      if (names[n] !== 'free') expect([names[n], column[17], column[255]]).toEqual([names[n], 17 + n, (255 + n) % 200]);
    }
  });

  test('any mix of taking and giving back keeps numbers apart', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat()), { maxLength: 600 }), (steps) => {
        const pool = new PacketPool();
        const inUse: number[] = [];
        for (const step of steps) {
          if (step === null || inUse.length === 0) {
            const packet = pool.take(0);
            expect(inUse).not.toContain(packet);
            inUse.push(packet);
          } else {
            pool.release(inUse.splice(step % inUse.length, 1)[0]!);
          }
        }
        expect(pool.inUse).toBe(inUse.length);
      }),
    );
  });
});

describe('on the wire', () => {
  test('an IP packet of 60 bytes is a frame of 74 bytes, and one of 124 in VXLAN (seen on a real wire)', () => {
    const pool = new PacketPool();
    const packet = pool.take(0);
    pool.length[packet] = 60;
    expect(pool.wireBytes(packet)).toBe(74);
    pool.outerDestination[packet] = 0x0a320002;
    expect(pool.wireBytes(packet)).toBe(124);
  });

  test('VXLAN takes 50 bytes: the largest inner packet on a wire of 1500 is 1450', () => {
    expect(VXLAN_OVERHEAD).toBe(50);
    const pool = new PacketPool();
    const packet = pool.take(0);
    pool.length[packet] = 1450;
    pool.outerDestination[packet] = 1;
    expect(pool.wireBytes(packet) - HeaderBytes.ethernet).toBe(1500);
  });
});

test('protocols have the names that rules use', () => {
  expect([Protocol.icmp, Protocol.tcp, Protocol.udp, Protocol.sctp, 47].map(protocolName)).toEqual([
    'icmp',
    'tcp',
    'udp',
    'sctp',
    '47',
  ]);
});
