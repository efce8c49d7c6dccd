/** What a report is: rows and aggregates in, text out. Reports sort nothing by chance, know no clock and no locale. */
import type { Aggregate, GateReport, Row } from '../measure/index.js';
import type { TextStyle } from './text-style.js';

/** A file that the run has written, for people to find. */
export interface WrittenFile {
  /** What is in it, such as `all values, one a line`. */
  readonly what: string;
  readonly path: string;
}

/** What people are told of a run that was broken off. */
export const PARTIAL = 'The run was broken off: these are partial results.';

/** Everything that a report may show. */
export interface ReportInput {
  readonly scenario: string;
  /** What the scenario is to answer; empty when it does not say. */
  readonly question: string;
  readonly runId: string;
  readonly programVersion: string;
  readonly seeds: readonly string[];
  readonly rows: readonly Row[];
  readonly aggregates: readonly Aggregate[];
  /** Doubts about the figures, one sentence each. */
  readonly warnings: readonly string[];
  /** What else to know about the run as a whole, one sentence each. */
  readonly notes?: readonly string[];
  /** Findings of thresholds or a gate, if there was one. */
  readonly gate?: GateReport | undefined;
  readonly files: readonly WrittenFile[];
  /** false when the run was broken off. */
  readonly complete: boolean;
}

/** One kind of report. */
export interface Report {
  readonly name: string;
  /** File extension without a dot. */
  readonly extension: string;
  /** One sentence for `--help`. */
  readonly doc: string;
  /**
   * Renders it.
   * @param columns width of the terminal, for what people read there; undefined for a file or a pipe
   * @returns text that ends in a line break
   */
  render(input: ReportInput, style?: TextStyle, columns?: number): string;
}
