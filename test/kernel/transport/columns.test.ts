/** Hosts and conversations: handles, growth, and what is left of those that are gone. */
import { describe, expect, test } from 'vitest';
import { Hosts } from '../../../src/kernel/index.js';
import { Conversations, EndState } from '../../../src/kernel/transport/conversations.js';

describe('hosts', () => {
  test('listen on the ports that they were told, each on its own', () => {
    const hosts = new Hosts();
    const [a, b] = [1, 2].map((address) => hosts.add({ address, node: 0, core: 0 })) as [number, number];
    for (const port of [80, 443, 80, 8080]) hosts.listen(a, port);
    expect([80, 443, 8080, 81].map((port) => hosts.listens(a, port))).toEqual([true, true, true, false]);
    expect([80, 443].map((port) => hosts.listens(b, port))).toEqual([false, false]);
  });

  test('that are gone listen no more and keep their number', () => {
    const hosts = new Hosts();
    const host = hosts.add({ address: 1, node: 0, core: 0 });
    hosts.listen(host, 80);
    hosts.listen(host, 443);
    hosts.remove(host);
    expect([hosts.alive[host], hosts.listens(host, 80), hosts.listens(host, 443), hosts.count]).toEqual([
      0,
      false,
      false,
      1,
    ]);
    expect(hosts.add({ address: 1, node: 0, core: 0 })).toBe(host + 1);
  });

  test('are as many as are added', () => {
    const hosts = new Hosts();
    for (let n = 0; n < 1000; n++) {
      const host = hosts.add({ address: 0xf0000000 + n, node: n % 7, core: n % 4 });
      hosts.listen(host, n + 1);
    }
    const n = 777;
    expect([hosts.count, hosts.address[n], hosts.node[n], hosts.core[n], hosts.listens(n, n + 1)]).toEqual([
      1000,
      0xf0000000 + n,
      0,
      1,
      true,
    ]);
  });
});

describe('a handle', () => {
  test('names a conversation as long as it lasts, and no later one in its slot', () => {
    const conversations = new Conversations();
    const handles: number[] = [];
    for (let n = 0; n < 511; n++) {
      const slot = conversations.take();
      const handle = conversations.handle(slot);
      expect([slot, handle >= 0, conversations.slot(handle)]).toEqual([0, true, 0]);
      conversations.release(slot);
      handles.push(handle);
    }
    conversations.take();
    expect(new Set(handles).size).toBe(511);
    expect(handles.filter((handle) => conversations.slot(handle) >= 0)).toEqual([]);
  });

  test('of nothing is nothing', () => {
    const conversations = new Conversations();
    expect([conversations.slot(-1), conversations.slot(0), conversations.slot(77)]).toEqual([-1, -1, -1]);
  });
});

test('a conversation begins with both ends closed, whatever was there before', () => {
  const conversations = new Conversations();
  const slot = conversations.take();
  conversations.clientState[slot] = EndState.established;
  conversations.serverState[slot] = EndState.established;
  conversations.serverHost[slot] = 5;
  conversations.outstanding[slot] = 3;
  conversations.taken[slot] = 3;
  conversations.answered[slot] = 3;
  conversations.tries[slot] = 2;
  conversations.release(slot);
  expect(conversations.take()).toBe(slot);
  const columns = [conversations.clientState, conversations.serverState, conversations.outstanding];
  const others = [conversations.taken, conversations.answered, conversations.tries];
  expect([...columns, ...others].map((column) => column[slot])).toEqual([0, 0, 0, 0, 0, 0]);
  expect(conversations.serverHost[slot]).toBe(-1);
});

test('there may be any number of conversations', () => {
  const conversations = new Conversations();
  const slots = Array.from({ length: 5000 }, () => conversations.take());
  for (const slot of slots) conversations.remoteAddress[slot] = slot * 2;
  expect([conversations.inUse, new Set(slots).size, conversations.remoteAddress[4321]]).toEqual([5000, 5000, 8642]);
  for (const slot of slots) expect(conversations.slot(conversations.handle(slot))).toBe(slot);
});
