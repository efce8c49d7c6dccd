/** The balancer of the userspace mode: strict turns over a shuffled list, and affinity. */
import { describe, expect, test } from 'vitest';
import { RoundRobin } from '../../../src/proxy/modes/userspace/round-robin.js';
import { RandomStream, SECOND } from '../../../src/sim/index.js';
import { endpointList, servicePort } from '../iptables/fixture.js';

const DRAINING = true;

function balancer(affinitySeconds = 0, endpoints = 5) {
  const made = new RoundRobin(new RandomStream('seed', 'order'));
  const port = servicePort(1, endpoints, { affinitySeconds });
  made.update(port);
  const target = { address: 0, port: 0 };
  const choose = (client = 1, again = false, nowNs = 0): number =>
    made.choose(client, again, nowNs, target) ? target.address : -1;
  const next = (turns: number, client = 1): number[] => Array.from({ length: turns }, () => choose(client));
  return { made, port, choose, next };
}

describe('without affinity', () => {
  test('every endpoint has its turn before any has its second', () => {
    const { port, next } = balancer();
    const first = next(5);
    expect([...first].sort((a, b) => a - b)).toEqual([...port.endpoints.address].sort((a, b) => a - b));
    expect(next(10)).toEqual([...first, ...first]);
  });

  test('the order is drawn, and drawn anew when the endpoints change', () => {
    const orders = Array.from({ length: 20 }, (_, n) => {
      const made = new RoundRobin(new RandomStream('seed', `order/${n}`));
      made.update(servicePort(1, 4));
      const target = { address: 0, port: 0 };
      return Array.from({ length: 4 }, () => made.choose(1, false, 0, target) && target.address).join();
    });
    expect(new Set(orders).size).toBeGreaterThan(8);
  });

  test('the turns go on when nothing that counts has changed', () => {
    const { made, port, next } = balancer();
    const [first, second] = next(2);
    const withDraining = [...port.endpoints.address].map((address) => [address, 8080] as const);
    made.update({ ...port, endpoints: endpointList([...withDraining, [77, 8080, 0, DRAINING]]) });
    const rest = next(3);
    expect(new Set([first, second, ...rest]).size).toBe(5);
    expect(next(2)).toEqual([first, second]);
  });

  test('only ready endpoints are used', () => {
    const { made, port, choose, next } = balancer();
    made.update({
      ...port,
      endpoints: endpointList([
        [77, 8080, 0, DRAINING],
        [78, 8080],
      ]),
    });
    expect(next(3)).toEqual([78, 78, 78]);
    made.update({ ...port, endpoints: endpointList([[77, 8080, 0, DRAINING]]) });
    expect(choose()).toBe(-1);
  });
});

describe('with affinity', () => {
  test('a client stays where it is, and each use renews that', () => {
    const { choose } = balancer(10);
    const home = choose(1, false, 0);
    expect(choose(2)).not.toBe(home);
    expect(choose(1, false, 9 * SECOND)).toBe(home);
    expect(choose(1, false, 18.9 * SECOND)).toBe(home);
    expect(choose(1, false, 28.9 * SECOND)).not.toBe(home);
  });

  test('a failed try takes the next endpoint and makes it the client’s', () => {
    const { choose } = balancer(10);
    const home = choose(1);
    const other = choose(1, true);
    expect(other).not.toBe(home);
    expect([choose(1), choose(1)]).toEqual([other, other]);
  });

  test('is dropped with the endpoint, and kept while the endpoint stays', () => {
    const { made, port, choose } = balancer(1000);
    const home = choose(1);
    const away = choose(2);
    made.update({
      ...port,
      endpoints: endpointList([
        [home, 8080],
        [5, 8080],
        [6, 8080],
      ]),
    });
    expect(choose(1)).toBe(home);
    expect(choose(2)).not.toBe(away);
  });

  test('clients that do not come back are forgotten', () => {
    const { made, choose } = balancer(10);
    const home = choose(1);
    made.forgetOld(9 * SECOND);
    expect(choose(1, false, 9 * SECOND)).toBe(home);
    made.forgetOld(19 * SECOND);
    // Had it been kept, the clock could be put back.
    expect(choose(1, false, 9 * SECOND)).not.toBe(home);
  });
});
