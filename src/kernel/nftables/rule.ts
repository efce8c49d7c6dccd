/**
 * An nftables rule as written: the readable form in which rules are put into the store and taken out for printing.
 *
 * Only what kube-proxy and flannel write is here. An absent field matches everything; fields are compared in the order of the
 * interface, which is also the order in which they are printed. The store keeps rules packed (`rule-rows.ts`).
 */
import type { IpAddress, IpPrefix } from '../../net/index.js';
import type { PrefixMatch } from '../iptables/rule.js';

/** What an element of a verdict map says, and what a rule may say. */
export type NftVerdict =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  /** `jump` comes back to the next rule, `goto` does not. */
  | { readonly kind: 'jump' | 'goto'; readonly chain: number };

/** What a rule does with a packet that matches; absent: the rule only matches. */
export type NftStatement =
  | NftVerdict
  | { readonly kind: 'reject' }
  /** `vmap @map`; the map's type says what is looked up. A packet without an element goes on. */
  | { readonly kind: 'vmap'; readonly map: number }
  /** `numgen random mod n vmap { 0 : goto a, 1 : goto b, ... }`: one of the chains, each with the same chance. */
  | { readonly kind: 'numgen'; readonly chains: readonly number[] }
  | { readonly kind: 'masquerade'; readonly fullyRandom: boolean }
  | { readonly kind: 'dnat'; readonly address: IpAddress; readonly port: number }
  | { readonly kind: 'mark-or' | 'mark-xor'; readonly bits: number }
  /** `update @set { saddr }`: adds the source to a dynamic set, or renews its timeout. */
  | { readonly kind: 'update'; readonly set: number; readonly timeoutSeconds: number };

/** A set named in a rule: handle of `NftStore.declareSet` or `declareDynamicSet`. */
export interface SetMatch {
  readonly set: number;
  readonly negated?: boolean;
}

/** A prefix of an anonymous set; with `host` it is written as an address. */
export interface ListedPrefix extends IpPrefix {
  readonly host?: boolean;
}

/** An anonymous set of prefixes written into a rule: `{ 10.0.0.0/8 , 192.168.0.0/16 }`. */
export interface PrefixListMatch {
  readonly prefixes: readonly ListedPrefix[];
  readonly negated?: boolean;
}

/** One rule. */
export interface NftRuleSpec {
  /** `ct state`: bits of `CtState`, any of which matches. */
  readonly state?: number;
  /** `fib daddr type local`. */
  readonly destinationLocal?: { readonly negated?: boolean };
  readonly destination?: PrefixMatch;
  readonly destinationIn?: PrefixListMatch;
  readonly destinationSet?: SetMatch;
  /** `iifname`, a trailing `*` for a prefix of names. Packets of this node's pods come in by cni0. */
  readonly inputInterface?: { readonly name: string; readonly negated?: boolean };
  /** `fib saddr type local`. */
  readonly sourceLocal?: { readonly negated?: boolean };
  readonly source?: PrefixMatch;
  /** The source is in the prefix that every node fills in for itself (`Nftables.ownPrefix`): one chain serves all nodes. */
  readonly sourceInOwnPrefix?: { readonly negated?: boolean };
  readonly sourceIn?: PrefixListMatch;
  readonly sourceSet?: SetMatch;
  /** `mark and mask == value`. */
  readonly mark?: { readonly value: number; readonly mask: number; readonly negated?: boolean };
  /** `meta l4proto`. */
  readonly protocol?: number;
  readonly statement?: NftStatement;
  readonly comment?: string;
}
