/**
 * flannel's own rules on a node in one family, written with iptables or with nftables.
 *
 * Rules of flanneld with --ip-masq in their order (pkg/trafficmngr, v0.28): FLANNEL-POSTRTG in nat POSTROUTING and FLANNEL-FWD in filter
 * FORWARD, or the chains postrtg and forward of the table flannel-ipv4 or flannel-ipv6. In nftables mode rule 1 tests the whole mark, and
 * rule 4 lets everything to the cluster's pods go that does not come from the node's own, so that rule 6 never fires.
 */
import { Hook, Owner, Table, type NftBase, type NftRuleSpec, type RuleSpec } from '../kernel/index.js';
import { parseIpPrefix, type IpFamily, type IpPrefix } from '../net/index.js';
import { invariant } from '../sim/index.js';
import type { FamilyKernel, RuleStores } from './family-kernel.js';

/** kube-proxy's masquerade mark (bit 14), which flannel leaves alone. */
const KUBE_MARK = 0x4000;
const WHOLE_MARK = 0xffffffff;
const SRCNAT_PRIORITY = 100;

/** The prefixes of one family. */
export interface FlannelPrefixes {
  readonly family: IpFamily;
  /** Pods of the whole cluster. */
  readonly all: IpPrefix;
  /** Pods of the node. */
  readonly own: IpPrefix;
}

/** Writes flannel's rules of one run. */
export class FlannelRules {
  private readonly stores: RuleStores;
  private readonly backend: 'iptables' | 'nftables';
  /** What all nodes share: the chain in FORWARD, by family. */
  private readonly forwards = new Map<IpFamily, number>();

  /**
   * @param stores the run's rules
   * @param backend what flannel writes them with
   */
  constructor(stores: RuleStores, backend: 'iptables' | 'nftables') {
    this.stores = stores;
    this.backend = backend;
  }

  /** Puts the rules into a node's tables. */
  install({ netfilter, nftables }: FamilyKernel, prefixes: FlannelPrefixes): void {
    if (this.backend === 'iptables') {
      netfilter.setBase(Table.nat, Hook.postrouting, Owner.overlay, this.iptablesMasquerade(prefixes));
      netfilter.setBase(Table.filter, Hook.forward, Owner.overlay, this.forward(prefixes));
    } else {
      const table = prefixes.family === 4 ? 'flannel-ipv4' : 'flannel-ipv6';
      const forward: NftBase = { table, name: 'forward', type: 'filter', hook: Hook.forward, priority: 0 };
      const postrtg: NftBase = {
        table,
        name: 'postrtg',
        type: 'nat',
        hook: Hook.postrouting,
        priority: SRCNAT_PRIORITY,
      };
      nftables.setBase(forward, this.forward(prefixes));
      nftables.setBase(postrtg, this.stores.nft.addChain('postrtg', nftMasquerade(prefixes)));
    }
  }

  private forward({ family, all }: FlannelPrefixes): number {
    const known = this.forwards.get(family);
    if (known !== undefined) return known;
    const chain = this.backend === 'iptables' ? this.iptablesForward(all) : this.nftForward(all);
    this.forwards.set(family, chain);
    return chain;
  }

  private iptablesForward(all: IpPrefix): number {
    const { rules } = this.stores;
    const comment = 'flanneld forward';
    const chain = rules.addChain('FLANNEL-FWD', [
      { source: all, comment, target: { kind: 'accept' } },
      { destination: all, comment, target: { kind: 'accept' } },
    ]);
    return rules.addChain('FORWARD', [{ comment, target: { kind: 'jump', chain } }]);
  }

  private nftForward(all: IpPrefix): number {
    return this.stores.nft.addChain('forward', [
      { source: all, statement: { kind: 'accept' } },
      { destination: all, statement: { kind: 'accept' } },
    ]);
  }

  private iptablesMasquerade(prefixes: FlannelPrefixes): number {
    const { rules } = this.stores;
    const comment = 'flanneld masq';
    const chain = rules.addChain('FLANNEL-POSTRTG', iptablesRules(prefixes, comment));
    return rules.addChain('POSTROUTING', [{ comment, target: { kind: 'jump', chain } }]);
  }
}

function iptablesRules({ family, all, own }: FlannelPrefixes, comment: string): readonly RuleSpec[] {
  const back = { comment, target: { kind: 'return' } } as const;
  const masquerade = { comment, target: { kind: 'masquerade', randomFully: true } } as const;
  return [
    { mark: { value: KUBE_MARK, mask: KUBE_MARK }, ...back },
    { source: own, destination: all, ...back },
    { source: all, destination: own, ...back },
    { source: { ...all, negated: true }, destination: own, ...back },
    { source: all, destination: { ...multicast(family), negated: true }, ...masquerade },
    { source: { ...all, negated: true }, destination: all, ...masquerade },
  ];
}

function nftMasquerade({ family, all, own }: FlannelPrefixes): readonly NftRuleSpec[] {
  const back = { statement: { kind: 'return' } } as const;
  const masquerade = { statement: { kind: 'masquerade', fullyRandom: true } } as const;
  return [
    { mark: { value: KUBE_MARK, mask: WHOLE_MARK }, ...back },
    { source: own, destination: all, ...back },
    { source: all, destination: own, ...back },
    { source: { ...own, negated: true }, destination: all, ...back },
    { source: all, destination: { ...multicast(family), negated: true }, ...masquerade },
    { source: { ...all, negated: true }, destination: all, ...masquerade },
  ];
}

function multicast(family: IpFamily): IpPrefix {
  const prefix = parseIpPrefix(family === 4 ? '224.0.0.0/4' : 'ff00::/8');
  invariant(prefix !== undefined, 'multicast-prefix', 'the multicast prefixes are prefixes');
  return prefix;
}
