/** Revisions of the ledger: what makes one, how it looks in each, what a sync finds changed, and what is forgotten. */
import { describe, expect, test } from 'vitest';
import { endpoint, ledgerWorld, texts } from './ledger-world.js';

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
    store.put('pod', {
      metadata: { namespace: 'ns', name: 'p', labels: {} },
      ip: 1,
      secondIp: 0,
      hostNetwork: false,
      node: 0,
      phase: 'Running',
      ready: true,
      terminating: false,
      ports: [],
    });
    expect([ledger.revision, told]).toEqual([1, []]);
    // A port that the Service has not is in no list, and still makes kube-proxy write the Service again.
    const ports = ['', 'other'].map((name) => ({ name, protocol: 6, port: 8080 }));
    write.slice('a', 's', [endpoint(1)], { ports });
    expect([ledger.revision, told]).toEqual([2, [2]]);
    expect(ledger.portAt(0, 2)).toBe(before);
    expect(ledger.changedBetween(1, 2)).toEqual([0]);
    // Slices without a Service ask for a sync that has nothing to write.
    write.slice('unknown', 't', [endpoint(1)]);
    expect([ledger.revision, ledger.changedBetween(2, 3)]).toEqual([3, []]);
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

  test('siblings of a service port that comes or goes are written again', () => {
    const port = (name: string) => ({ name, protocol: 6, port: 80, targetPort: 1, nodePort: 0 });
    const { ledger, write } = ledgerWorld((begin) => begin.service('a', { ports: [port('x')] }));
    write.service('a', { ports: [port('x'), port('y')] });
    expect(ledger.changedBetween(1, 2)).toEqual([0, 1]);
    write.service('a', { ports: [port('y')] });
    expect(ledger.changedBetween(2, 3)).toEqual([0, 1]);
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
    expect(ledger.revision).toBe(2);
    write.service('a');
    expect(texts(ledger.portAt(0, 3))).toEqual(['0.0.0.1:8080']);
    write.remove('slice', 's');
    expect(texts(ledger.portAt(0, 4))).toEqual([]);
    expect(ledger.endpointCountAt(4)).toBe(0);
  });
});

describe('stale connections are looked for', () => {
  const udp = { ports: [{ name: 'dns', protocol: 17, port: 53 }] };

  test('when endpoints of a Service with UDP endpoints changed, whichever of its slices it was', () => {
    const { ledger, write } = ledgerWorld((begin) => {
      begin.service('a');
      begin.slice('a', 's', [endpoint(1)]);
    });
    write.slice('a', 's', [endpoint(2)]);
    write.slice('a', 't', [endpoint(2)], udp);
    write.slice('a', 's', [endpoint(3)]);
    write.service('a', { affinitySeconds: 5 });
    write.remove('slice', 't');
    write.slice('a', 's', [endpoint(4)]);
    const changes = [1, 2, 3, 4, 5, 6].map((revision) => ledger.cleanupBetween(revision, revision + 1));
    expect(changes).toEqual([false, true, true, false, true, false]);
    expect([ledger.cleanupBetween(1, 7), ledger.cleanupBetween(4, 5)]).toEqual([true, false]);
    ledger.forgetBefore(6);
    expect(ledger.cleanupBetween(6, 7)).toBe(false);
  });

  test('by the first sync when there are UDP endpoints, whether or not there is a Service', () => {
    const { ledger, write } = ledgerWorld((begin) => begin.slice('a', 's', [endpoint(1)]));
    write.slice('a', 't', [endpoint(2)], udp);
    write.slice('b', 'u', [endpoint(2)], udp);
    write.remove('slice', 't');
    write.remove('slice', 'u');
    const first = () => [1, 2, 3, 4, 5].map((revision) => ledger.cleanupBetween(0, revision));
    expect(first()).toEqual([false, true, true, true, false]);
    ledger.forgetBefore(4);
    expect([ledger.cleanupBetween(0, 4), ledger.cleanupBetween(0, 5)]).toEqual([true, false]);
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
