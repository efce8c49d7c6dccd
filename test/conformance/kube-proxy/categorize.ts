/** The choice of endpoints for the one service port of a case. */
import { expect } from 'vitest';
import { EndpointChoices, type EndpointList } from '../../../src/proxy/index.js';
import { formatIpPort } from '../../../src/net/index.js';
import type { Expectation } from './expectation.js';
import { knownFields, textsOf } from './fields.js';

const LISTS = ['cluster', 'local', 'allReachable'];

/** The lists as sets; null where the service has no such traffic. */
export const endpointsExpectation: Expectation = {
  field: 'expectEndpoints',
  check({ lab }, value) {
    const wanted = knownFields(value, [...LISTS, 'hasAny'], 'expectEndpoints');
    const { ledger } = lab;
    const keys = ledger.keysAt(ledger.revision);
    const port = ledger.portAt(keys[0] ?? -1, ledger.revision);
    expect(keys.length).toBe(1);
    if (port === undefined) throw new Error('no service port');
    const choice = new EndpointChoices().of(port, lab.node);
    const found = {
      cluster: textsIn(choice.cluster),
      local: textsIn(choice.local),
      allReachable: textsIn(choice.reachable),
      hasAny: choice.hasAny,
    };
    const expected: Record<string, unknown> = { ...wanted };
    for (const name of LISTS) {
      if (name in wanted) expected[name] = wanted[name] === null ? null : [...textsOf(wanted[name], name)].sort();
    }
    expect(found).toMatchObject(expected);
  },
};

function textsIn(list: EndpointList | null): string[] | null {
  if (list === null) return null;
  return Array.from(list.address, (address, i) => formatIpPort(address, list.port[i]!)).sort();
}
