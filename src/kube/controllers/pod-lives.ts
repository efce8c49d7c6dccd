/** How pods of a set come and go, and who is told of it. */
import type { Nanoseconds } from '../../sim/index.js';
import type { Pod } from '../api.js';

/** How long pods take to come and to go: each between 1 - spread and 1 + spread times the time given, all equally likely. */
export interface PodTiming {
  /** From creation to Ready, in the mean. */
  readonly startupNs: Nanoseconds;
  /** From deletion to the end of its processes, in the mean. */
  readonly terminationNs: Nanoseconds;
  /** How far one pod may be from the mean, as a fraction of it: 0 (all alike) to 1. */
  readonly spread: number;
}

/** A rolling update; the fractions are those of the Deployment's strategy. */
export interface RollingUpdate extends PodTiming {
  /** Pods above the replicas, as a fraction of them, rounded up. */
  readonly maxSurge: number;
  /** Replicas that need not be available, as a fraction of them, rounded down. */
  readonly maxUnavailable: number;
}

/** Pods replaced one after the other, each by one that is ready at the instant at which it goes. */
export interface SuddenReplacement {
  /** How many; at most as many as there are. */
  readonly pods: number;
  /** From one to the next. */
  readonly intervalNs: Nanoseconds;
}

/** Who is told of the pods' lives. The store has been written when these are called. */
export interface PodListener {
  /** A pod has its node and address and its processes start. */
  podStarted(pod: Pod): void;
  /** A pod is to end; it still serves. */
  podTerminating(pod: Pod): void;
  /** A pod's processes have ended; its address is free again. */
  podGone(pod: Pod): void;
  /** A pod's processes stop answering, or go on; whoever does not care need not listen. */
  podSilent?(pod: Pod, isSilent: boolean): void;
}
