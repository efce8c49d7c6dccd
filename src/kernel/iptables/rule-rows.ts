/**
 * Rules as rows of eight 32-bit cells in one typed array: 32 bytes a rule, so that a million rules fit in 32 MB and a comparison
 * touches one cache line. (Columns of their own for each field were tried: a first packet among 10,000 services
 * then spends most of its time on cache misses.)
 *
 * What few rules match on (marks, sets, interfaces, counters, seconds of `recent`) stands in a side table (`extra-matches.ts`).
 * Comments are not here: they belong to the chain's text and are made when asked for.
 */
import { grown, invariant } from '../../sim/index.js';
import type { IpAddress } from '../../net/index.js';
import { ExtraMatches, type ExtraEntry, type ExtraMatch } from './extra-matches.js';
import { prefixCell, prefixCode } from './prefix-code.js';
import { Cell, ROW_CELLS, RuleBit, RuleWord, TargetKind } from './rule-bits.js';

/** The rows. They are handed out by the store; a row is cleared before it is written. */
export class RuleRows {
  /** All cells; replaced by a longer array when more rows are needed. */
  cells = new Int32Array(1024 * ROW_CELLS);
  private readonly extras = new ExtraMatches();

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

  /** Adds a match on the source prefix of either family. */
  matchSource(row: number, address: IpAddress, bits: number, negated: boolean): void {
    if (bits === 0 && !negated) return;
    this.cells[row + Cell.source] = prefixCell(address, bits);
    this.cells[row + Cell.lengths]! |= prefixCode(address, bits) << 8;
    this.cells[row + Cell.word]! |= negated ? RuleBit.source | RuleBit.sourceNegated : RuleBit.source;
  }

  /** Adds a match on the destination prefix of either family. */
  matchDestination(row: number, address: IpAddress, bits: number, negated: boolean): void {
    if (bits === 0 && !negated) return;
    this.cells[row + Cell.destination] = prefixCell(address, bits);
    this.cells[row + Cell.lengths]! |= prefixCode(address, bits);
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

  /** Adds a `statistic` match with a 31-bit fraction; not beside `recent`. */
  matchStatistic(row: number, fraction: number): void {
    invariant((this.cells[row + Cell.word]! & RuleBit.recent) === 0, 'rule-cell', 'statistic and recent in one rule');
    this.cells[row + Cell.fraction] = fraction;
    this.cells[row + Cell.word]! |= RuleBit.statistic;
  }

  /**
   * Sets the target and its values. Jumps are the store's business, because it counts references.
   * @param value address of a DNAT, bits of a mark, chain of a jump; else 0
   * @param port port of a DNAT or redirect
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

  /** Adds a match on a mark. */
  matchMark(row: number, value: number, mask: number, negated: boolean): void {
    this.addExtra(row, { markValue: value, markMask: mask });
    this.cells[row + Cell.word]! |= negated ? RuleBit.mark | RuleBit.markNegated : RuleBit.mark;
  }

  /**
   * Adds a match on an ipset.
   * @param handle of the set, in the nodes' `SetTable`
   * @param directions one letter a dimension, `s` or `d`
   */
  matchSet(row: number, handle: number, directions: string, negated: boolean): void {
    this.addExtra(row, { setHandle: handle, setDirections: directions });
    this.cells[row + Cell.word]! |= negated ? RuleBit.set | RuleBit.setNegated : RuleBit.set;
  }

  /** Adds a match on the device that a packet came in by; a trailing `+` stands for any name that begins so. */
  matchInputInterface(row: number, name: string, negated: boolean): void {
    this.addExtra(row, { inputName: name, inputNegated: negated });
    this.cells[row + Cell.word]! |= RuleBit.inputInterface;
  }

  /** Adds the match `-m physdev ! --physdev-is-in`. */
  matchNotFromBridge(row: number): void {
    this.cells[row + Cell.word]! |= RuleBit.notFromBridge;
  }

  /**
   * Adds a match on a list of sources; not beside `statistic`.
   * @param list number of the list (`RuleStore.recentList`)
   * @param operation `set` notes the source; `rcheck` asks for it, with `--reap`
   * @param seconds how long ago at most; 0 with `set`
   */
  matchRecent(row: number, list: number, operation: 'set' | 'rcheck', seconds: number): void {
    invariant(
      (this.cells[row + Cell.word]! & RuleBit.statistic) === 0,
      'rule-cell',
      'statistic and recent in one rule',
    );
    this.cells[row + Cell.fraction] = list;
    if (operation === 'rcheck') this.addExtra(row, { recentSeconds: seconds });
    this.cells[row + Cell.word]! |= operation === 'set' ? RuleBit.recent | RuleBit.recentSet : RuleBit.recent;
  }

  /** Adds a counter of nfnetlink_acct, which always matches. */
  matchNfacct(row: number, name: string): void {
    this.addExtra(row, { nfacct: name });
    this.cells[row + Cell.word]! |= RuleBit.nfacct;
  }

  /** Adds a match on a virtual server of ip_vs: its protocol is compared, the rest is for the text. */
  matchIpvs(row: number, address: IpAddress, protocol: number, port: number): void {
    this.addExtra(row, { ipvsAddress: address, ipvsPort: port });
    this.matchProtocol(row, protocol);
  }

  /** What a row's matches compare with for which it has no cell. */
  extraAt(row: number): ExtraEntry {
    return this.extras.at(this.cells[row + Cell.extra]! >>> 16);
  }

  private addExtra(row: number, more: Partial<ExtraMatch>): void {
    const at = row + Cell.extra;
    this.cells[at] = (this.extras.with(this.cells[at]! >>> 16, more) << 16) | (this.cells[at]! & 0xffff);
  }
}
