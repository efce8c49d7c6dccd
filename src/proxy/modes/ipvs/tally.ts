/**
 * How many servers a change of one service port adds to and takes from its virtual servers, and how many there are after it.
 *
 * Those on shared addresses and those on a node port are counted apart, since the latter stand on each of a node's own addresses.
 */
import { OWN_ADDRESS, type ServerColumns } from '../../../kernel/ipvs/definition.js';
import type { ServicePort } from '../../service-port.js';
import { frontendsOf } from './frontends.js';
import { serverFlow } from './server-order.js';

/** Counts; `own` for the virtual servers of node ports. */
export interface Tally {
  readonly servers: number;
  readonly added: number;
  readonly removed: number;
  readonly ownServers: number;
  readonly ownAdded: number;
  readonly ownRemoved: number;
}

/** Nothing. */
export const NO_TALLY: Tally = { servers: 0, added: 0, removed: 0, ownServers: 0, ownAdded: 0, ownRemoved: 0 };

/** A version of a service port with its lists of servers: for frontends with policy Local (`true`), and the others. */
export interface PortServers {
  readonly port: ServicePort;
  readonly servers: (local: boolean) => ServerColumns;
}

/** What a change comes to; servers that go with their virtual server are not counted as removed. */
export function tallyOf(before: PortServers | undefined, after: PortServers | undefined): Tally {
  if (after === undefined) return NO_TALLY;
  const tally = { ...NO_TALLY };
  const old = before?.port.protocol === after.port.protocol ? before : undefined;
  const known = old === undefined ? [] : frontendsOf(old.port);
  for (const { address, port, local } of frontendsOf(after.port)) {
    const servers = after.servers(local);
    const was = known.find((each) => each.address === address && each.port === port);
    const flow = was && old ? serverFlow(old.servers(was.local), servers) : { added: servers.length, removed: 0 };
    if (address === OWN_ADDRESS) {
      tally.ownServers += servers.length;
      tally.ownAdded += flow.added;
      tally.ownRemoved += flow.removed;
    } else {
      tally.servers += servers.length;
      tally.added += flow.added;
      tally.removed += flow.removed;
    }
  }
  return tally;
}

/** Counts plus `times` others. */
export function plus(a: Tally, b: Tally, times: number): Tally {
  return {
    servers: a.servers + times * b.servers,
    added: a.added + times * b.added,
    removed: a.removed + times * b.removed,
    ownServers: a.ownServers + times * b.ownServers,
    ownAdded: a.ownAdded + times * b.ownAdded,
    ownRemoved: a.ownRemoved + times * b.ownRemoved,
  };
}
