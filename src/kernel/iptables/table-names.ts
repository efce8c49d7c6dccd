/** Names of what the rules of one node name by number, each chain's made once: a name may be a hash. */
import type { IpAddress } from '../../net/index.js';
import type { Netfilter } from './netfilter.js';
import type { RuleNames } from './rule-text.js';

/** Names for printing, valid as long as no chain goes. */
export class TableNames implements RuleNames {
  private readonly netfilter: Netfilter;
  private readonly chains = new Map<number, string>();

  /** @param netfilter the node's tables */
  constructor(netfilter: Netfilter) {
    this.netfilter = netfilter;
  }

  /** The node's own address in rules that nodes share. */
  get nodeAddress(): IpAddress {
    return this.netfilter.nodeAddress;
  }

  /** Name of a chain. */
  chain(chain: number): string {
    let name = this.chains.get(chain);
    if (name === undefined) {
      name = this.netfilter.store.name(chain);
      this.chains.set(chain, name);
    }
    return name;
  }

  /** Name of an ipset. */
  set(handle: number): string {
    return this.netfilter.sets.at(handle).name;
  }

  /** Name of a list of `recent` matches. */
  list(list: number): string {
    return this.netfilter.store.recentName(list);
  }
}
