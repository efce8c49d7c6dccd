/**
 * The order in which endpoints were added to virtual servers, which is not the order in which they are sorted.
 *
 * kube-proxy adds the new endpoints of a sync in the order of their text (syncEndpoint, pkg/proxy/ipvs/proxier.go,
 * v1.30), behind those that are there. Here every revision of the ledger counts as one sync. Cost: one pass over the
 * endpoints.
 */
import type { ServerColumns } from '../../../kernel/ipvs/definition.js';
import { endpointOrder } from '../../endpoint-order.js';
import type { EndpointList } from '../../service-port.js';

/** What tells two endpoint lists of one service port apart: indices into the older and into the newer one. */
export interface EndpointChanges {
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

/** Compares two sorted endpoint lists. */
export function endpointChanges(before: EndpointList, after: EndpointList): EndpointChanges {
  const removed: number[] = [];
  const added: number[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    if (before.address[i] === after.address[j] && before.port[i] === after.port[j]) {
      i++;
      j++;
    } else if (orderAt(before, i) < orderAt(after, j)) {
      removed.push(i++);
    } else {
      added.push(j++);
    }
  }
  while (i < before.length) removed.push(i++);
  while (j < after.length) added.push(j++);
  return { removed, added };
}

/**
 * The servers after a change, in the order in which they were added.
 * @param servers the servers before it
 * @param changes what tells `before` and `after` apart
 */
export function serversAfter(
  servers: ServerColumns,
  before: EndpointList,
  after: EndpointList,
  changes: EndpointChanges,
): ServerColumns {
  if (changes.removed.length + changes.added.length === 0) return servers;
  const gone = new Set(changes.removed.map((i) => keyOf(before.address[i]!, before.port[i]!)));
  const address = new Uint32Array(after.length);
  const port = new Uint16Array(after.length);
  let length = 0;
  for (let i = 0; i < servers.length; i++) {
    if (gone.size > 0 && gone.has(keyOf(servers.address[i]!, servers.port[i]!))) continue;
    address[length] = servers.address[i]!;
    port[length++] = servers.port[i]!;
  }
  for (const i of changes.added) {
    address[length] = after.address[i]!;
    port[length++] = after.port[i]!;
  }
  return { length, address, port };
}

function orderAt(endpoints: EndpointList, index: number): number {
  return endpointOrder(endpoints.address[index]!, endpoints.port[index]!);
}

function keyOf(address: number, port: number): number {
  return address * 65536 + port;
}
