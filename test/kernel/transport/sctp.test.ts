/** SCTP associations: four packets to open one, and a shutdown of three. */
import { describe, expect, test } from 'vitest';
import { Protocol } from '../../../src/net/index.js';
import { SctpChunk, chunkOf, signalOf } from '../../../src/kernel/transport/sctp.js';
import { TwoHosts } from './two-hosts.js';

const NAMES = Object.fromEntries(Object.entries(SctpChunk).map(([name, chunk]) => [chunk, name]));

/** Two hosts, and the chunks that they send. */
function associated(): { world: TwoHosts; chunks: string[] } {
  const world = new TwoHosts();
  const chunks: string[] = [];
  world.judge = (packet) => {
    const side = world.packets.sourcePort[packet] === 80 ? 'server' : 'client';
    chunks.push(`${side} ${NAMES[world.packets.flags[packet]!]}`);
    return 'pass';
  };
  return { world, chunks };
}

test('an association is opened by cookies, used and shut down', () => {
  const { world, chunks } = associated();
  const handle = world.connect(5, Protocol.sctp);
  world.until(10);
  world.transport.request(handle, 1, 100);
  world.until(20);
  world.transport.close(handle);
  world.until(100);
  expect(chunks).toEqual([
    'client init',
    'server initAck',
    'client cookieEcho',
    'server cookieAck',
    'client data',
    'server data',
    'client shutdown',
    'server shutdownAck',
    'client shutdownComplete',
  ]);
  expect(world.told).toEqual([
    [4, '5 connected'],
    [11, `server ${world.server} has request 1`],
    [12, '5 has answer 1'],
  ]);
  expect([world.transport.open, world.packets.inUse]).toEqual([0, 0]);
});

describe('an association that nobody wants', () => {
  test('is aborted by the host', () => {
    const { world, chunks } = associated();
    world.transport.connect(Protocol.sctp, world.client, world.hosts.address[world.server]!, 81, 1);
    world.until(100);
    expect(chunks.map((text) => text.split(' ')[1])).toEqual(['init', 'abort']);
    expect(world.told).toEqual([[2, '1 refused']]);
  });

  test('is given up by an ABORT when its client goes', () => {
    const { world, chunks } = associated();
    const handle = world.connect(1, Protocol.sctp);
    world.until(10);
    world.transport.abort(handle);
    world.until(20);
    expect(chunks.at(-1)).toBe('client abort');
    expect(world.transport.open).toBe(0);
  });
});

test('an INIT is sent again when nothing comes back', () => {
  const { world, chunks } = associated();
  world.judge = (packet) => {
    chunks.push(NAMES[world.packets.flags[packet]!]!);
    return 'lose';
  };
  world.connect(1, Protocol.sctp);
  world.until(3500);
  expect(chunks).toEqual(['init', 'init', 'init']);
});

test('a signal and its chunk mean each other', () => {
  for (const chunk of Object.values(SctpChunk)) {
    expect(chunkOf(signalOf(chunk), chunk === SctpChunk.shutdownAck)).toBe(chunk);
  }
});
