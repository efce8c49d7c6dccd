/**
 * A kind of workload, as it stands in the list: a name, what it is, and how it uses sessions.
 */
import type { SessionRules, TrafficOptions } from './traffic.js';

/** One kind of workload. */
export interface Workload {
  readonly name: string;
  /** One sentence for `--help` and the documentation. */
  readonly doc: string;
  /** IP protocol number of its packets (6 or 17). */
  readonly protocol: number;
  /** How it uses sessions with these options. */
  rules(options: TrafficOptions): SessionRules;
}
