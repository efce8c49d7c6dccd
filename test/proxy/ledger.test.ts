/** The ledger: what becomes a service port, its endpoints, and how it looks in earlier revisions. */
import { describe, expect, test } from 'vitest';
import { parseIpv4 } from '../../src/net/index.js';
import { endpoint, ledgerWorld, texts } from './ledger-world.js';

const ip = (text: string) => parseIpv4(text) ?? 0;

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

  test('are not made of Services that are not proxied', () => {
    const { ledger } = ledgerWorld((write) => {
      write.service('none', { headless: true, clusterIp: 0 });
      write.service('outside', { type: 'ExternalName', clusterIp: 5 });
      write.service('pending', { clusterIp: 0 });
    });
    expect(ledger.keysAt(1)).toEqual([]);
  });

  test('have a node port only if the type has', () => {
    const ports = [{ name: '', protocol: 6, port: 80, targetPort: 80, nodePort: 30000 }];
    const { ledger } = ledgerWorld((write) => write.service('a', { ports }));
    expect(ledger.portAt(0, 1)?.nodePort).toBe(0);
  });
});

describe('endpoints', () => {
  test('are merged over slices, once each, sorted as text', () => {
    const { ledger } = ledgerWorld((write) => {
      write.service('a');
      write.slice('a', 's1', [endpoint(ip('10.1.1.1')), endpoint(ip('10.1.1.2'))], 11);
      write.slice('a', 's2', [endpoint(ip('10.1.1.11'), { node: 4 }), endpoint(ip('10.1.1.1'))], 11);
    });
    expect(texts(ledger.portAt(0, 1))).toEqual(['10.1.1.11:11', '10.1.1.1:11', '10.1.1.2:11']);
    expect([...(ledger.portAt(0, 1)?.endpoints.node ?? [])]).toEqual([4, 0, 0]);
    expect(ledger.endpointCountAt(1)).toBe(3);
  });

  test('are those of the port of that name and protocol', () => {
    const { ledger } = ledgerWorld((write) => {
      write.service('a');
      write.slice('a', 's1', [endpoint(1)], 8080, 'other');
      write.slice('a', 's2', [endpoint(2)], 9090);
    });
    expect(texts(ledger.portAt(0, 1))).toEqual(['0.0.0.2:9090']);
  });

  test('are the ready ones; without any, those serving and terminating', () => {
    const draining = endpoint(3, { ready: false, terminating: true });
    const dead = endpoint(4, { ready: false, serving: false, terminating: true });
    const { ledger, write } = ledgerWorld((begin) => {
      begin.service('a');
      begin.slice('a', 's', [endpoint(1), endpoint(2, { ready: false, serving: false }), draining, dead]);
    });
    write.slice('a', 's', [endpoint(2, { ready: false, serving: false }), draining, dead]);
    write.slice('a', 's', [dead]);
    expect([1, 2, 3].map((revision) => texts(ledger.portAt(0, revision)))).toEqual([
      ['0.0.0.1:8080'],
      ['0.0.0.3:8080'],
      [],
    ]);
    expect([1, 2, 3].map((revision) => ledger.endpointCountAt(revision))).toEqual([4, 3, 1]);
  });
});

describe('revisions', () => {
  test('each has its own view, and what did not change is the same object', () => {
    const { ledger, write } = ledgerWorld((begin) => {
      for (const name of ['a', 'b']) {
        begin.service(name);
        begin.slice(name, `${name}-1`, [endpoint(1)]);
      }
    });
    write.slice('b', 'b-1', [endpoint(1), endpoint(2)]);
    write.service('c');
    write.remove('service', 'a');
    expect(ledger.revision).toBe(4);
    expect([0, 1, 2, 3, 4].map((revision) => ledger.keysAt(revision))).toEqual([[], [0, 1], [0, 1], [0, 1, 2], [1, 2]]);
    expect([1, 2, 3].map((revision) => ledger.portAt(1, revision)?.endpoints.length)).toEqual([1, 2, 2]);
    expect(ledger.portAt(0, 3)).toBe(ledger.portAt(0, 1));
    expect(ledger.portAt(1, 4)).toBe(ledger.portAt(1, 2));
    expect(ledger.portAt(0, 4)).toBeUndefined();
    expect(ledger.portAt(2, 2)).toBeUndefined();
    expect([1, 2, 3, 4].map((revision) => ledger.endpointCountAt(revision))).toEqual([2, 3, 3, 2]);
    expect([ledger.changedBetween(0, 2), ledger.changedBetween(1, 2), ledger.changedBetween(1, 4)]).toEqual([
      [0, 1],
      [1],
      [0, 1, 2],
    ]);
    expect(ledger.keysAt(2)).toBe(ledger.keysAt(1));
  });

  test('come only of what kube-proxy notices', () => {
    const { ledger, write, store } = ledgerWorld((begin) => {
      begin.service('a');
      begin.slice('a', 's', [endpoint(1)]);
    });
    const told: number[] = [];
    ledger.listen((revision) => told.push(revision));
    const before = ledger.portAt(0, 1);
    write.service('a', { metadata: { namespace: 'ns', name: 'a', labels: { team: 'x' } } });
    write.service('a', { publishNotReadyAddresses: true });
    write.slice('a', 's', [endpoint(1, { target: 'ns/other' })]);
    write.slice('unknown', 't', [endpoint(1)]);
    store.put('pod', {
      metadata: { namespace: 'ns', name: 'p', labels: {} },
      ip: 1,
      node: 0,
      phase: 'Running',
      ready: true,
      terminating: false,
      ports: [],
    });
    expect([ledger.revision, told]).toEqual([1, []]);
    // An endpoint that is not ready cannot be seen in the list, and still makes kube-proxy write the Service again.
    write.slice('a', 's', [endpoint(1), endpoint(2, { ready: false, serving: false })]);
    expect([ledger.revision, told]).toEqual([2, [2]]);
    expect(ledger.portAt(0, 2)).toBe(before);
    expect(ledger.changedBetween(1, 2)).toEqual([0]);
  });

  test('a Service that changes keeps its keys where name and protocol stay, and all its ports are written again', () => {
    const port = (name: string, number: number) => ({ name, protocol: 6, port: number, targetPort: 1, nodePort: 0 });
    const { ledger, write } = ledgerWorld((begin) => begin.service('a', { ports: [port('x', 80), port('y', 81)] }));
    write.service('a', { ports: [port('y', 82), port('x', 80), port('z', 83)] });
    expect(ledger.keysAt(2)).toEqual([0, 1, 2]);
    expect(ledger.portAt(0, 2)).toBe(ledger.portAt(0, 1));
    expect([1, 2].map((key) => ledger.portAt(key, 2)?.port)).toEqual([82, 83]);
    expect(ledger.changedBetween(1, 2)).toEqual([0, 1, 2]);
    write.service('a', { headless: true, clusterIp: 0 });
    expect(ledger.keysAt(3)).toEqual([]);
    write.service('a', { ports: [port('x', 80)] });
    expect(ledger.keysAt(4)).toEqual([3]);
  });

  test('a port that came and went in between did not change', () => {
    const { ledger, write } = ledgerWorld((begin) => begin.service('a'));
    write.service('b');
    write.remove('service', 'b');
    expect(ledger.revision).toBe(3);
    expect(ledger.changedBetween(1, 3)).toEqual([]);
  });

  test('slices that come before their Service count when it comes', () => {
    const { ledger, write } = ledgerWorld();
    write.slice('a', 's', [endpoint(1)]);
    expect(ledger.revision).toBe(1);
    write.service('a');
    expect(texts(ledger.portAt(0, 2))).toEqual(['0.0.0.1:8080']);
    write.remove('slice', 's');
    expect(texts(ledger.portAt(0, 3))).toEqual([]);
    expect(ledger.endpointCountAt(3)).toBe(0);
  });
});

describe('forgetting', () => {
  test('keeps everything from the revision on and refuses what came before', () => {
    const { ledger, write } = ledgerWorld((begin) => {
      begin.service('a');
      begin.service('b');
    });
    for (let n = 1; n <= 6; n++) write.slice('a', 's', [endpoint(n)]);
    write.remove('service', 'b');
    const view = () =>
      [5, 6, 7, 8].map((revision) => [
        ledger.keysAt(revision),
        texts(ledger.portAt(0, revision)),
        ledger.endpointCountAt(revision),
        ledger.changedBetween(5, revision),
      ]);
    const before = view();
    ledger.forgetBefore(5);
    expect(view()).toEqual(before);
    expect(() => ledger.portAt(0, 4)).toThrow('revision 4, kept 5 to 8');
    expect(() => ledger.changedBetween(4, 8)).toThrow('ledger-revision');
    expect([ledger.keysAt(0), ledger.endpointCountAt(0), ledger.changedBetween(0, 8)]).toEqual([[], 0, [0]]);
    expect(() => ledger.keysAt(9)).toThrow('ledger-revision');
  });
});
