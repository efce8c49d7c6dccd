/**
 * Makes the tree of visits while a packet is compared with rules, one after the other.
 *
 * It is told of every comparison and of what every rule that matched said; which chains have been left shows from the next rule compared. One
 * stack of frames, one a chain. Works for any tool whose rules of one chain stand in neighbouring rows.
 */
import { difference, together, type Effort } from './meter.js';
import type { ChancePick, RuleResult, RuleVisit, UnmatchedRules, Visit } from './visit.js';

/** A chain as the store has it. */
export interface ChainRows {
  /** Its handle, and its name as it is shown. */
  readonly chain: number;
  readonly name: string;
  readonly firstRow: number;
  readonly rules: number;
  /** Rules of the same built-in chain that stand before and behind these; 0 for all other chains. */
  readonly before: number;
  readonly behind: number;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** A chain that the packet is in. */
export interface Frame {
  readonly rows: ChainRows;
  readonly visits: Visit[];
  /** The rule that led here, whose effort is known when the chain is left; null for a base chain. */
  readonly from: Open<RuleVisit> | null;
  /** Reading before that rule was compared. */
  readonly began: Effort;
  /** Of a series of rules that match by chance: how many did not, and how likely that was. */
  passedOver: number;
  left: number;
}

/** What a rule that matched said. */
export interface RuleWords {
  readonly text: string;
  readonly result: RuleResult;
  readonly element: string;
  readonly pick: ChancePick | null;
  /** The chain that it goes to; undefined for none. */
  readonly target: ChainRows | undefined;
}

/** Builds the visits of one passage at a time. */
export class VisitBuilder {
  private readonly rowCells: number;
  private readonly frames: Frame[] = [];

  /** @param rowCells distance of neighbouring rows */
  constructor(rowCells: number) {
    this.rowCells = rowCells;
  }

  /** The chain that holds a row, when the packet is in it or comes back to it; the others are left. Undefined for a base chain not entered yet. */
  at(row: number, now: Effort): Frame | undefined {
    for (let frame = this.frames.at(-1); frame !== undefined; frame = this.frames.at(-1)) {
      if (this.placeIn(frame.rows, row) >= 0) return frame;
      this.leave(now);
    }
    return undefined;
  }

  /** A base chain is passed. @param visits what it meets is put here */
  enterBase(rows: ChainRows, visits: Visit[], now: Effort): Frame {
    return this.enter(rows, visits, null, now);
  }

  /** Place of a row in a chain, from 0; -1 when it stands in another one. */
  placeIn({ firstRow, rules }: ChainRows, row: number): number {
    const place = (row - firstRow) / this.rowCells;
    return place >= 0 && place < rules ? place : -1;
  }

  /** A rule has been compared and does not match. */
  unmatched({ rows, visits }: Frame, row: number, effort: Effort): void {
    const last = visits.at(-1);
    if (last?.kind === 'unmatched' && last.chain === rows.name) {
      const run = last as Open<UnmatchedRules>;
      run.count++;
      run.effort = together(run.effort, effort);
    } else {
      visits.push({ kind: 'unmatched', ...this.position(rows, row), count: 1, effort });
    }
  }

  /** A rule matches and says something. @param before reading before it was compared */
  matched({ rows, visits }: Frame, row: number, words: RuleWords, before: Effort, now: Effort): void {
    const { text, result, element, pick, target } = words;
    const below: Visit[] = [];
    const visit: Open<RuleVisit> = {
      ...{ kind: 'rule', ...this.position(rows, row), text, result, target: target?.name ?? '', element, pick },
      effort: difference(now, before),
      visits: below,
    };
    visits.push(visit);
    if (target !== undefined) this.enter(target, below, visit, before);
  }

  /** The passage is over: all chains have been left. */
  leaveAll(now: Effort): void {
    while (this.frames.length > 0) this.leave(now);
  }

  private enter(rows: ChainRows, visits: Visit[], from: Open<RuleVisit> | null, began: Effort): Frame {
    const frame = { rows, visits, from, began, passedOver: 0, left: 1 };
    this.frames.push(frame);
    return frame;
  }

  private leave(now: Effort): void {
    const frame = this.frames.pop();
    if (frame?.from) frame.from.effort = difference(now, frame.began);
  }

  private position(rows: ChainRows, row: number) {
    const position = rows.before + this.placeIn(rows, row) + 1;
    return { chain: rows.name, position, chainRules: rows.before + rows.rules + rows.behind };
  }
}

/** The rule that a passage ended with: the innermost one of the last; undefined when the last one did not match. */
export function lastRule(visits: readonly Visit[]): RuleVisit | undefined {
  const last = visits.at(-1);
  if (last?.kind !== 'rule') return undefined;
  return lastRule(last.visits) ?? last;
}
