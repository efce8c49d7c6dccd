/**
 * Between a rule's readable form and its row.
 */
import { invariant } from '../../sim/index.js';
import { fractionText, probabilityFraction } from './probability.js';
import type { PrefixMatch, RuleSpec, Target } from './rule.js';
import { Cell, RuleBit, RuleWord, TargetKind } from './rule-bits.js';
import type { RuleRows } from './rule-rows.js';

/**
 * Writes a cleared row from its readable form.
 * @throws InvariantError for a port without a protocol, which iptables refuses
 */
export function writeRule(rows: RuleRows, row: number, rule: RuleSpec): void {
  const { source, destination, protocol, destinationPort, mark, set, target } = rule;
  invariant(destinationPort === undefined || protocol !== undefined, 'rule-port', 'a port needs a protocol');
  if (source) rows.matchSource(row, source.address, source.bits, source.negated === true);
  if (destination) rows.matchDestination(row, destination.address, destination.bits, destination.negated === true);
  if (protocol !== undefined) {
    if (destinationPort === undefined) rows.matchProtocol(row, protocol);
    else rows.matchPort(row, protocol, destinationPort);
  }
  if (rule.probability !== undefined) rows.matchStatistic(row, probabilityFraction(rule.probability));
  rows.matchFlags(row, flagsOf(rule));
  if (mark ?? set) {
    rows.matchExtra(row, {
      markValue: mark?.value ?? 0,
      markMask: mark?.mask ?? 0,
      setHandle: set?.handle ?? 0,
      setDirections: set?.directions ?? '',
    });
  }
  if (target) writeTarget(rows, row, target);
}

/** The readable form of a row, without its comment. */
export function readRule(rows: RuleRows, row: number): RuleSpec {
  const { cells } = rows;
  const word = cells[row + Cell.word]!;
  const service = cells[row + Cell.service]!;
  const lengths = cells[row + Cell.lengths]!;
  const has = (bit: number): boolean => (word & bit) !== 0;
  const target = readTarget(rows, row);
  return {
    ...(has(RuleBit.source) && {
      source: prefix(cells[row + Cell.source]!, lengths >>> 8, has(RuleBit.sourceNegated)),
    }),
    ...(has(RuleBit.destination) && {
      destination: prefix(cells[row + Cell.destination]!, lengths & 0xff, has(RuleBit.destinationNegated)),
    }),
    ...(has(RuleBit.protocol) && { protocol: service >>> 16 }),
    ...(has(RuleBit.port) && { destinationPort: service & 0xffff }),
    ...(has(RuleBit.destinationLocal) && { destinationLocal: true }),
    ...(has(RuleBit.sourceLocal) && { sourceLocal: true }),
    ...(has(RuleBit.state) && { state: (word >>> RuleWord.stateShift) & RuleWord.stateMask }),
    ...(has(RuleBit.stateNegated) && { stateNegated: true }),
    ...(has(RuleBit.mark) && { mark: markOf(rows, row, has(RuleBit.markNegated)) }),
    ...(has(RuleBit.set) && { set: setOf(rows, row, has(RuleBit.setNegated)) }),
    ...(has(RuleBit.statistic) && { probability: fractionText(cells[row + Cell.fraction]! >>> 0) }),
    ...(target && { target }),
  };
}

function flagsOf(rule: RuleSpec): number {
  let word = 0;
  if (rule.destinationLocal === true) word |= RuleBit.destinationLocal;
  if (rule.sourceLocal === true) word |= RuleBit.sourceLocal;
  if (rule.state !== undefined) word |= RuleBit.state | (rule.state << RuleWord.stateShift);
  if (rule.state !== undefined && rule.stateNegated === true) word |= RuleBit.stateNegated;
  if (rule.mark) word |= rule.mark.negated === true ? RuleBit.mark | RuleBit.markNegated : RuleBit.mark;
  if (rule.set) word |= rule.set.negated === true ? RuleBit.set | RuleBit.setNegated : RuleBit.set;
  return word;
}

function writeTarget(rows: RuleRows, row: number, target: Target): void {
  switch (target.kind) {
    case 'jump':
      rows.setTarget(row, TargetKind.jump, target.chain);
      break;
    case 'mark-or':
      rows.setTarget(row, TargetKind.markOr, target.bits);
      break;
    case 'mark-xor':
      rows.setTarget(row, TargetKind.markXor, target.bits);
      break;
    case 'dnat':
      rows.setTarget(row, TargetKind.dnat, target.address, target.port);
      break;
    case 'masquerade':
      rows.setTarget(row, target.randomFully ? TargetKind.masqueradeRandom : TargetKind.masquerade);
      break;
    default:
      rows.setTarget(row, TargetKind[target.kind]);
  }
}

function readTarget(rows: RuleRows, row: number): Target | undefined {
  const value = rows.cells[row + Cell.target]! >>> 0;
  switch (rows.targetKind(row)) {
    case TargetKind.none:
      return undefined;
    case TargetKind.accept:
      return { kind: 'accept' };
    case TargetKind.drop:
      return { kind: 'drop' };
    case TargetKind.reject:
      return { kind: 'reject' };
    case TargetKind.return:
      return { kind: 'return' };
    case TargetKind.jump:
      return { kind: 'jump', chain: value };
    case TargetKind.markOr:
      return { kind: 'mark-or', bits: value };
    case TargetKind.markXor:
      return { kind: 'mark-xor', bits: value };
    case TargetKind.dnat:
      return { kind: 'dnat', address: value, port: rows.cells[row + Cell.extra]! & 0xffff };
    case TargetKind.masquerade:
      return { kind: 'masquerade', randomFully: false };
    case TargetKind.masqueradeRandom:
      return { kind: 'masquerade', randomFully: true };
  }
}

function markOf(rows: RuleRows, row: number, negated: boolean): NonNullable<RuleSpec['mark']> {
  const { markValue, markMask } = rows.extraAt(row);
  return { value: markValue, mask: markMask, ...(negated && { negated }) };
}

function setOf(rows: RuleRows, row: number, negated: boolean): NonNullable<RuleSpec['set']> {
  const { setHandle, setDirections } = rows.extraAt(row);
  return { handle: setHandle, directions: setDirections, ...(negated && { negated }) };
}

function prefix(address: number, bits: number, negated: boolean): PrefixMatch {
  return { address: address >>> 0, bits, ...(negated && { negated }) };
}
