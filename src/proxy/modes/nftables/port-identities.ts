/**
 * Numbers for service ports by name, for the affinity sets of their endpoints, and for comparing chains.
 *
 * A Service that is deleted and made again has another key in the ledger, but its chains and sets have the same names, and the kernel
 * knows only those. Cost: one map entry a service port, and one for each endpoint of those with session affinity, ever seen.
 */
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import type { IpAddress } from '../../../net/index.js';
import type { ServicePort } from '../../service-port.js';
import { endpointNameBase } from './chain-name.js';
import { KUBE_PROXY_TABLE } from './table-names.js';

/** The numbers of one run. */
export class PortIdentities {
  private readonly store: NftStore;
  private readonly byName = new Map<string, number>();
  /** By key, for the common case that a name is asked for again. */
  private readonly byKey: (number | undefined)[] = [];
  private readonly affinity = new Map<string, number>();

  /** @param store where affinity sets are declared */
  constructor(store: NftStore) {
    this.store = store;
  }

  /** Number of a service port, from 0. */
  of(port: ServicePort): number {
    const known = this.byKey[port.key];
    if (known !== undefined) return known;
    const name = `${port.displayName} ${port.protocol}`;
    let identity = this.byName.get(name);
    if (identity === undefined) {
      identity = this.byName.size;
      this.byName.set(name, identity);
    }
    this.byKey[port.key] = identity;
    return identity;
  }

  /** Handle of an endpoint's affinity set. */
  affinitySet(port: ServicePort, address: IpAddress, targetPort: number): number {
    const group = this.of(port);
    const key = `${group} ${address}:${targetPort}`;
    let set = this.affinity.get(key);
    if (set === undefined) {
      const name = (): string => `affinity-${endpointNameBase(port, address, targetPort)}`;
      set = this.store.declareDynamicSet({ table: KUBE_PROXY_TABLE, name, group });
      this.affinity.set(key, set);
    }
    return set;
  }
}
