/**
 * Between a rule's readable form and its row.
 */
import { invariant } from '../../sim/index.js';
import type { ExtraMatch } from './extra-matches.js';
import { prefixBits } from './prefix-code.js';
import { fractionText, probabilityFraction } from './probability.js';
import type { PrefixMatch, RuleSpec, Target } from './rule.js';
import { Cell, RuleBit, RuleWord, TargetKind } from './rule-bits.js';
import type { RuleRows } from './rule-rows.js';

/**
 * Writes a cleared row from its readable form.
 * @throws InvariantError for a port without a protocol, which iptables refuses
 */
export function writeRule(rows: RuleRows, row: number, rule: RuleSpec): void {
  const { source, destination, protocol, destinationPort, inputInterface, recent, target } = rule;
  invariant(destinationPort === undefined || protocol !== undefined, 'rule-port', 'a port needs a protocol');
  if (source) rows.matchSource(row, source.address, source.bits, source.negated === true);
  if (destination) rows.matchDestination(row, destination.address, destination.bits, destination.negated === true);
  if (protocol !== undefined) {
    if (destinationPort === undefined) rows.matchProtocol(row, protocol);
    else rows.matchPort(row, protocol, destinationPort);
  }
  if (rule.probability !== undefined) rows.matchStatistic(row, probabilityFraction(rule.probability));
  rows.matchFlags(row, flagsOf(rule));
  writeExtras(rows, row, rule);
  if (inputInterface) rows.matchInputInterface(row, inputInterface.name, inputInterface.negated === true);
  if (recent) rows.matchRecent(row, recent.list, recent.operation, recent.seconds);
  if (target) writeTarget(rows, row, target);
}

/** The readable form of a row, without its comment. */
export function readRule(rows: RuleRows, row: number): RuleSpec {
  const { cells } = rows;
  const word = cells[row + Cell.word]!;
  const service = cells[row + Cell.service]!;
  const lengths = cells[row + Cell.lengths]!;
  const extra = rows.extraAt(row);
  const has = (bit: number): boolean => (word & bit) !== 0;
  const target = readTarget(rows, row);
  return {
    ...(has(RuleBit.source) && {
      source: prefix(cells[row + Cell.source]!, lengths >>> 8, has(RuleBit.sourceNegated)),
    }),
    ...(has(RuleBit.destination) && {
      destination: prefix(cells[row + Cell.destination]!, lengths & 0xff, has(RuleBit.destinationNegated)),
    }),
    ...(has(RuleBit.protocol) && protocolOf(service >>> 16, extra)),
    ...(has(RuleBit.port) && { destinationPort: service & 0xffff }),
    ...(has(RuleBit.destinationLocal) && { destinationLocal: true }),
    ...(has(RuleBit.sourceLocal) && { sourceLocal: true }),
    ...(has(RuleBit.sourceLocalNegated) && { sourceLocalNegated: true }),
    ...(has(RuleBit.inputInterface) && {
      inputInterface: { name: extra.inputName, ...(extra.inputNegated && { negated: true }) },
    }),
    ...(has(RuleBit.notFromBridge) && { notFromBridge: true }),
    ...(has(RuleBit.state) && { state: (word >>> RuleWord.stateShift) & RuleWord.stateMask }),
    ...(has(RuleBit.stateNegated) && { stateNegated: true }),
    ...(has(RuleBit.mark) && { mark: markOf(extra, has(RuleBit.markNegated)) }),
    ...(has(RuleBit.set) && { set: setOf(extra, has(RuleBit.setNegated)) }),
    ...(has(RuleBit.recent) && { recent: recentOf(rows, row) }),
    ...(has(RuleBit.nfacct) && { nfacct: extra.nfacct }),
    ...(has(RuleBit.statistic) && { probability: fractionText(cells[row + Cell.fraction]! >>> 0) }),
    ...(target && { target }),
  };
}

function flagsOf(rule: RuleSpec): number {
  let word = 0;
  if (rule.destinationLocal === true) word |= RuleBit.destinationLocal;
  if (rule.sourceLocal === true) word |= RuleBit.sourceLocal;
  if (rule.sourceLocal === true && rule.sourceLocalNegated === true) word |= RuleBit.sourceLocalNegated;
  if (rule.notFromBridge === true) word |= RuleBit.notFromBridge;
  if (rule.state !== undefined) word |= RuleBit.state | (rule.state << RuleWord.stateShift);
  if (rule.state !== undefined && rule.stateNegated === true) word |= RuleBit.stateNegated;
  return word;
}

/** A protocol that a rule matches on, or the virtual server that it belongs to. */
function protocolOf(protocol: number, { ipvsAddress: address, ipvsPort: port }: ExtraMatch): Partial<RuleSpec> {
  return port === 0 ? { protocol } : { ipvs: { address, protocol, port } };
}

function writeExtras(rows: RuleRows, row: number, { mark, set, nfacct, ipvs }: RuleSpec): void {
  if (ipvs) rows.matchIpvs(row, ipvs.address, ipvs.protocol, ipvs.port);
  if (mark) rows.matchMark(row, mark.value, mark.mask, mark.negated === true);
  if (set) rows.matchSet(row, set.handle, set.directions, set.negated === true);
  if (nfacct !== undefined) rows.matchNfacct(row, nfacct);
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
    case 'redirect':
      rows.setTarget(row, TargetKind.redirect, 0, target.port);
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
    case TargetKind.redirect:
      return { kind: 'redirect', port: rows.cells[row + Cell.extra]! & 0xffff };
    case TargetKind.masquerade:
      return { kind: 'masquerade', randomFully: false };
    case TargetKind.masqueradeRandom:
      return { kind: 'masquerade', randomFully: true };
  }
}

function markOf({ markValue, markMask }: ExtraMatch, negated: boolean): NonNullable<RuleSpec['mark']> {
  return { value: markValue, mask: markMask, ...(negated && { negated }) };
}

function setOf({ setHandle, setDirections }: ExtraMatch, negated: boolean): NonNullable<RuleSpec['set']> {
  return { handle: setHandle, directions: setDirections, ...(negated && { negated }) };
}

function recentOf(rows: RuleRows, row: number): NonNullable<RuleSpec['recent']> {
  const isSet = (rows.cells[row + Cell.word]! & RuleBit.recentSet) !== 0;
  return {
    list: rows.cells[row + Cell.fraction]!,
    operation: isSet ? 'set' : 'rcheck',
    seconds: isSet ? 0 : rows.extraAt(row).recentSeconds,
  };
}

function prefix(cell: number, code: number, negated: boolean): PrefixMatch {
  const address = cell >>> 0;
  return { address, bits: prefixBits(address, code), ...(negated && { negated }) };
}
