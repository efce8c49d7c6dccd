/**
 * The table in place on a node as a script for `nft -f`, with the comments that kube-proxy writes.
 *
 * Chains of no use that wait for their deletion are not in it, nor those of a service port whose addresses another one has.
 * Cost: linear; lines are made one after the other.
 */
import type { Nftables } from '../../../kernel/nftables/nftables.js';
import { nftLines } from '../../../kernel/nftables/print.js';
import type { IpFamily } from '../../../net/index.js';
import type { ServicePort } from '../../service-port.js';
import { outsideAddresses } from './port-plan.js';
import {
  CHAIN_COMMENTS,
  hasElementComments,
  KUBE_PROXY_TABLE,
  SET_DECLARATIONS,
  TABLE_COMMENT,
  type TableSet,
} from './table-names.js';

/**
 * Lines of the script.
 * @param nftables those of the node and family
 * @param ports the service ports in place, for the comments of elements; of two with one address and port the first counts
 */
export function rulesetLines(nftables: Nftables, family: IpFamily, ports: Iterable<ServicePort>): Generator<string> {
  const names = new Map<string, string>();
  for (const port of ports) {
    const { displayName } = port;
    const service = (port.protocol << 16) | port.port;
    for (const address of [port.clusterIp, ...outsideAddresses(port)])
      note(names, `${address} ${service}`, displayName);
    if (port.nodePort !== 0) note(names, `0 ${(port.protocol << 16) | port.nodePort}`, displayName);
  }
  const { sets } = nftables.store;
  const commented = new Set<string>(
    SET_DECLARATIONS.filter((_, set) => hasElementComments(set as TableSet)).map(({ name }) => name),
  );
  return nftLines(nftables, family, {
    tables: { [KUBE_PROXY_TABLE]: TABLE_COMMENT },
    chains: CHAIN_COMMENTS,
    element: (set, address, service) =>
      commented.has(sets.spec(set).name) ? names.get(`${address} ${service}`) : undefined,
  });
}

function note(names: Map<string, string>, place: string, name: string): void {
  if (!names.has(place)) names.set(place, name);
}
