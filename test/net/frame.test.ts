/** Frames byte for byte: lengths, headers, and checksums by the rules of the RFCs. */
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/net/address.js';
import { crc32c, folded, wordSum } from '../../src/net/checksum.js';
import { frameBytes, macFor, tunnelFrameBytes, type FrameHeaders } from '../../src/net/frame.js';
import { Protocol } from '../../src/net/protocol.js';

const ip = (text: string): number => parseIp(text)!;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const syn: FrameHeaders = {
  source: ip('10.244.1.2'),
  destination: ip('10.96.0.1'),
  protocol: Protocol.tcp,
  sourcePort: 40_000,
  destinationPort: 80,
  flags: 2,
  ttl: 64,
  payloadBytes: 0,
  sequence: 100,
  acknowledgement: 0,
};
const overIpv6 = { ...syn, source: ip('fd00::1'), destination: ip('fd00::2') };
const ends = { source: macFor(syn.source), destination: macFor(syn.destination) };

/** Sum over a transport segment with its pseudo header: 0xffff when its checksum is right. */
function transportSum(packet: Uint8Array, ipv6: boolean, protocol: number): number {
  const segment = packet.subarray(ipv6 ? 40 : 20);
  const addresses = ipv6 ? packet.subarray(8, 40) : packet.subarray(12, 20);
  return ~folded(wordSum(segment, wordSum(addresses) + protocol + segment.length)) & 0xffff;
}

describe('checksums', () => {
  test('the Internet checksum of the example in RFC 1071', () => {
    expect(folded(wordSum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7)))).toBe(0x220d);
  });

  test('an odd last byte is the upper half of a word', () => {
    expect(wordSum(Uint8Array.of(1, 2, 3))).toBe(0x0102 + 0x0300);
  });

  test('CRC32c of the digits, as in RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });
});

describe('frames', () => {
  test('a TCP SYN over IPv4, byte for byte', () => {
    expect(hex(frameBytes(syn, ends))).toBe(
      '0a580a6000010a580af40102080045000028000000004006647a0af401020a6000019c40005000000064000000005002faf0' +
        '01a70000',
    );
  });

  test.each([
    ['IPv4', syn, 14 + 20 + 20, false],
    ['IPv6', overIpv6, 14 + 40 + 20, true],
  ] as const)('TCP over %s has its length and its checksum', (_, packet, length, ipv6) => {
    const frame = frameBytes(packet, ends);
    expect(frame.length).toBe(length);
    expect(transportSum(frame.subarray(14), ipv6, Protocol.tcp)).toBe(0xffff);
  });

  test.each([
    ['IPv4', syn, false],
    ['IPv6', overIpv6, true],
  ] as const)('UDP over %s counts its payload', (_, packet, ipv6) => {
    const frame = frameBytes({ ...packet, protocol: Protocol.udp, payloadBytes: 33 }, ends);
    expect(frame.length).toBe(14 + (ipv6 ? 40 : 20) + 8 + 33);
    expect(transportSum(frame.subarray(14), ipv6, Protocol.udp)).toBe(0xffff);
  });

  test('an ICMP error quotes the header and eight bytes of what it is about', () => {
    const error = frameBytes({ ...syn, protocol: Protocol.icmp, about: syn }, ends).subarray(34);
    expect([error[0], error[1], error.length]).toEqual([3, 3, 8 + 20 + 8]);
    expect(~folded(wordSum(error)) & 0xffff).toBe(0xffff);
    expect(hex(error.subarray(8))).toBe(hex(frameBytes(syn, ends).subarray(14, 14 + 28)));
  });

  test('an ICMPv6 error is of type 1 code 4', () => {
    const packet = frameBytes({ ...overIpv6, protocol: Protocol.icmp, about: overIpv6 }, ends).subarray(14);
    expect([packet[6], packet[40], packet[41]]).toEqual([58, 1, 4]);
    expect(transportSum(packet, true, 58)).toBe(0xffff);
  });

  test('an SCTP INIT has a chunk of twenty bytes and its CRC', () => {
    const packet = frameBytes({ ...syn, protocol: Protocol.sctp, flags: 1 }, ends).subarray(34);
    expect(packet.length).toBe(12 + 20);
    const crc = new DataView(packet.buffer, packet.byteOffset).getUint32(8, true);
    const blank = packet.slice();
    blank.fill(0, 8, 12);
    expect(crc).toBe(crc32c(blank));
  });

  test('chunks of SCTP are as long as RFC 9260 has them, and say so', () => {
    const lengthOf = (flags: number): number => {
      const packet = frameBytes({ ...syn, protocol: Protocol.sctp, flags, payloadBytes: 5 }, ends).subarray(34 + 12);
      const length = new DataView(packet.buffer, packet.byteOffset).getUint16(2);
      expect(packet.length).toBe(Math.ceil(length / 4) * 4);
      return length;
    };
    // DATA with 5 bytes, INIT, INIT ACK, SACK, ABORT, SHUTDOWN and its ACK, COOKIE ECHO and ACK, SHUTDOWN COMPLETE.
    expect([0, 1, 2, 3, 6, 7, 8, 10, 11, 14].map(lengthOf)).toEqual([21, 20, 20, 16, 4, 8, 4, 4, 4, 4]);
  });

  test('VXLAN adds fifty bytes, with the frame of the tunnel behind them', () => {
    const inner = frameBytes(syn, ends);
    const tunnel = {
      source: ip('10.50.0.1'),
      destination: ip('10.50.0.2'),
      sourcePort: 45_000,
      destinationPort: 8472,
      network: 1,
    };
    const outer = tunnelFrameBytes(inner, tunnel, ends);
    expect(outer.length).toBe(inner.length + 50);
    expect(hex(outer.subarray(50))).toBe(hex(inner));
    expect(hex(outer.subarray(42, 50))).toBe('0800000000000100');
    expect(transportSum(outer.subarray(14), false, Protocol.udp)).toBe(0xffff);
  });
});
