/** The switch: frames leave by the port of the host that they are addressed to. */
import { expect, test } from 'vitest';
import { DropCause, Switch } from '../../src/net/index.js';
import { Wires } from './wires.js';

const LINK = { bandwidthBitsPerSecond: 1e9, delayNs: 0, queuePackets: 10 };

test('a frame goes to its next hop, whatever the addresses of the packet in it', () => {
  const wires = new Wires();
  const underlay = new Switch(wires.packets, wires.links.drops);
  const links = [0x0a320001, 0x0a320002].map((address) => {
    const link = wires.lay(LINK);
    underlay.plug(address, link);
    return link;
  });
  const packet = wires.frame(100);
  wires.packets.destination[packet] = 0x0a320001;
  wires.packets.nextHop[packet] = 0x0a320002;
  underlay.receive(packet);
  expect(links.map((link) => link.sent)).toEqual([0, 1]);
});

test('a frame to nobody is lost for want of a route', () => {
  const wires = new Wires();
  const underlay = new Switch(wires.packets, wires.links.drops);
  underlay.plug(0x0a320001, wires.lay(LINK));
  const packet = wires.frame(100);
  wires.packets.nextHop[packet] = 0x0a320009;
  underlay.receive(packet);
  expect(wires.lost).toEqual([[0, packet, DropCause.noRoute]]);
});

test('a host plugged in again gets its frames over the new wire', () => {
  const wires = new Wires();
  const underlay = new Switch(wires.packets, wires.links.drops);
  const links = [wires.lay(LINK), wires.lay(LINK)];
  for (const link of links) underlay.plug(0x0a320001, link);
  const packet = wires.frame(100);
  wires.packets.nextHop[packet] = 0x0a320001;
  underlay.receive(packet);
  expect(links.map((link) => link.sent)).toEqual([0, 1]);
});
