/** What is sent again, when, how often, and what the other end makes of what it has seen before. */
import { describe, expect, test } from 'vitest';
import { TwoHosts } from './two-hosts.js';

/** A connection that is up, at 2 ms. */
function established() {
  const world = new TwoHosts();
  const handle = world.connect();
  world.until(2);
  return { world, handle };
}

/** Seconds at which something was sent. */
const times = (world: TwoHosts, what: string): number[] =>
  world.sent.filter(([, text]) => text === what).map(([ms]) => ms / 1000);

describe('without any answer', () => {
  test('a SYN is sent at 0, 1, 3, 7, 15, 31 and 63 s, and given up at 127 s', () => {
    const world = new TwoHosts();
    world.judge = () => 'lose';
    world.connect();
    world.until(126_999);
    expect([times(world, 'client SYN'), world.told]).toEqual([[0, 1, 3, 7, 15, 31, 63], []]);
    world.until(1_000_000);
    expect([world.told, world.transport.open, world.transport.retransmissions]).toEqual([
      [[127_000, '1 timedOut']],
      0,
      6,
    ]);
  });

  test('a SYN that is sent again counts neither as the first packet nor as one of an established connection', () => {
    const world = new TwoHosts();
    const marks: number[] = [];
    world.judge = (packet) => {
      marks.push(world.packets.first[packet]!);
      return 'lose';
    };
    world.connect();
    world.until(8000);
    expect(marks).toEqual([1, 0, 0, 0]);
  });

  test('data is sent again after 200 ms and doubling, from 120 s on every 120 s, and given up after 15 times', () => {
    const { world, handle } = established();
    world.judge = () => 'lose';
    world.transport.request(handle, 1, 100);
    world.until(2_000_000);
    const gaps = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 120, 120, 120, 120, 120];
    let time = 0.002;
    const expected = [time, ...gaps.map((gap) => (time += gap))];
    const seen = times(world, 'client data 1 140');
    expect(seen.map((s) => s.toFixed(3))).toEqual(expected.map((s) => s.toFixed(3)));
    // tcp_retries2 = 15 ends a connection after 924.6 s.
    expect(world.told.slice(1)).toEqual([[924_602, '1 timedOut']]);
    expect(world.transport.open).toBe(0);
  });

  test('a FIN is sent again eight times; nobody is told', () => {
    const { world, handle } = established();
    world.judge = () => 'lose';
    world.transport.close(handle);
    world.until(2_000_000);
    expect(times(world, 'client FIN+ACK')).toHaveLength(9);
    expect([world.told, world.transport.open]).toEqual([[[2, '1 connected']], 0]);
  });
});

describe('when one packet is lost', () => {
  test('of the handshake, the next SYN does', () => {
    for (const lost of ['client SYN', 'server SYN+ACK']) {
      const world = new TwoHosts();
      world.judge = (packet) => (world.simulation.now < 1e9 && world.describe(packet) === lost ? 'lose' : 'pass');
      world.connect();
      world.until(5000);
      expect(world.told).toEqual([[1002, '1 connected']]);
    }
  });

  test('the third of the handshake, the request stands in for it', () => {
    const world = new TwoHosts();
    world.judge = (packet) => (world.describe(packet) === 'client ACK' ? 'lose' : 'pass');
    const handle = world.connect();
    world.until(2);
    world.transport.request(handle, 1, 100);
    world.until(100);
    expect(world.told.at(-1)).toEqual([4, '1 has answer 1']);
  });

  test('the request, it comes 200 ms later', () => {
    const { world, handle } = established();
    world.judge = (packet) =>
      world.simulation.now < 1e8 && world.describe(packet).startsWith('client data') ? 'lose' : 'pass';
    world.transport.request(handle, 1, 100);
    world.until(1000);
    expect(world.told.slice(1)).toEqual([
      [203, 'server 1 has request 1'],
      [204, '1 has answer 1'],
    ]);
  });

  test('the answer, it is given again and the request not served twice', () => {
    const { world, handle } = established();
    world.judge = (packet) =>
      world.simulation.now < 1e8 && world.describe(packet).startsWith('server data') ? 'lose' : 'pass';
    world.transport.request(handle, 1, 100);
    world.until(1000);
    expect(world.told.slice(1)).toEqual([
      [3, 'server 1 has request 1'],
      [204, '1 has answer 1'],
    ]);
    expect(world.transport.retransmissions).toBe(2);
  });

  test('of the close, the FIN comes again', () => {
    const { world, handle } = established();
    world.judge = (packet) =>
      world.simulation.now < 1e8 && world.describe(packet).startsWith('server FIN') ? 'lose' : 'pass';
    world.transport.close(handle);
    world.until(1000);
    expect([times(world, 'client FIN+ACK'), world.transport.open]).toEqual([[0.002, 0.202], 0]);
  });
});

describe('while the server works longer than a delayed acknowledgement waits', () => {
  test('the request is acknowledged after 40 ms and not sent again, and the answer is acknowledged at once', () => {
    const { world, handle } = established();
    world.answerBytes = -1;
    world.transport.request(handle, 1, 100);
    world.until(700);
    world.transport.respond(handle, 1, 50);
    world.until(5000);
    expect(world.told.slice(1)).toEqual([
      [3, 'server 1 has request 1'],
      [701, '1 has answer 1'],
    ]);
    expect(times(world, 'client data 1 140')).toEqual([0.002]);
    expect(times(world, 'server data 1 90')).toEqual([0.7]);
    expect(world.sent.slice(3).map(([ms]) => ms)).toEqual([2, 43, 700, 701]);
    expect(world.transport.retransmissions).toBe(0);
  });

  test("a lost answer is the server's to send again, after 200 ms and doubling, until it is acknowledged", () => {
    const { world, handle } = established();
    world.answerBytes = -1;
    world.transport.request(handle, 1, 100);
    world.until(100);
    let lost = 0;
    world.judge = (packet) => (world.describe(packet).startsWith('server data') && lost++ < 2 ? 'lose' : 'pass');
    world.transport.respond(handle, 1, 50);
    world.until(5000);
    expect(times(world, 'server data 1 90')).toEqual([0.1, 0.3, 0.7]);
    expect(world.told.at(-1)).toEqual([701, '1 has answer 1']);
  });

  test('an answer whose acknowledgement is lost comes again and is acknowledged again, and is heard once', () => {
    const { world, handle } = established();
    world.answerBytes = -1;
    world.transport.request(handle, 1, 100);
    world.until(100);
    let lost = 0;
    world.judge = (packet) => (world.packets.sequence[packet] === -1 && lost++ < 1 ? 'lose' : 'pass');
    world.transport.respond(handle, 1, 50);
    world.until(5000);
    expect(times(world, 'server data 1 90')).toEqual([0.1, 0.3]);
    expect(world.told.filter(([, what]) => what === '1 has answer 1')).toHaveLength(1);
    expect(world.packets.inUse).toBe(0);
  });

  test('where the acknowledgement is lost, a request that comes again is not served again', () => {
    const { world, handle } = established();
    world.answerBytes = -1;
    world.judge = (packet) => (world.packets.sequence[packet] === -1 ? 'lose' : 'pass');
    world.transport.request(handle, 1, 100);
    world.until(700); // sent again at 202 and 602 ms
    world.transport.respond(handle, 1, 50);
    world.until(800);
    expect(world.told.slice(1)).toEqual([
      [3, 'server 1 has request 1'],
      [701, '1 has answer 1'],
    ]);
    expect(times(world, 'client data 1 140')).toEqual([0.002, 0.202, 0.602]);
  });
});

test('an answer that comes twice is heard once', () => {
  const { world, handle } = established();
  world.judge = (packet) => (world.describe(packet).startsWith('server data') ? 'keep' : 'pass');
  world.transport.request(handle, 1, 100);
  world.until(205); // by now the request came twice and was answered twice
  expect(world.kept).toHaveLength(2);
  for (const packet of world.kept) world.deliver(packet);
  world.until(1000);
  expect(world.told.filter(([, what]) => what === '1 has answer 1')).toHaveLength(1);
  expect(world.packets.inUse).toBe(0);
});
