/** VXLAN as flannel sets it up: outer headers, source ports, and what is left after decapsulation. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PacketPool, VXLAN_PORT, VxlanMesh, parseIp, parseIpv4 } from '../../src/net/index.js';

/** Number of a dotted-quad address. */
const ip = (text: string): number => parseIpv4(text)!;
const NODE_1 = ip('10.50.0.1');
const NODE_2 = ip('10.50.0.2');
const TUNNEL_2 = ip('10.244.2.0');

/** A mesh of two nodes and a packet from a pod of the first to a pod of the second. */
function twoNodes() {
  const packets = new PacketPool();
  const mesh = new VxlanMesh(packets);
  mesh.add(ip('10.244.1.0'), NODE_1);
  mesh.add(TUNNEL_2, NODE_2);
  const packet = packets.take(0);
  packets.source[packet] = ip('10.244.1.5');
  packets.destination[packet] = ip('10.244.2.6');
  packets.sourcePort[packet] = 40_000;
  packets.destinationPort[packet] = 8080;
  packets.protocol[packet] = 6;
  return { packets, mesh, packet };
}

describe('encapsulation', () => {
  test('addresses the outer packet from uplink to uplink and leaves the inner one alone', () => {
    const { packets, mesh, packet } = twoNodes();
    expect(mesh.encapsulate(packet, TUNNEL_2, NODE_1)).toBe(true);
    expect([packets.outerSource[packet], packets.outerDestination[packet]]).toEqual([NODE_1, NODE_2]);
    expect(packets.nextHop[packet]).toBe(NODE_2);
    expect([packets.source[packet], packets.destination[packet]]).toEqual([ip('10.244.1.5'), ip('10.244.2.6')]);
    expect([packets.sourcePort[packet], packets.destinationPort[packet]]).toEqual([40_000, 8080]);
  });

  test('knows nobody behind a gateway that was never added', () => {
    const { packets, mesh, packet } = twoNodes();
    expect(mesh.encapsulate(packet, ip('10.244.3.0'), NODE_1)).toBe(false);
    expect([packets.outerDestination[packet], mesh.mac(ip('10.244.3.0'))]).toEqual([0, 0]);
  });

  test('goes to the port that Linux uses for VXLAN', () => expect(VXLAN_PORT).toBe(8472));
});

describe('the outer source port', () => {
  const port = fc.integer({ min: 1, max: 65535 });

  test('lies in the range of local ports, and one flow has always the same', () => {
    fc.assert(
      fc.property(port, port, fc.constantFrom(6, 17), fc.nat(0xffff), (from, to, protocol, host) => {
        const { packets, mesh, packet } = twoNodes();
        packets.sourcePort[packet] = from;
        packets.destinationPort[packet] = to;
        packets.protocol[packet] = protocol;
        packets.source[packet]! += host;
        mesh.encapsulate(packet, TUNNEL_2, NODE_1);
        const outer = packets.outerSourcePort[packet]!;
        expect(outer >= 32768 && outer <= 60999).toBe(true);
        // Length, mark and flags of later packets of the flow play no part.
        packets.length[packet] = 1400;
        packets.mark[packet] = 3;
        packets.flags[packet] = 16;
        mesh.encapsulate(packet, TUNNEL_2, NODE_1);
        expect(packets.outerSourcePort[packet]).toBe(outer);
      }),
    );
  });

  test('of many flows covers the whole range', () => {
    const { packets, mesh, packet } = twoNodes();
    const seen: number[] = [];
    for (let flow = 0; flow < 28_232; flow++) {
      packets.sourcePort[packet] = 32768 + flow;
      mesh.encapsulate(packet, TUNNEL_2, NODE_1);
      seen.push(packets.outerSourcePort[packet]!);
    }
    expect(Math.min(...seen)).toBeLessThan(32768 + 20);
    expect(Math.max(...seen)).toBeGreaterThan(60999 - 20);
    // n draws out of n values: 1 - 1/e of them are seen.
    expect(new Set(seen).size / 28_232).toBeCloseTo(1 - 1 / Math.E, 1);
  });
});

test('decapsulation leaves no outer header and no mark', () => {
  const { packets, mesh, packet } = twoNodes();
  const plain = packets.wireBytes(packet);
  mesh.encapsulate(packet, TUNNEL_2, NODE_1);
  packets.mark[packet] = 0x4000;
  expect(packets.wireBytes(packet)).toBe(plain + 50);
  mesh.decapsulate(packet);
  expect([packets.outerDestination[packet], packets.mark[packet], packets.wireBytes(packet)]).toEqual([0, 0, plain]);
});

test.each([
  ['IPv6 pods over an IPv4 underlay', 'fd00:244:0:2::', '10.50.0.1', '10.50.0.2', 50],
  ['IPv6 pods over an IPv6 underlay', 'fd00:244:0:2::', 'fd00:50::1', 'fd00:50::2', 70],
])('%s: the frame grows by the outer headers', (_, tunnel, from, to, bytes) => {
  const packets = new PacketPool();
  const mesh = new VxlanMesh(packets);
  mesh.add(parseIp(tunnel)!, parseIp(to)!);
  const packet = packets.take(0);
  packets.source[packet] = parseIp('fd00:244:0:1::5')!;
  packets.destination[packet] = parseIp('fd00:244:0:2::6')!;
  const plain = packets.wireBytes(packet);
  expect(mesh.encapsulate(packet, parseIp(tunnel)!, parseIp(from)!)).toBe(true);
  expect([packets.outerDestination[packet], packets.wireBytes(packet)]).toEqual([parseIp(to), plain + bytes]);
});

test('a large mesh keeps every tunnel end apart', () => {
  const packets = new PacketPool();
  const mesh = new VxlanMesh(packets);
  const packet = packets.take(0);
  for (let n = 0; n < 5000; n++) mesh.add(ip('10.0.0.0') + n * 256, ip('172.16.0.0') + n);
  const macs = new Set<number>();
  const wrong: number[] = [];
  for (let n = 0; n < 5000; n++) {
    const tunnel = ip('10.0.0.0') + n * 256;
    macs.add(mesh.mac(tunnel));
    const known = mesh.encapsulate(packet, tunnel, 1);
    if (!known || packets.outerDestination[packet] !== ip('172.16.0.0') + n) wrong.push(n);
  }
  expect(wrong).toEqual([]);
  // Locally administered, not multicast: the first byte ends in binary 10.
  expect([macs.size, [...macs].every((mac) => Math.floor(mac / 2 ** 40) % 4 === 2)]).toEqual([5000, true]);
});
