/** Virtual servers with their real servers, as ip_vs of the node has them. */
import { expect } from 'vitest';
import { placedServers, placedServices } from '../../../src/kernel/ipvs/print.js';
import { formatIp, protocolName } from '../../../src/net/index.js';
import type { Expectation } from './expectation.js';
import { fieldsOf, flagOf, knownFields, listOf, numberOf, textOf, textsOf, type Fields } from './fields.js';
import { addressOf } from './proxy-setup.js';

const SERVER_FIELDS = ['address', 'port', 'weight'];
const SERVICE_FIELDS = ['address', 'port', 'protocol', 'scheduler', 'realServers'];
/** What a timeout of persistence may be called, within the virtual server or in a part of its own. */
const TIMEOUT = /persist|timeout|seconds|affinity/i;

interface FoundService {
  readonly persistenceSeconds: number;
  readonly servers: readonly string[];
}

/** The virtual servers, in any order; real servers as sets. */
export const serversExpectation: Expectation = {
  field: 'expectIPVS',
  modes: ['ipvs'],
  check({ lab }, value) {
    const wanted = knownFields(value, ['virtualServers', 'exact'], 'expectIPVS');
    const { ipvs } = lab.node;
    const found = new Map<string, FoundService>();
    for (const placed of placedServices(ipvs)) {
      const { protocol, port, scheduler, persistenceSeconds } = placed.definition;
      const servers = placedServers(ipvs, placed).map(
        (server) => `${formatIp(server.address)} ${server.port} weight ${server.weight}`,
      );
      const name = `${protocolName(protocol)} ${formatIp(placed.address)} ${port} ${scheduler}`;
      found.set(name, { persistenceSeconds, servers: servers.sort() });
    }
    const services = listOf(wanted['virtualServers'], 'virtualServers').map((each) => fieldsOf(each, 'virtual server'));
    const names = services.map(nameOf);
    if (flagOf(wanted['exact'], 'expectIPVS.exact', false)) expect([...found.keys()].sort()).toEqual(names.sort());
    else expect([...found.keys()]).toEqual(expect.arrayContaining(names));
    for (const service of services) checkService(service, found.get(nameOf(service)));
  },
};

function checkService(service: Fields, found: FoundService | undefined): void {
  const name = nameOf(service);
  const servers = listOf(service['realServers'], `${name} realServers`).map((value) => {
    const server = knownFields(value, SERVER_FIELDS, `${name} real server`);
    const weight = numberOf(server['weight'] ?? 1, 'weight');
    return `${ipText(server['address'])} ${numberOf(server['port'], 'port')} weight ${weight}`;
  });
  if (service['realServers'] !== undefined) expect(found?.servers, name).toEqual(servers.sort());
  const seconds = found?.persistenceSeconds ?? 0;
  for (const [field, value] of Object.entries(service)) {
    if (SERVICE_FIELDS.includes(field)) continue;
    if (field === 'flags') expect(textsOf(value, field).includes('persistent'), `${name} flags`).toBe(seconds > 0);
    else if (!TIMEOUT.test(field)) throw new Error(`virtual server ${name}: unknown field ${field}`);
    else expect(typeof value === 'boolean' ? seconds > 0 : seconds, `${name} ${field}`).toBe(timeoutOf(value, name));
  }
}

/** A number of seconds, a word for whether there is any, or a part that holds the number. */
function timeoutOf(value: unknown, name: string): number | boolean {
  if (value === null || value === undefined) return 0;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const [timeout] = Object.entries(fieldsOf(value, name)).filter(([field]) => TIMEOUT.test(field));
  if (timeout === undefined) throw new Error(`virtual server ${name}: persistence without timeout`);
  return timeoutOf(timeout[1], name);
}

function nameOf(service: Fields): string {
  const protocol = textOf(service['protocol'], 'protocol').toLowerCase();
  const port = numberOf(service['port'], 'port');
  return `${protocol} ${ipText(service['address'])} ${port} ${textOf(service['scheduler'] ?? 'rr', 'scheduler')}`;
}

function ipText(value: unknown): string {
  return formatIp(addressOf(textOf(value, 'address')));
}
