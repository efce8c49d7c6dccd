/** Service ports that have endpoints, but none on the node for a policy Local. */
import { expect } from 'vitest';
import { EndpointChoices, noLocalEndpoints } from '../../../src/proxy/index.js';
import type { Expectation } from './expectation.js';
import { knownFields } from './fields.js';

/** The metric by kind of traffic. */
export const metricsExpectation: Expectation = {
  field: 'expectMetrics',
  check({ lab }, value) {
    const wanted = knownFields(value, ['noLocalEndpointsInternal', 'noLocalEndpointsExternal'], 'expectMetrics');
    const { internal, external } = noLocalEndpoints(lab.ledger, new EndpointChoices(), lab.ledger.revision, lab.node);
    expect({ noLocalEndpointsInternal: internal, noLocalEndpointsExternal: external }).toMatchObject(wanted);
  },
};
