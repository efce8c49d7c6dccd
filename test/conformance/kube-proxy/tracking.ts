/** What kube-proxy's trackers make of Services and slices. */
import { expect } from 'vitest';
import { formatIpPort, protocolName } from '../../../src/net/index.js';
import { endpointsMap, healthCheckNodePorts, localReadyEndpoints } from '../../../src/proxy/index.js';
import type { CaseWorld } from './case-world.js';
import type { Expectation } from './expectation.js';
import { knownFields } from './fields.js';

const FIELDS = ['endpoints', 'conntrackCleanupRequired', 'localReadyEndpoints', 'servicePorts', 'healthCheckNodePorts'];

/** The endpoints map in order, whether stale connections are looked for, and what health checks count. */
export const trackingExpectation: Expectation = {
  field: 'expectTracking',
  check(world, value) {
    const wanted = knownFields(value, FIELDS, 'expectTracking');
    const found = tracked(world);
    for (const [name, expected] of Object.entries(wanted))
      expect({ [name]: found[name] }).toEqual({ [name]: expected });
  },
};

function tracked({ lab, family, from }: CaseWorld): Readonly<Record<string, unknown>> {
  const { ledger, store, node } = lab;
  const { revision } = ledger;
  const map = endpointsMap(store, family);
  const endpoints = map.map(({ displayName, protocol, endpoints: list }) => [
    `${displayName}/${protocolName(protocol).toUpperCase()}`,
    Array.from(list.address, (address, i) => ({
      endpoint: formatIpPort(address, list.port[i]!),
      local: list.node[i] === node.index,
    })),
  ]);
  return {
    endpoints: Object.fromEntries(endpoints) as unknown,
    conntrackCleanupRequired: ledger.cleanupBetween(from, revision),
    localReadyEndpoints: Object.fromEntries(localReadyEndpoints(map, node.index)),
    servicePorts: ledger.keysAt(revision).length,
    healthCheckNodePorts: Object.fromEntries(healthCheckNodePorts(ledger, revision)),
  };
}
