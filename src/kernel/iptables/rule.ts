/**
 * A rule as written: the readable form in which rules are put into the store and taken out for printing.
 *
 * Only what kube-proxy and flannel write is here. An absent field matches everything. The store keeps rules packed (`rule-rows.ts`).
 */
import type { IpAddress } from '../../net/index.js';

/** As the address of a DNAT: the primary address of the node that the rule stands on, so that nodes can share the rule. */
export const NODE_ADDRESS: IpAddress = 0xffffffff;

/** A prefix of either family in a rule; `negated` is iptables' `!`. */
export interface PrefixMatch {
  readonly address: IpAddress;
  /** 0 to 32, or 0 to 128. */
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
  | { readonly kind: 'dnat'; readonly address: IpAddress; readonly port: number }
  /** DNAT to the primary address of the device that the packet came in by (loopback for the node's own). */
  | { readonly kind: 'redirect'; readonly port: number }
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
  /** With `sourceLocal`: `! --src-type LOCAL`. */
  readonly sourceLocalNegated?: boolean;
  /** `-i name`, a trailing `+` for a prefix of names. Packets of this node's pods come in by cni0. */
  readonly inputInterface?: { readonly name: string; readonly negated?: boolean };
  /** `-m physdev ! --physdev-is-in`: the packet did not come in by a port of a bridge. */
  readonly notFromBridge?: boolean;
  /** `-m recent`: looks up (`rcheck`, with `--reap`) or adds (`set`) the source address in a list of the node. */
  readonly recent?: { readonly list: number; readonly operation: 'set' | 'rcheck'; readonly seconds: number };
  /** `-m nfacct --nfacct-name`: a counter; always matches. */
  readonly nfacct?: string;
  /**
   * `-m ipvs --vaddr --vproto --vport`: the packet belongs to an ip_vs connection of that virtual server. Beside a source that is the
   * virtual address, as kube-proxy writes it, the protocol decides; not together with `protocol`.
   */
  readonly ipvs?: { readonly address: IpAddress; readonly protocol: number; readonly port: number };
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
