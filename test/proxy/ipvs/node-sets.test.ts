/** Sets of a node that differ from those of others. */
import { expect, test } from 'vitest';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { ledgerOf, servicePort, TestCluster } from './ipvs-mode-fixture.js';

test('where no node port can stand, health checks of Services without one stay', () => {
  const nowhere = { nodePortAddresses: [{ address: 0x01020300, bits: 24 }] };
  const port = (key: number, nodePort: number): ServicePort =>
    servicePort(key, [4], { nodePort, externalLocal: true, healthCheckNodePort: 31000 + key });
  const sizes = (ports: readonly ServicePort[]): Record<string, number> => {
    const { first } = new TestCluster(ledgerOf(ports), 1, nowhere);
    first.sync(1);
    return first.setSizes();
  };
  expect(sizes([port(1, 30001)])).not.toHaveProperty('KUBE-HEALTH-CHECK-NODE-PORT');
  expect(sizes([port(1, 30001), port(2, 0)])).toMatchObject({ 'KUBE-HEALTH-CHECK-NODE-PORT': 1 });
});
