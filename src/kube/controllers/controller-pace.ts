/** How controllers of the control plane go about their work. */
import type { Nanoseconds } from '../../sim/index.js';
import type { RateLimit } from './token-bucket.js';

/** What slows controllers down; where nothing is said they act at once. */
export interface ControllerPace {
  /** How long a pod's change waits for others (Kubernetes: 0). */
  readonly batchPeriodNs?: Nanoseconds;
  /** How long informers take to show a write. */
  readonly informerLagNs?: Nanoseconds;
  /** API requests a second of each controller (Kubernetes: 20, burst 30); undefined for no limit. */
  readonly requests?: RateLimit | undefined;
}

/** Keys that a controller works on at a time (--concurrent-service-endpoint-syncs and its like). */
export const WORKERS = 5;
