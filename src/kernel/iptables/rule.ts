/**
 * A rule as written: the readable form in which rules are put into the store and taken out for printing.
 *
 * Only what kube-proxy and flannel write is here. An absent field matches everything. The store keeps rules packed (`rule-rows.ts`).
 */

/** An IPv4 prefix in a rule; `negated` is iptables' `!`. */
export interface PrefixMatch {
  readonly address: number;
  /** 0 to 32. */
  readonly bits: number;
  readonly negated?: boolean;
}

/** What a rule does with a packet that matches; absent: the rule only counts. */
export type Target =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'return' }
  | { readonly kind: 'reject' }
  | { readonly kind: 'jump'; readonly chain: number }
  | { readonly kind: 'mark-or'; readonly bits: number }
  | { readonly kind: 'mark-xor'; readonly bits: number }
  | { readonly kind: 'dnat'; readonly address: number; readonly port: number }
  | { readonly kind: 'masquerade'; readonly randomFully: boolean };

/** One rule. */
export interface RuleSpec {
  readonly source?: PrefixMatch;
  readonly destination?: PrefixMatch;
  /** IP protocol number. */
  readonly protocol?: number;
  readonly destinationPort?: number;
  /** `addrtype --dst-type LOCAL` / `--src-type LOCAL`. */
  readonly destinationLocal?: boolean;
  readonly sourceLocal?: boolean;
  /** Bits of `CtState`, any of which matches; `stateNegated` is `!`. */
  readonly state?: number;
  readonly stateNegated?: boolean;
  /** `mark --mark value/mask`, negated where `markNegated`. */
  readonly mark?: { readonly value: number; readonly mask: number; readonly negated?: boolean };
  /** `statistic --mode random`: probability as kube-proxy prints it; the store keeps the kernel's 31-bit fraction. */
  readonly probability?: string;
  /** `set --match-set name dst,dst`: handle of the set and its directions, `s` or `d` a dimension. */
  readonly set?: { readonly handle: number; readonly directions: string; readonly negated?: boolean };
  readonly comment?: string;
  readonly target?: Target;
}
