/** Pods as endpoints: conditions, who counts, and named ports. */
import { describe, expect, test } from 'vitest';
import { DesiredEndpoints, type Pod, type Service } from '../../src/kube/index.js';
import { pod, service } from './objects.js';

function desired(of: Service, pods: readonly Pod[]) {
  const collected = new DesiredEndpoints(of);
  for (const one of pods) collected.add(one, `test/${one.metadata.name}`);
  return collected.result();
}

describe('conditions', () => {
  test.each([
    [true, false, false, true, true, false],
    [false, false, false, false, false, false],
    [true, true, false, false, true, true],
    [false, true, false, false, false, true],
    [true, false, true, true, true, false],
    [false, false, true, true, false, false],
    [true, true, true, true, true, true],
    [false, true, true, true, false, true],
  ])('ready %s, terminating %s, publish %s', (isReady, isTerminating, publish, ready, serving, terminating) => {
    const groups = desired(service({ publishNotReadyAddresses: publish }), [
      pod(1, { ready: isReady, terminating: isTerminating }),
    ]);
    expect(groups[0]?.endpoints[0]).toMatchObject({ ready, serving, terminating });
  });

  test('pods without address and those that have ended do not count', () => {
    const pods = [pod(1, { ip: 0 }), pod(2, { phase: 'Failed' }), pod(3, { phase: 'Succeeded' })];
    expect(desired(service(), pods)).toEqual([]);
  });
});

describe('named target ports', () => {
  const named = service({ ports: [{ name: 'web', protocol: 6, port: 80, targetPort: 'http', nodePort: 0 }] });
  const port = (number: number, protocol = 6) => [{ name: 'http', protocol, port: number }];

  test('group pods by the number that each one gives', () => {
    const groups = desired(named, [
      pod(1, { ports: port(8080) }),
      pod(2, { ports: port(9090) }),
      pod(3, { ports: port(8080) }),
    ]);
    expect(groups.map((one) => [one.ports[0]?.port, one.endpoints.length])).toEqual([
      [8080, 2],
      [9090, 1],
    ]);
  });

  test('that a pod has not, or for another protocol, leave the port out', () => {
    const groups = desired(named, [pod(1), pod(2, { ports: port(8080, 17) })]);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.ports).toEqual([]);
  });
});
