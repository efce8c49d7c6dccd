/** The endpoints map: what slices say, with or without a Service, and what health checks count of it. */
import { expect, test } from 'vitest';
import { parseIp } from '../../src/net/index.js';
import { endpointsMap, localReadyEndpoints } from '../../src/proxy/endpoints-map.js';
import { endpoint, ledgerWorld, listTexts } from './ledger-world.js';

const udp = { name: 'dns', protocol: 17, port: 53 };
const tcp = { name: '', protocol: 6, port: 80 };

/** The map as text. */
function mapped(map: ReturnType<typeof endpointsMap>): string[] {
  return map.map(
    ({ displayName, protocol, endpoints }) => `${displayName} ${protocol} ${listTexts(endpoints).join(' ')}`,
  );
}

test('is made of the slices of a family, by Service, port name and protocol', () => {
  const { store, write } = ledgerWorld();
  write.slice('a', 's1', [endpoint(2)], { ports: [udp, tcp] });
  write.slice('b', 's2', [endpoint(5)], { ports: [tcp] });
  write.slice('a', 's3', [endpoint(1), endpoint(2)], { ports: [udp, { ...tcp, port: 8080 }] });
  write.slice('a', 's4', [endpoint(parseIp('fd00::1') ?? 0)], { ports: [tcp] });
  write.slice('c', 's5', []);
  expect(mapped(endpointsMap(store, 4))).toEqual([
    'ns/a:dns 17 0.0.0.1:53 0.0.0.2:53',
    'ns/a 6 0.0.0.1:8080 0.0.0.2:80 0.0.0.2:8080',
    'ns/b 6 0.0.0.5:80',
  ]);
  expect(mapped(endpointsMap(store, 6))).toEqual(['ns/a 6 [fd00::1]:80']);
});

test('tells the ready addresses of a node by Service, each once', () => {
  const { store, write } = ledgerWorld();
  const here = { node: 3 };
  write.slice('a', 's1', [endpoint(1, here), endpoint(2, here), endpoint(4)], { ports: [udp, tcp] });
  write.slice('a', 's2', [endpoint(3, { ...here, ready: false, terminating: true })]);
  write.slice('b', 's3', [endpoint(3, { ...here, ready: false })]);
  const map = endpointsMap(store, 4);
  expect([...localReadyEndpoints(map, 3)]).toEqual([['ns/a', 2]]);
  expect([...localReadyEndpoints(map, 0)]).toEqual([['ns/a', 1]]);
});
