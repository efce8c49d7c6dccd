/** The ledger: what becomes a service port, and its endpoints. */
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/net/index.js';
import { endpoint, ledgerWorld, texts } from './ledger-world.js';

const ip = (text: string) => parseIp(text) ?? 0;

describe('service ports', () => {
  test('have kube-proxy’s names and numbers', () => {
    const ports = [
      { name: 'web', protocol: 6, port: 80, targetPort: 8080, nodePort: 30080 },
      { name: 'dns', protocol: 17, port: 53, targetPort: 53, nodePort: 30053 },
    ];
    const { ledger } = ledgerWorld((write) => {
      write.service('a', { ports, type: 'NodePort', clusterIp: 7, affinitySeconds: 60 });
      write.service('b', { clusterIp: 8 });
    });
    expect(ledger.revision).toBe(1);
    expect(ledger.keysAt(1).map((key) => ledger.portAt(key, 1))).toMatchObject([
      { key: 0, displayName: 'ns/a:web', protocol: 6, port: 80, clusterIp: 7, nodePort: 30080, affinitySeconds: 60 },
      { key: 1, displayName: 'ns/a:dns', protocol: 17, port: 53, nodePort: 30053 },
      { key: 2, displayName: 'ns/b', portName: '', nodePort: 0 },
    ]);
  });

  test('of one name and protocol are one: the last', () => {
    const ports = [80, 81].map((port) => ({ name: 'a', protocol: 6, port, targetPort: port, nodePort: 0 }));
    const { ledger, write } = ledgerWorld((first) => first.service('a', { ports, clusterIp: 7 }));
    const seen = () => ledger.keysAt(ledger.revision).map((key) => ledger.portAt(key, ledger.revision)?.port);
    expect(seen()).toEqual([81]);
    write.service('a', { ports: ports.toReversed(), clusterIp: 7 });
    expect(seen()).toEqual([80]);
  });

  test('are not made of Services that are not proxied', () => {
    const { ledger } = ledgerWorld((write) => {
      write.service('none', { headless: true, clusterIp: 0 });
      write.service('outside', { type: 'ExternalName', clusterIp: 5 });
      write.service('pending', { clusterIp: 0 });
    });
    expect(ledger.keysAt(1)).toEqual([]);
  });

  test('are not made of Services that another proxy is named for', () => {
    const { ledger } = ledgerWorld((write) => {
      const labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
      write.service('theirs', { metadata: { namespace: 'ns', name: 'theirs', labels } });
    });
    expect(ledger.keysAt(1)).toEqual([]);
  });

  test('have what is of their family', () => {
    const [v4, v6] = [ip('10.0.0.1'), ip('fd00::1')];
    const prefixes = [
      { address: ip('10.1.0.0'), bits: 16 },
      { address: ip('fd01::'), bits: 64 },
    ];
    const ports = ([4, 6] as const).map((family) => {
      const { ledger } = ledgerWorld((write) => {
        write.service('a', {
          ...{ clusterIp: v4, clusterIps: [v4, v6], externalIps: [ip('fd00::2'), ip('10.0.0.2')] },
          ...{ loadBalancerVips: [ip('10.0.0.3')], sourceRanges: prefixes },
        });
        write.service('b', { clusterIp: v6, clusterIps: [v6] });
        write.slice('a', 'a-4', [endpoint(ip('10.2.0.1'))]);
        write.slice('a', 'a-6', [endpoint(ip('fd02::1'))]);
      }, family);
      return ledger.keysAt(1).map((key) => ledger.portAt(key, 1));
    });
    expect(ports[0]).toMatchObject([
      { clusterIp: v4, externalIps: [ip('10.0.0.2')], loadBalancerVips: [ip('10.0.0.3')], sourceRanges: [prefixes[0]] },
    ]);
    expect(ports[1]).toMatchObject([
      { clusterIp: v6, externalIps: [ip('fd00::2')], loadBalancerVips: [], sourceRanges: [prefixes[1]] },
      { service: 'b', clusterIp: v6 },
    ]);
    expect(ports.map((list) => texts(list[0]))).toEqual([['10.2.0.1:8080'], ['[fd02::1]:8080']]);
  });

  test('have traffic policies and health checks where the type lets them count', () => {
    const local = { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local', healthCheckNodePort: 345 } as const;
    const { ledger } = ledgerWorld((write) => {
      write.service('a', { ...local, type: 'ClusterIP' });
      write.service('b', { ...local, type: 'ClusterIP', externalIps: [7] });
      write.service('c', { ...local, type: 'NodePort' });
      write.service('d', { ...local, type: 'LoadBalancer' });
      write.service('e', { ...local, type: 'LoadBalancer', externalTrafficPolicy: 'Cluster' });
    });
    const ports = ledger.keysAt(1).map((key) => ledger.portAt(key, 1));
    expect(ports.map((port) => [port?.internalLocal, port?.externalLocal, port?.healthCheckNodePort])).toEqual([
      [true, false, 0],
      [true, true, 0],
      [true, true, 0],
      [true, true, 345],
      [true, false, 0],
    ]);
  });
});

describe('endpoints', () => {
  test('are merged over slices, once each, sorted as text', () => {
    const ports = [{ name: '', protocol: 6, port: 11 }];
    const { ledger } = ledgerWorld((write) => {
      write.service('a');
      write.slice('a', 's1', [endpoint(ip('10.1.1.1')), endpoint(ip('10.1.1.2'))], { ports });
      write.slice('a', 's2', [endpoint(ip('10.1.1.11'), { node: 4 }), endpoint(ip('10.1.1.1'))], { ports });
    });
    expect(texts(ledger.portAt(0, 1))).toEqual(['10.1.1.11:11', '10.1.1.1:11', '10.1.1.2:11']);
    expect([...(ledger.portAt(0, 1)?.endpoints.node ?? [])]).toEqual([4, 0, 0]);
    expect(ledger.endpointCountAt(1)).toBe(3);
  });

  test('are those of the port of that name and protocol', () => {
    const { ledger } = ledgerWorld((write) => {
      write.service('a');
      write.slice('a', 's1', [endpoint(1)], { ports: [{ name: 'other', protocol: 6, port: 8080 }] });
      write.slice('a', 's2', [endpoint(2)], {
        ports: [
          { name: '', protocol: 17, port: 53 },
          { name: '', protocol: 6, port: 9090 },
          { name: '', protocol: 6, port: 0 },
        ],
      });
    });
    expect(texts(ledger.portAt(0, 1))).toEqual(['0.0.0.2:9090']);
  });

  test('are all known ones, with conditions and hints', () => {
    const hints = { zones: ['a'], nodes: [] };
    const { ledger } = ledgerWorld((write) => {
      write.service('a');
      write.slice('a', 's', [
        endpoint(1),
        endpoint(2, { ready: false, serving: false }),
        endpoint(3, { ready: false, terminating: true, node: -1 }),
        endpoint(4, { hints }),
      ]);
    });
    const endpoints = ledger.portAt(0, 1)?.endpoints;
    expect([...(endpoints?.conditions ?? [])]).toEqual([3, 0, 6, 3]);
    expect([...(endpoints?.node ?? [])]).toEqual([0, 0, -1, 0]);
    expect(endpoints?.hints).toEqual([null, null, null, hints]);
    expect(ledger.endpointCountAt(1)).toBe(4);
  });

  test('of a node win over the same ones of no node', () => {
    const { ledger } = ledgerWorld((write) => {
      write.service('a');
      write.slice('a', 's1', [endpoint(1, { node: -1 })]);
      write.slice('a', 's2', [endpoint(1, { node: 3, ready: false })]);
      write.slice('a', 's3', [endpoint(1, { node: -1 })]);
    });
    expect(ledger.portAt(0, 1)?.endpoints).toMatchObject({
      length: 1,
      node: Int32Array.of(3),
      conditions: Uint8Array.of(2),
    });
  });

  test('of headless slices and slices of nobody do not count', () => {
    const { ledger, write } = ledgerWorld((begin) => begin.service('a'));
    const labels = { 'service.kubernetes.io/headless': '' };
    write.slice('a', 's', [endpoint(1)], { metadata: { namespace: 'ns', name: 's', labels } });
    write.slice('', 't', [endpoint(1)]);
    expect([ledger.revision, texts(ledger.portAt(0, 1))]).toEqual([1, []]);
    // Without the label the slice comes into sight, and with it out again.
    write.slice('a', 's', [endpoint(1)]);
    expect(texts(ledger.portAt(0, 2))).toEqual(['0.0.0.1:8080']);
    write.slice('a', 's', [endpoint(1)], { metadata: { namespace: 'ns', name: 's', labels } });
    expect(texts(ledger.portAt(0, 3))).toEqual([]);
    write.remove('slice', 's');
    expect(ledger.revision).toBe(3);
  });
});
