/**
 * How a rule is packed into eight 32-bit cells (`rule-rows.ts`). The first, the word, says which matches it has, which of
 * them are negated, the connection states it asks for, and what it does; the others hold what is compared and set.
 */

/** The cells of a row. */
export const Cell = {
  word: 0,
  /** Prefixes; signed, as all cells are. */
  source: 1,
  destination: 2,
  /** Prefix lengths as codes (`prefix-code.ts`): the source's in bits 8 to 15, the destination's below. */
  lengths: 3,
  /** Protocol in bits 16 to 23, destination port below. */
  service: 4,
  /** 31-bit fraction of `statistic`, or list of `recent`: no rule has both. */
  fraction: 5,
  /** Chain of a jump, address of a DNAT, bits of a mark. */
  target: 6,
  /** Number in the side table of further matches in bits 16 to 31, port of a DNAT or redirect below. */
  extra: 7,
} as const;

/** Cells of a row; a row's handle is the offset of its first cell. */
export const ROW_CELLS = 8;

/** Bits 0 to 14 and 25 to 31: one a match or negation. */
export const RuleBit = {
  source: 0x1,
  sourceNegated: 0x2,
  destination: 0x4,
  destinationNegated: 0x8,
  protocol: 0x10,
  port: 0x20,
  destinationLocal: 0x40,
  sourceLocal: 0x80,
  state: 0x100,
  stateNegated: 0x200,
  mark: 0x400,
  markNegated: 0x800,
  set: 0x1000,
  setNegated: 0x2000,
  statistic: 0x4000,
  /** With `sourceLocal`. */
  sourceLocalNegated: 1 << 25,
  /** `-i`; the name stands in the side table, its negation too. */
  inputInterface: 1 << 26,
  /** `-m physdev ! --physdev-is-in`. */
  notFromBridge: 1 << 27,
  /** `-m recent`: `--rcheck --reap`, or `--set` with the bit below. */
  recent: 1 << 28,
  recentSet: 1 << 29,
  /** `-m nfacct`. */
  nfacct: 1 << 30,
} as const;

/** Masks and shifts over the word. */
export const RuleWord = {
  /** Any address match. */
  addresses: RuleBit.source | RuleBit.destination,
  /** Protocol or port. */
  service: RuleBit.protocol | RuleBit.port,
  /** Any match evaluated after addresses, protocol and port. */
  further:
    RuleBit.destinationLocal |
    RuleBit.sourceLocal |
    RuleBit.state |
    RuleBit.mark |
    RuleBit.set |
    RuleBit.statistic |
    RuleBit.notFromBridge |
    RuleBit.recent |
    RuleBit.nfacct,
  /** Any match or negation. */
  matches: 0x7fff | (0x3f << 25),
  /** Bits 15 to 20: states of `CtState`. */
  stateShift: 15,
  stateMask: 0x3f,
  /** Bits 21 to 24: a `TargetKind`. */
  targetShift: 21,
  targetMask: 0xf,
} as const;

/** What a rule does, as a number. */
export const TargetKind = {
  none: 0,
  accept: 1,
  drop: 2,
  reject: 3,
  return: 4,
  jump: 5,
  markOr: 6,
  markXor: 7,
  dnat: 8,
  masquerade: 9,
  masqueradeRandom: 10,
  redirect: 11,
} as const;

/** One of the kinds. */
export type TargetKind = (typeof TargetKind)[keyof typeof TargetKind];
