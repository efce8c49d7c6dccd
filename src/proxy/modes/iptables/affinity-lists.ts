/**
 * The lists of sources that session affinity keeps, one for each endpoint's chain and named like it (xt_recent).
 *
 * A list keeps its number as long as its service port has the endpoint, whatever version its rules are of, so that what it remembers
 * outlives a sync, as in the kernel. Cost: a map entry for each endpoint of service ports with affinity; names are made when printed.
 */
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import type { IpAddress } from '../../../net/index.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import { endpointChainName } from './chain-name.js';

/** The lists of one run and family. */
export class AffinityLists {
  private readonly store: RuleStore;
  /** By service port and endpoint. */
  private readonly lists = new Map<number, Map<number, number>>();

  /** @param store where lists get their numbers */
  constructor(store: RuleStore) {
    this.store = store;
  }

  /** The list of an endpoint that had one; -1 for none. */
  find(key: number, address: IpAddress, port: number): number {
    return this.lists.get(key)?.get(endpointNumber(address, port)) ?? -1;
  }

  /** The list of an endpoint of a service port. */
  of(port: ServicePort, endpoints: EndpointList, index: number): number {
    const address = endpoints.address[index]!;
    const targetPort = endpoints.port[index]!;
    let known = this.lists.get(port.key);
    if (known === undefined) {
      known = new Map();
      this.lists.set(port.key, known);
    }
    const key = endpointNumber(address, targetPort);
    let list = known.get(key);
    if (list === undefined) {
      const { displayName, protocol } = port;
      list = this.store.recentList(() => endpointChainName(displayName, protocol, address, targetPort));
      known.set(key, list);
    }
    return list;
  }
}

function endpointNumber(address: IpAddress, port: number): number {
  return address * 0x10000 + port;
}
