/**
 * How a rule is packed: eight 32-bit cells a row (see `rule-rows.ts`).
 *
 * `word` says which matches a rule has and what its statement is; the other cells hold their values.
 */

/** Cells of a row. */
export const NftCell = {
  /** Bits of `NftBit`, and in the lowest four the statement. */
  word: 0,
  source: 1,
  destination: 2,
  /** Prefix length of the source, of the destination << 8, protocol << 16, state bits << 24. */
  lengths: 3,
  /** Set or prefix list that the source is looked up in; with `NftBit.extra` the number of an `ExtraMatch`. */
  sourceRef: 4,
  /** Set or prefix list that the destination is looked up in. */
  destinationRef: 5,
  /** Chain, map, address, mark bits, first of the chains of `numgen`, or set of `update`. */
  target: 6,
  /** Port of a DNAT, number of chains of `numgen`, or timeout of `update` in seconds. */
  argument: 7,
} as const;

/** Cells in a row. */
export const NFT_ROW = 8;

/** Statements, in the lowest four bits of the word. */
export const NftKind = {
  none: 0,
  accept: 1,
  drop: 2,
  return: 3,
  jump: 4,
  goto: 5,
  reject: 6,
  vmap: 7,
  numgen: 8,
  masquerade: 9,
  masqueradeRandom: 10,
  dnat: 11,
  markOr: 12,
  markXor: 13,
  update: 14,
} as const;

/** One of the statements. */
export type NftKind = (typeof NftKind)[keyof typeof NftKind];

/** Bits of the word that hold the statement. */
export const NFT_KIND_MASK = 0xf;

/** Matches, as bits of the word; each is followed by the bit that turns it round, where it can be. */
export const NftBit = {
  source: 1 << 4,
  sourceNegated: 1 << 5,
  destination: 1 << 6,
  destinationNegated: 1 << 7,
  sourceList: 1 << 8,
  sourceListNegated: 1 << 9,
  destinationList: 1 << 10,
  destinationListNegated: 1 << 11,
  sourceSet: 1 << 12,
  sourceSetNegated: 1 << 13,
  destinationSet: 1 << 14,
  destinationSetNegated: 1 << 15,
  inputInterface: 1 << 16,
  inputInterfaceNegated: 1 << 17,
  sourceLocal: 1 << 18,
  sourceLocalNegated: 1 << 19,
  destinationLocal: 1 << 20,
  destinationLocalNegated: 1 << 21,
  ownPrefix: 1 << 22,
  ownPrefixNegated: 1 << 23,
  mark: 1 << 24,
  markNegated: 1 << 25,
  state: 1 << 26,
  protocol: 1 << 27,
  /** The rule has an `ExtraMatch`. */
  extra: 1 << 28,
} as const;

/** All bits of matches. */
export const NFT_MATCH_MASK = 0x1ffffff0;

/** Values of the elements of sets and maps: kind in the lowest three bits, chain or count above; 0 stands for no element. */
export const ElementKind = { accept: 1, drop: 2, return: 3, jump: 4, goto: 5, member: 6 } as const;

/** Bits of an element's value that hold its kind. */
export const ELEMENT_SHIFT = 3;
/** The mask of those bits. */
export const ELEMENT_MASK = 7;
