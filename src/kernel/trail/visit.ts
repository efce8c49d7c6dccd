/** What a packet met in a table of rules, as a tree: each rule that matched, with what it led to, and how many did not. */
import type { Effort } from './meter.js';

/** What a rule that matched said. */
export type RuleResult = 'next' | 'accept' | 'drop' | 'reject' | 'return' | 'jump' | 'goto';

/** One of several chains or targets taken by chance. */
export interface ChancePick {
  /** From 1. */
  readonly chosen: number;
  readonly of: number;
  /** The chance that this one is taken, 0 to 1, over the whole series of rules that choose. */
  readonly probability: number;
}

/** A rule that matched. */
export interface RuleVisit {
  readonly kind: 'rule';
  readonly chain: string;
  /** Its place in the chain, from 1, and the number of rules there. */
  readonly position: number;
  readonly chainRules: number;
  /** As its tool writes it. */
  readonly text: string;
  readonly result: RuleResult;
  /** The chain that it goes to; empty for none. */
  readonly target: string;
  /** What its verdict map holds for the packet, as nft writes it; empty where nothing was looked up, `no element` where nothing was found. */
  readonly element: string;
  /** null where chance had no part. */
  readonly pick: ChancePick | null;
  /** Of the rule and of what it led to. */
  readonly effort: Effort;
  readonly visits: readonly Visit[];
}

/** Rules one behind the other of which none matched. */
export interface UnmatchedRules {
  readonly kind: 'unmatched';
  readonly chain: string;
  /** Place of the first one in the chain, from 1. */
  readonly position: number;
  readonly chainRules: number;
  readonly count: number;
  readonly effort: Effort;
}

/** What stands in a chain of the tree. */
export type Visit = RuleVisit | UnmatchedRules;

/** A base chain passed at a hook. */
export interface ChainVisit {
  readonly tool: 'iptables' | 'nftables';
  /** `nat`, `filter`, or the table of nftables with its family, such as `ip kube-proxy`. */
  readonly table: string;
  readonly chain: string;
  /** What the chain as a whole said: `accept` is also its policy. */
  readonly verdict: 'accept' | 'drop' | 'reject';
  readonly effort: Effort;
  readonly visits: readonly Visit[];
}
