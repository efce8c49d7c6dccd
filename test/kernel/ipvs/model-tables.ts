/** The tables of the product's ip_vs and of the reference model as lines of text, the same lines for the same tables. */
import { CONNECTION_STATE_NAMES } from '../../../src/kernel/ipvs/connection-state.js';
import type { VirtualServer } from '../../../src/kernel/ipvs/virtual-server.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { MILLISECOND } from '../../../src/sim/index.js';
import type { Director } from './ipvs-fixture.js';
import type { Model } from './model/model.js';
import type { ModelService } from './model/model-service.js';

/** Lists of services, front first, then the connections, then the work of schedulers. */
export function productTables(node: Director, services: readonly VirtualServer[]): string[] {
  const lists = services.flatMap((service) => productList(node, service));
  return [...lists, ...productConnections(node), looked(node.work.counts[WorkKind.ipvsServer]!)];
}

/** The same of the model. */
export function modelTables(model: Model, services: readonly ModelService[]): string[] {
  const lists = services.flatMap(({ servers }) =>
    servers.map((each) => listed(each.address, each.weight, each.active, each.inactive, each.overloaded)),
  );
  return [...lists, ...modelConnections(model), looked(model.looked)];
}

function productList(node: Director, { order, count }: VirtualServer): string[] {
  const { address, weight, active, inactive, overloaded } = node.ipvs.servers;
  return Array.from(order.subarray(0, count).toReversed(), (row) =>
    listed(address[row]!, weight[row]!, active[row]!, inactive[row]!, overloaded[row] === 1),
  );
}

function productConnections({ ipvs, simulation }: Director): string[] {
  const { table } = ipvs.connections;
  const rows = Array.from({ length: table.rows }, (_, row) => row).filter((row) => table.live[row] !== 0);
  return rows
    .map((row) => {
      const client = `${table.protocol[row]} ${table.clientAddress[row]}:${table.clientPort[row]}`;
      const virtual = `${table.virtualAddress[row]}:${table.virtualPort[row]}`;
      const server = `${ipvs.servers.address[table.server[row]!]}`;
      const name = CONNECTION_STATE_NAMES[table.state[row]!]!;
      const state = table.template[row] === 1 ? template(table.controlled[row]!) : name;
      return connection(client, virtual, server, state, (table.deadlineNs[row]! - simulation.now) / MILLISECOND);
    })
    .sort();
}

function modelConnections({ connections, nowMs }: Model): string[] {
  return connections.live
    .map((each) => {
      const client = `${each.protocol} ${each.client}:${each.clientPort}`;
      const virtual = `${each.virtual}:${each.virtualPort}`;
      const state = each.isTemplate ? template(each.controlled) : each.state;
      return connection(client, virtual, `${each.server.address}`, state, each.deadlineMs - nowMs);
    })
    .sort();
}

function listed(address: number, weight: number, active: number, inactive: number, overloaded: boolean): string {
  return `${address} weight ${weight} active ${active} inactive ${inactive}${overloaded ? ' overloaded' : ''}`;
}

function template(controlled: number): string {
  return `template of ${controlled}`;
}

function connection(client: string, virtual: string, server: string, state: string, leftMs: number): string {
  return `${client} -> ${virtual} -> ${server} ${state} ${leftMs} ms`;
}

function looked(servers: number): string {
  return `looked at ${servers} servers`;
}
