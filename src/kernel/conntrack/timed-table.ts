/** What the protocols of connection tracking know of the table: entries and their timers. */
import type { TupleTable } from './tuple-table.js';

/** A table whose entries have timers. */
export interface TimedTable {
  readonly tuples: TupleTable;
  /** Sets an entry's timer by its deadline. */
  arm(entry: number): void;
}
