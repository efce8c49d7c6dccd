/**
 * What a worker thread does: one job, from a case and a seed to its result.
 *
 * Errors lose their type on the way between threads, so they travel as plain data. IPv6 addresses are numbers of the thread that
 * met them (net's `address.ts`), so a task brings the list by which this thread understands those of its case.
 */
import type { CaseResult } from '../measure/index.js';
import type { Case } from '../scenario/case.js';
import { InvariantError } from '../sim/index.js';
import { adoptIpv6, CaseError, ClusterError, runCase } from '../testbed/index.js';

/** What a worker is given. */
export interface Task {
  readonly case: Case;
  readonly seed: string;
  /** IPv6 addresses that the case's thread knew before the first task, in the order of their handles. */
  readonly ipv6: readonly string[];
}

/** What it answers. */
export type Reply =
  | { readonly ok: true; readonly result: CaseResult }
  | {
      readonly ok: false;
      readonly message: string;
      readonly stack: string;
      /** Name of the broken invariant; empty for other errors. */
      readonly invariant: string;
      /** Whether the case itself cannot be built: the user's input, not a failure. */
      readonly isInput: boolean;
    };

/** Runs one job. */
export function perform({ case: item, seed, ipv6 }: Task): Reply {
  try {
    adoptIpv6(ipv6);
    return { ok: true, result: runCase(item, seed) };
  } catch (error) {
    const known = error instanceof Error ? error : new Error(String(error));
    const invariant = known instanceof InvariantError ? known.invariant : '';
    const isInput = known instanceof CaseError || known instanceof ClusterError;
    return { ok: false, message: known.message, stack: known.stack ?? '', invariant, isInput };
  }
}
