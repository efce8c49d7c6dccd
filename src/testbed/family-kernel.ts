/** Makes what a node's kernel has of one family: its iptables, nftables and ip_vs. */
import {
  Ipvs,
  Netfilter,
  Nftables,
  SetTable,
  type IpvsOptions,
  type NftStore,
  type RuleStore,
  type Underlay,
} from '../kernel/index.js';

/** Where the chains, sets and maps of a run's rules are kept, and how they are looked up. */
export interface RuleStores {
  readonly rules: RuleStore;
  readonly nft: NftStore;
  readonly lookup: 'index' | 'walk';
}

/** The parts of one family on one node. */
export interface FamilyKernel {
  readonly netfilter: Netfilter;
  readonly nftables: Nftables;
  readonly ipvs: Ipvs;
}

/** What may be chosen of a node's ip_vs. */
export type IpvsChoices = Pick<IpvsOptions, 'random' | 'loadActiveFactor' | 'sysctls' | 'timeouts' | 'chains'>;

/**
 * Makes the parts, all empty.
 * @param ipvs what is not as ip_vs has it by default
 */
export function familyKernel(
  underlay: Underlay,
  { rules, nft, lookup }: RuleStores,
  ipvs: IpvsChoices = {},
): FamilyKernel {
  const { simulation, wheels, packets, work } = underlay;
  return {
    netfilter: new Netfilter(rules, packets, work, new SetTable(), lookup),
    nftables: new Nftables(nft, packets, work, lookup),
    ipvs: new Ipvs({ ...ipvs, simulation, wheels, packets, work, lookup }),
  };
}
