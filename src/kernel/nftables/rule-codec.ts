/**
 * Between the readable form of a rule and its row.
 *
 * A rule asks about its source in one prefix list or one set at most, likewise about its destination. Counting who holds chains
 * is the store's business.
 */
import { invariant } from '../../sim/index.js';
import type { PrefixMatch } from '../iptables/rule.js';
import { NftBit, NftCell, NftKind } from './rule-cells.js';
import type { NftRows } from './rule-rows.js';
import type { NftRuleSpec, NftStatement, PrefixListMatch, SetMatch } from './rule.js';

const SIMPLE = {
  accept: NftKind.accept,
  drop: NftKind.drop,
  return: NftKind.return,
  reject: NftKind.reject,
  jump: NftKind.jump,
  goto: NftKind.goto,
  vmap: NftKind.vmap,
  dnat: NftKind.dnat,
  'mark-or': NftKind.markOr,
  'mark-xor': NftKind.markXor,
  update: NftKind.update,
} as const;

/** Writes a rule into a cleared row. */
export function writeNftRule(rows: NftRows, row: number, rule: NftRuleSpec): void {
  const { cells } = rows;
  invariant(!(rule.sourceIn && rule.sourceSet), 'nft-one-set', 'a rule asks about its source in one set at most');
  invariant(!(rule.destinationIn && rule.destinationSet), 'nft-one-set', 'a rule asks about its destination once');
  const sourceRef = rule.sourceIn ? rows.addList(rule.sourceIn.prefixes) : (rule.sourceSet?.set ?? 0);
  cells[row + NftCell.destinationRef] = rule.destinationIn
    ? rows.addList(rule.destinationIn.prefixes)
    : (rule.destinationSet?.set ?? 0);
  const hasExtra = rule.mark !== undefined || rule.inputInterface !== undefined;
  cells[row + NftCell.sourceRef] = hasExtra
    ? rows.extraNumber({
        markValue: rule.mark?.value ?? 0,
        markMask: rule.mark?.mask ?? 0,
        inputInterface: rule.inputInterface?.name ?? '',
        sourceRef,
      })
    : sourceRef;
  cells[row + NftCell.source] = rule.source?.address ?? 0;
  cells[row + NftCell.destination] = rule.destination?.address ?? 0;
  cells[row + NftCell.lengths] =
    (rule.source?.bits ?? 0) |
    ((rule.destination?.bits ?? 0) << 8) |
    ((rule.protocol ?? 0) << 16) |
    ((rule.state ?? 0) << 24);
  cells[row + NftCell.word] = matchBits(rule) | (hasExtra ? NftBit.extra : 0);
  if (rule.statement) writeStatement(rows, row, rule.statement);
}

/** Reads a row back; the rule has no comment. */
export function readNftRule(rows: NftRows, row: number): NftRuleSpec {
  const { cells } = rows;
  const word = cells[row + NftCell.word]!;
  const lengths = cells[row + NftCell.lengths]!;
  const has = (bit: number): boolean => (word & bit) !== 0;
  const negation = (bit: number): { negated?: true } => (has(bit << 1) ? { negated: true } : {});
  const list = (bit: number, ref: number): PrefixListMatch => ({ prefixes: rows.list(ref), ...negation(bit) });
  const prefix = (bit: number, cell: number, bits: number): PrefixMatch => ({
    address: cells[row + cell]! >>> 0,
    bits: bits & 0xff,
    ...negation(bit),
  });
  const destinationRef = cells[row + NftCell.destinationRef]!;
  const sourceRef = rows.sourceRef(row);
  const extra = has(NftBit.extra) ? rows.extraOf(row) : undefined;
  const statement = readStatement(rows, row);
  return {
    ...(has(NftBit.state) && { state: (lengths >>> 24) & 0x3f }),
    ...(has(NftBit.destinationLocal) && { destinationLocal: negation(NftBit.destinationLocal) }),
    ...(has(NftBit.destination) && { destination: prefix(NftBit.destination, NftCell.destination, lengths >>> 8) }),
    ...(has(NftBit.destinationList) && { destinationIn: list(NftBit.destinationList, destinationRef) }),
    ...(has(NftBit.destinationSet) && {
      destinationSet: { set: destinationRef, ...negation(NftBit.destinationSet) },
    }),
    ...(extra &&
      has(NftBit.inputInterface) && {
        inputInterface: { name: extra.inputInterface, ...negation(NftBit.inputInterface) },
      }),
    ...(has(NftBit.sourceLocal) && { sourceLocal: negation(NftBit.sourceLocal) }),
    ...(has(NftBit.source) && { source: prefix(NftBit.source, NftCell.source, lengths) }),
    ...(has(NftBit.ownPrefix) && { sourceInOwnPrefix: negation(NftBit.ownPrefix) }),
    ...(has(NftBit.sourceList) && { sourceIn: list(NftBit.sourceList, sourceRef) }),
    ...(has(NftBit.sourceSet) && { sourceSet: { set: sourceRef, ...negation(NftBit.sourceSet) } }),
    ...(extra &&
      has(NftBit.mark) && {
        mark: { value: extra.markValue, mask: extra.markMask, ...negation(NftBit.mark) },
      }),
    ...(has(NftBit.protocol) && { protocol: (lengths >>> 16) & 0xff }),
    ...(statement && { statement }),
  };
}

function matchBits(rule: NftRuleSpec): number {
  const bit = (match: { readonly negated?: boolean } | undefined, value: number): number =>
    match === undefined ? 0 : value | (match.negated === true ? value << 1 : 0);
  const set = (match: SetMatch | undefined, value: number): number => bit(match, value);
  return (
    bit(rule.source, NftBit.source) |
    bit(rule.destination, NftBit.destination) |
    bit(rule.sourceIn, NftBit.sourceList) |
    bit(rule.destinationIn, NftBit.destinationList) |
    set(rule.sourceSet, NftBit.sourceSet) |
    set(rule.destinationSet, NftBit.destinationSet) |
    bit(rule.inputInterface, NftBit.inputInterface) |
    bit(rule.sourceLocal, NftBit.sourceLocal) |
    bit(rule.destinationLocal, NftBit.destinationLocal) |
    bit(rule.sourceInOwnPrefix, NftBit.ownPrefix) |
    bit(rule.mark, NftBit.mark) |
    (rule.state === undefined ? 0 : NftBit.state) |
    (rule.protocol === undefined ? 0 : NftBit.protocol)
  );
}

function writeStatement(rows: NftRows, row: number, statement: NftStatement): void {
  const { cells } = rows;
  if (statement.kind === 'numgen') {
    rows.setChoice(row, statement.chains);
    return;
  }
  if (statement.kind === 'masquerade') {
    cells[row + NftCell.word]! |= statement.fullyRandom ? NftKind.masqueradeRandom : NftKind.masquerade;
    return;
  }
  cells[row + NftCell.word]! |= SIMPLE[statement.kind];
  if ('chain' in statement) cells[row + NftCell.target] = statement.chain;
  if ('map' in statement) cells[row + NftCell.target] = statement.map;
  if ('bits' in statement) cells[row + NftCell.target] = statement.bits;
  if (statement.kind === 'dnat') {
    cells[row + NftCell.target] = statement.address;
    cells[row + NftCell.argument] = statement.port;
  }
  if (statement.kind === 'update') {
    cells[row + NftCell.target] = statement.set;
    cells[row + NftCell.argument] = statement.timeoutSeconds;
  }
}

function readStatement(rows: NftRows, row: number): NftStatement | undefined {
  const target = rows.cells[row + NftCell.target]!;
  const argument = rows.cells[row + NftCell.argument]!;
  const kind = rows.kind(row);
  switch (kind) {
    case NftKind.none:
      return undefined;
    case NftKind.accept:
      return { kind: 'accept' };
    case NftKind.drop:
      return { kind: 'drop' };
    case NftKind.return:
      return { kind: 'return' };
    case NftKind.reject:
      return { kind: 'reject' };
    case NftKind.jump:
      return { kind: 'jump', chain: target };
    case NftKind.goto:
      return { kind: 'goto', chain: target };
    case NftKind.vmap:
      return { kind: 'vmap', map: target };
    case NftKind.numgen:
      return { kind: 'numgen', chains: [...rows.chains.subarray(target, target + argument)] };
    case NftKind.masquerade:
    case NftKind.masqueradeRandom:
      return { kind: 'masquerade', fullyRandom: kind === NftKind.masqueradeRandom };
    case NftKind.dnat:
      return { kind: 'dnat', address: target >>> 0, port: argument };
    case NftKind.markOr:
      return { kind: 'mark-or', bits: target >>> 0 };
    case NftKind.markXor:
      return { kind: 'mark-xor', bits: target >>> 0 };
    case NftKind.update:
      return { kind: 'update', set: target, timeoutSeconds: argument };
  }
}
