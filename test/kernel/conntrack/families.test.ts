/** Both families in one table, ICMPv6 errors, and the dump of the entries. */
import { expect, test } from 'vitest';
import { CtState } from '../../../src/kernel/index.js';
import { Protocol, familyOf, formatIpPort, parseIp } from '../../../src/net/index.js';
import { SECOND } from '../../../src/sim/index.js';
import { Tracked, flow, type Flow } from './tracked.js';
import { translated } from './translated.js';

const IPV6: Flow = {
  client: parseIp('fd00:244::5')!,
  server: parseIp('fd00:96::1')!,
  clientPort: 40_000,
  serverPort: 80,
  protocol: Protocol.udp,
};

test('an IPv6 flow has its entry, its answers theirs, and another address another one', () => {
  const tracked = new Tracked();
  const slot = tracked.pass(IPV6);
  expect([tracked.pass(IPV6, 's'), tracked.conntrack.packetState]).toEqual([slot ^ 1, CtState.established]);
  expect(tracked.pass({ ...IPV6, client: parseIp('fd00:244::6')! }) >> 1).not.toBe(slot >> 1);
  expect([tracked.conntrack.count, tracked.ends(IPV6, 30 * SECOND)]).toEqual([2, 'on time']);
});

test('an ICMPv6 error is related to the flow that it is about', () => {
  const tracked = new Tracked();
  const slot = tracked.pass(IPV6);
  expect(tracked.pass(IPV6, 's', Protocol.udp, Protocol.icmpv6)).toBe(slot ^ 1);
  expect(tracked.conntrack.packetState).toBe(CtState.related);
});

test('both ends of an IPv6 flow are translated', () => {
  const { pass, answer } = translated();
  const [server, node] = [parseIp('fd00:244:1::7')!, parseIp('fd00:50::1')!];
  const seen = pass(IPV6, { server: [server, 8080], masquerade: node });
  expect(seen).toEqual([node, 40_000, server, 8080]);
  expect(answer(server, 8080, node, 40_000)).toEqual([IPV6.server, 80, IPV6.client, 40_000]);
});

test('a dump shows every confirmed entry that is not over, and may destroy it', () => {
  const { tracked, pass } = translated();
  const { conntrack } = tracked;
  const dump = (destroys: boolean): string[] => {
    const seen: string[] = [];
    conntrack.entries((entry) => {
      const { tuples } = conntrack;
      const to = formatIpPort(tuples.destination(entry * 2), tuples.destinationPort(entry * 2));
      const from = formatIpPort(tuples.source(entry * 2 + 1), tuples.sourcePort(entry * 2 + 1));
      seen.push(`IPv${familyOf(tuples.destination(entry * 2))} ${tuples.protocol(entry * 2)} ${to} ${from}`);
      if (destroys) conntrack.destroy(entry);
    });
    return seen;
  };
  tracked.simulation.run(100);
  pass(flow(0), {});
  tracked.simulation.run(10 * SECOND + 200);
  pass(flow(1), { server: [0x0af40007, 8080] });
  pass(IPV6, { server: [parseIp('fd00:244::7')!, 8080] });
  // One more, whose packet has not reached the last hook.
  conntrack.track(tracked.write(flow(2), 'c'));
  const translatedOnes = ['IPv4 17 11.0.0.1:80 10.244.0.7:8080', 'IPv6 17 [fd00:96::1]:80 [fd00:244::7]:8080'];
  expect(dump(false)).toEqual(['IPv4 17 11.0.0.1:80 11.0.0.1:80', ...translatedOnes]);
  // Its time is over, and the wheel has not come yet.
  tracked.simulation.run(30 * SECOND + 101);
  expect(dump(true)).toEqual(translatedOnes);
  expect(dump(false)).toEqual([]);
});
