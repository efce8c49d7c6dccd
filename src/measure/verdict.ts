/**
 * What a gate says: plain data, so that the harness can decide and the reports can show.
 */
import type { Statistic } from './metric.js';

/** The three answers of a gate. */
export type Answer = 'passed' | 'failed' | 'not-enough-data';

/** The answer for one figure of one case. */
export interface Finding {
  readonly caseId: string;
  readonly metric: string;
  readonly statistic: Statistic;
  /** What was asked: equality, a limit on the change seed by seed, or an absolute threshold. */
  readonly rule: 'exact' | 'simulated' | 'threshold';
  /** Mean over the compared seeds on the baseline's side; null without one. */
  readonly baseline: number | null;
  /** Mean over the compared seeds of the new run; the worst seed's value for a threshold. */
  readonly candidate: number | null;
  /** Relative change of the mean (0.05 is 5 % more); infinite from zero; null where it makes no sense. */
  readonly change: number | null;
  /** 95 % interval of the change; null when there are too few seeds for one. */
  readonly interval: readonly [low: number, high: number] | null;
  /** The limit as it was given: `=`, `5 %`, `p(99)<2ms`. */
  readonly limit: string;
  /** Seeds compared. */
  readonly seeds: number;
  readonly answer: Answer;
  /** One clause that says why. */
  readonly reason: string;
}

/** All findings of one gate. */
export interface GateReport {
  /** failed when any finding failed, else not-enough-data when any has too little, else passed. */
  readonly answer: Answer;
  readonly findings: readonly Finding[];
}
