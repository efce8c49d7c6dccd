/** What holds in the tables of a node's ip_vs at every moment, whatever packets, edits and pauses came before. */
import { expect } from 'vitest';
import { isActiveState } from '../../../src/kernel/ipvs/connection-state.js';
import type { VirtualServer } from '../../../src/kernel/ipvs/virtual-server.js';
import { SECOND } from '../../../src/sim/index.js';
import type { Director } from './ipvs-fixture.js';

/**
 * Counters of servers equal the connection table, servers are in the lists that they say, no entry has outlived its timeout, and
 * connections go where their template says.
 * @param services those of the node
 */
export function expectConsistent(node: Director, services: readonly VirtualServer[]): void {
  const { servers, connections } = node.ipvs;
  const { active, inactive, references, available } = servers;
  const counts = countersOf(node);
  const listed = new Set(services.flatMap(({ order, count }) => [...order.subarray(0, count)]));
  const faults = entriesOf(node).flatMap((row) => faultsOf(node, row));
  if (listed.size !== services.reduce((sum, { count }) => sum + count, 0)) faults.push('a server is listed twice');
  if (connections.table.count !== entriesOf(node).length) faults.push(`${connections.table.count} entries`);
  for (const server of new Set([...listed, ...counts.keys()])) {
    const counters = [active[server], inactive[server], references[server]].join();
    const counted = (counts.get(server) ?? [0, 0, 0]).join();
    if (counters !== counted) faults.push(`server ${server} has counters ${counters}, entries say ${counted}`);
    if ((available[server] === 1) !== listed.has(server)) faults.push(`server ${server}: ${available[server]} listed`);
  }
  expect([...faults, ...ambiguousTemplates(node)]).toEqual([]);
}

function entriesOf({ ipvs }: Director): number[] {
  const { table } = ipvs.connections;
  return Array.from({ length: table.rows }, (_, row) => row).filter((row) => table.live[row] !== 0);
}

/** Active, inactive and all entries of every server that an entry names, counted from the entries. */
function countersOf(node: Director): Map<number, [active: number, inactive: number, all: number]> {
  const { table } = node.ipvs.connections;
  const counts = new Map<number, [number, number, number]>();
  for (const row of entriesOf(node)) {
    const count = counts.get(table.server[row]!) ?? [0, 0, 0];
    counts.set(table.server[row]!, count);
    count[2]++;
    if (table.template[row] === 0) count[isActiveState(table.state[row]!) ? 0 : 1]++;
  }
  return counts;
}

/** What is wrong with one entry; timers fire in whole seconds. */
function faultsOf({ ipvs, simulation: { now } }: Director, row: number): string[] {
  const { deadlineNs, timeoutNs, control, server, template } = ipvs.connections.table;
  const deadline = deadlineNs[row]!;
  const faults = [];
  if (Math.ceil(deadline / SECOND) * SECOND < now) faults.push(`entry ${row} should have ended at ${deadline}`);
  if (deadline > now + timeoutNs[row]!) faults.push(`entry ${row} will live longer than its timeout`);
  const by = control[row]!;
  const isApart = by >= 0 && (template[by] !== 1 || server[by] !== server[row]);
  if (template[row] === 0 && isApart) faults.push(`entry ${row} does not go where its template says`);
  return faults;
}

/** Of the templates that packets find, a client's network has one for each virtual server. */
function ambiguousTemplates(node: Director): string[] {
  const { live, template, protocol, clientAddress, virtualAddress, virtualPort } = node.ipvs.connections.table;
  const found = entriesOf(node).filter((row) => template[row] === 1 && live[row] === 1);
  const keys = found.map((row) => [protocol[row], clientAddress[row], virtualAddress[row], virtualPort[row]].join());
  return keys.filter((key, i) => keys.indexOf(key) < i).map((key) => `there are two templates of ${key}`);
}
