/** Service ports with policy Local and no endpoint on a node. */
import { expect, test } from 'vitest';
import { EndpointChoices } from '../../src/proxy/endpoint-choice.js';
import { noLocalEndpoints } from '../../src/proxy/local-policy-metric.js';
import { endpoint, ledgerWorld } from './ledger-world.js';

test('count where there are usable endpoints elsewhere only', () => {
  const { ledger } = ledgerWorld((write) => {
    const nodePort = {
      ports: [{ name: '', protocol: 6, port: 80, targetPort: 80, nodePort: 30_000 }],
      type: 'NodePort',
    } as const;
    write.service('both', { ...nodePort, internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' });
    write.service('outside', { ...nodePort, externalTrafficPolicy: 'Local' });
    write.service('inside', { internalTrafficPolicy: 'Local' });
    write.service('empty', { internalTrafficPolicy: 'Local' });
    write.service('dead', { internalTrafficPolicy: 'Local' });
    write.service('anywhere');
    for (const name of ['both', 'outside', 'inside', 'anywhere']) write.slice(name, name, [endpoint(1, { node: 1 })]);
    write.slice('dead', 'dead', [endpoint(1, { node: 1, ready: false, serving: false })]);
  });
  const on = (index: number) => noLocalEndpoints(ledger, new EndpointChoices(), 1, { index, zone: '' });
  expect(on(0)).toEqual({ internal: 2, external: 2 });
  expect(on(1)).toEqual({ internal: 0, external: 0 });
});

test('count a load balancer that waits for its address on every node, as kube-proxy does: no chain of local endpoints is there yet', () => {
  const { ledger } = ledgerWorld((write) => {
    write.service('pending', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    write.service('both', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' });
    for (const name of ['pending', 'both']) write.slice(name, name, [endpoint(1, { node: 1 })]);
  });
  const on = (index: number) => noLocalEndpoints(ledger, new EndpointChoices(), 1, { index, zone: '' });
  expect(on(0)).toEqual({ internal: 1, external: 2 });
  expect(on(1)).toEqual({ internal: 0, external: 1 });
});
