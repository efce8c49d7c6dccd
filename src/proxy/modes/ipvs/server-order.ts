/**
 * The order in which endpoints were added to virtual servers, which is not the order in which they are sorted.
 *
 * kube-proxy adds the new endpoints of a sync behind those that are there (syncEndpoint, pkg/proxy/ipvs/proxier.go, v1.30); here in
 * the order of their text, which Go's sets had up to 1.26 and which stands for the random one since. Every revision of the ledger
 * counts as one sync. Lists that come of the same lists are the same object. Cost: one pass over the endpoints.
 */
import type { ServerColumns } from '../../../kernel/ipvs/definition.js';
import type { EndpointList } from '../../service-port.js';

interface Step {
  readonly to: EndpointList;
  readonly servers: ServerColumns;
}

/** Makes lists of servers, and remembers the last one made of each. */
export class ServerOrder {
  private readonly steps = new WeakMap<ServerColumns, Step>();

  /**
   * The servers after a change, in the order in which they were added.
   * @param servers those before it; undefined where there were none, as freshly sorted endpoints are in the order of addition
   * @param endpoints those after it
   */
  after(servers: ServerColumns | undefined, endpoints: EndpointList): ServerColumns {
    if (servers === undefined || servers === endpoints || servers.length === 0) return endpoints;
    const known = this.steps.get(servers);
    if (known?.to === endpoints) return known.servers;
    const next = serversAfter(servers, endpoints);
    this.steps.set(servers, { to: endpoints, servers: next });
    return next;
  }
}

/** Those that stay in their order, then the new ones in theirs; the same object when nothing changes. */
export function serversAfter(servers: ServerColumns, endpoints: EndpointList): ServerColumns {
  const wanted = keysOf(endpoints);
  const known = keysOf(servers);
  const address = new Uint32Array(endpoints.length);
  const port = new Uint16Array(endpoints.length);
  let length = 0;
  const append = (from: ServerColumns, but: ReadonlySet<number>, isIn: boolean): void => {
    for (let i = 0; i < from.length; i++) {
      if (but.has(keyOf(from, i)) !== isIn) continue;
      address[length] = from.address[i]!;
      port[length++] = from.port[i]!;
    }
  };
  append(servers, wanted, true);
  if (length === servers.length && length === endpoints.length) return servers;
  append(endpoints, known, false);
  return { length, address, port };
}

/** How many servers came and went between two lists. */
export function serverFlow(before: ServerColumns, after: ServerColumns): { added: number; removed: number } {
  if (before === after) return { added: 0, removed: 0 };
  const known = keysOf(before);
  let stay = 0;
  for (let i = 0; i < after.length; i++) if (known.has(keyOf(after, i))) stay++;
  return { added: after.length - stay, removed: before.length - stay };
}

function keysOf(servers: ServerColumns): Set<number> {
  const keys = new Set<number>();
  for (let i = 0; i < servers.length; i++) keys.add(keyOf(servers, i));
  return keys;
}

function keyOf(servers: ServerColumns, index: number): number {
  return servers.address[index]! * 65536 + servers.port[index]!;
}
