/** Proxy ports: which service ports get one, and for how long it is theirs. */
import { describe, expect, test } from 'vitest';
import { Openings } from '../../../src/proxy/modes/userspace/openings.js';
import { servicePort } from '../iptables/fixture.js';

const openings = (): Openings => new Openings('ipv4');

describe('a proxy port', () => {
  test('is drawn from the local port range, and is nobody else’s', () => {
    const made = openings();
    const ports = Array.from({ length: 2000 }, (_, key) => made.take(servicePort(key, 0))!.proxyPort);
    expect(new Set(ports).size).toBe(2000);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(32768);
    expect(Math.max(...ports)).toBeLessThanOrEqual(60999);
    expect(ports.slice(0, 5)).not.toEqual([...ports.slice(0, 5)].sort((a, b) => a - b));
  });

  test('stays while endpoints change, and is another one after any other change', () => {
    const made = openings();
    const port = servicePort(1, 3, { externalIps: [9], loadBalancerVips: [8] });
    const first = made.take(port);
    expect(made.take(servicePort(1, 2, { externalIps: [9], loadBalancerVips: [8] }))).toBe(first);
    const changes = [
      { port: 81 },
      { nodePort: 30000 },
      { clusterIp: 5 },
      { externalIps: [10] },
      { loadBalancerVips: [] },
      { affinitySeconds: 60 },
    ];
    const others = changes.map((change) => made.take({ ...port, ...change })!.id);
    expect(new Set([first!.id, ...others]).size).toBe(7);
  });

  test('is free again when nobody holds it', () => {
    const made = openings();
    const all = Array.from({ length: 28232 }, (_, key) => made.take(servicePort(key, 0))!);
    expect(made.take(servicePort(99999, 0))).toBeNull();
    // UDP has ports of its own.
    expect(made.take(servicePort(100000, 0, { protocol: 17 }))).not.toBeNull();
    const given = all[5000]!;
    made.take(given.port);
    made.release(given);
    expect(made.take(servicePort(99999, 0))).toBeNull();
    made.release(given);
    expect(made.take(servicePort(99999, 0))!.proxyPort).toBe(given.proxyPort);
    expect(made.take(given.port)).toBeNull();
  });

  test('hangs on the name of the service port alone, not on what came before', () => {
    const [one, two] = [servicePort(1, 0), servicePort(2, 0, { service: 'another' })];
    const [first, second] = [openings(), openings()];
    const ports = [first.take(one), first.take(two)].map((opening) => opening!.proxyPort);
    expect([second.take(two), second.take(one)].map((opening) => opening!.proxyPort).reverse()).toEqual(ports);
    expect(new Openings('ipv6').take(one)!.proxyPort).not.toBe(ports[0]);
  });

  test('is not to be had for SCTP', () => {
    expect(openings().take(servicePort(1, 1, { protocol: 132 }))).toBeNull();
  });
});
