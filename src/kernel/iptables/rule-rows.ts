/**
 * Rules as rows of eight 32-bit cells in one typed array: 32 bytes a rule, so that a million rules fit in 32 MB and a comparison
 * touches one cache line. (Columns of their own for each field were tried: a first packet among 10,000 services
 * then spends most of its time on cache misses.)
 *
 * Marks and sets, which few rules match on, stand in a side table. Comments are not here: they belong to the chain's
 * text and are made when asked for.
 */
import { grown, invariant } from '../../sim/index.js';
import { ipv4Mask } from '../../net/index.js';
import { Cell, ROW_CELLS, RuleBit, RuleWord, TargetKind } from './rule-bits.js';

/** Matches on marks and sets, by the number in the cell `extra`. */
export interface ExtraMatch {
  readonly markValue: number;
  readonly markMask: number;
  readonly setHandle: number;
  /** One letter a dimension, `s` or `d`. */
  readonly setDirections: string;
}

/** Netmasks by prefix length. */
export const MASKS: Int32Array = Int32Array.from({ length: 33 }, (_, bits) => ipv4Mask(bits));

/** The rows. They are handed out by the store; a row is cleared before it is written. */
export class RuleRows {
  /** All cells; replaced by a longer array when more rows are needed. */
  cells = new Int32Array(1024 * ROW_CELLS);
  /** The side table; what stands in it is never removed, since only a handful of different ones exist. */
  private readonly extras: ExtraMatch[] = [];

  /** Makes room for `rows` rows in all. */
  reserve(rows: number): void {
    const needed = rows * ROW_CELLS;
    if (needed > this.cells.length) this.cells = grown(this.cells, Math.max(needed, this.cells.length * 2));
  }

  /** Makes the cells from one row up to another match everything and do nothing. */
  clear(row: number, end: number): void {
    this.cells.fill(0, row, end);
  }

  /** Copies `rows` rows onto others, targets included. */
  copy(from: number, to: number, rows: number): void {
    this.cells.copyWithin(to, from, from + rows * ROW_CELLS);
  }

  /** The kind of a row's target. */
  targetKind(row: number): TargetKind {
    return ((this.cells[row + Cell.word]! >>> RuleWord.targetShift) & RuleWord.targetMask) as TargetKind;
  }

  /** Where a row's jump goes. */
  jumpTarget(row: number): number {
    return this.cells[row + Cell.target]!;
  }

  /** Sends a row's jump elsewhere. */
  setJumpTarget(row: number, chain: number): void {
    this.cells[row + Cell.target] = chain;
  }

  /** Adds a match on the source prefix. */
  matchSource(row: number, address: number, bits: number, negated: boolean): void {
    if (bits === 0 && !negated) return;
    this.cells[row + Cell.source] = address & MASKS[bits]!;
    this.cells[row + Cell.lengths]! |= bits << 8;
    this.cells[row + Cell.word]! |= negated ? RuleBit.source | RuleBit.sourceNegated : RuleBit.source;
  }

  /** Adds a match on the destination prefix. */
  matchDestination(row: number, address: number, bits: number, negated: boolean): void {
    if (bits === 0 && !negated) return;
    this.cells[row + Cell.destination] = address & MASKS[bits]!;
    this.cells[row + Cell.lengths]! |= bits;
    this.cells[row + Cell.word]! |= negated ? RuleBit.destination | RuleBit.destinationNegated : RuleBit.destination;
  }

  /** Adds a match on the protocol. */
  matchProtocol(row: number, protocol: number): void {
    this.cells[row + Cell.service] = protocol << 16;
    this.cells[row + Cell.word]! |= RuleBit.protocol;
  }

  /** Adds a match on protocol and destination port. */
  matchPort(row: number, protocol: number, port: number): void {
    this.cells[row + Cell.service] = (protocol << 16) | port;
    this.cells[row + Cell.word]! |= RuleBit.protocol | RuleBit.port;
  }

  /** Adds a `statistic` match with a 31-bit fraction. */
  matchStatistic(row: number, fraction: number): void {
    this.cells[row + Cell.fraction] = fraction;
    this.cells[row + Cell.word]! |= RuleBit.statistic;
  }

  /**
   * Sets the target and its values. Jumps are the store's business, because it counts references.
   * @param value address of a DNAT, bits of a mark, chain of a jump; else 0
   * @param port port of a DNAT
   */
  setTarget(row: number, kind: TargetKind, value = 0, port = 0): void {
    this.cells[row + Cell.word]! |= kind << RuleWord.targetShift;
    this.cells[row + Cell.target] = value;
    this.cells[row + Cell.extra]! |= port;
  }

  /** Adds matches that need no cell of their own: bits of `RuleBit`, and states. */
  matchFlags(row: number, word: number): void {
    this.cells[row + Cell.word]! |= word;
  }

  /** Adds what a match on mark or set compares with; the match itself is a flag. */
  matchExtra(row: number, wanted: ExtraMatch): void {
    const found = this.extras.findIndex(
      (extra) =>
        extra.markValue === wanted.markValue &&
        extra.markMask === wanted.markMask &&
        extra.setHandle === wanted.setHandle &&
        extra.setDirections === wanted.setDirections,
    );
    this.cells[row + Cell.extra]! |= (found >= 0 ? found : this.extras.push(wanted) - 1) << 16;
  }

  /** What a row's match on mark or set compares with. */
  extraAt(row: number): ExtraMatch {
    const extra = this.extras[this.cells[row + Cell.extra]! >>> 16];
    invariant(extra !== undefined, 'rule-extra', 'a rule matches on a mark or set that it does not have');
    return extra;
  }
}
