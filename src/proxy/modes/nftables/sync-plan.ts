/**
 * What one sync writes: counted once for all nodes that go from one version of the table to another, and the work that it takes.
 *
 * Mirrors the transaction of syncProxyRules (pkg/proxy/nftables/proxier.go, 1.34): a full sync sets everything up and writes all service
 * ports' chains, another one those of changed Services; elements are written only where they differ. A proxy that starts again
 * leaves the chains of endpoints alone that it finds. Besides its transaction a sync lists chains and sets; the tool itself
 * lists them again before it commits. Cost: O(service ports changed and their endpoints), O(all) for a full sync.
 */
import { SYNC_WORK_KINDS, SyncWorkKind } from '../../../kernel/work.js';
import { placesOf, type PortChains } from './port-chains.js';
import type { NftCounts } from './port-plan.js';
import type { StalePlan } from './stale-chains.js';
import { TableChange, type ChangeSetup } from './table-change.js';
import { allChains, chainsOf, type TableVersion } from './table-version.js';
import { TABLE_SETS } from './table-names.js';

/** What a sync starts from. */
export interface SyncStart {
  /** Version in place; null for none. */
  readonly before: TableVersion | null;
  /** Revision that this proxy synced last; 0 for none. */
  readonly from: number;
  readonly full: boolean;
}

/** Operations of a transaction, by what they are about. */
export interface Operations {
  readonly setup: number;
  /** Two a chain written: add and flush. */
  readonly chains: number;
  readonly rules: number;
  readonly elements: number;
  readonly affinitySets: number;
  /** One for each chain of no use any more. */
  readonly flushes: number;
}

/** What going from one version to another takes, without the set-up and without what lay around before. */
export interface SyncPlan extends StalePlan {
  readonly change: TableChange;
  /** Service ports whose chains are written. */
  readonly written: readonly PortChains[];
  readonly keeps: (chains: PortChains, endpoint: number) => boolean;
  readonly goneSets: readonly number[];
  readonly operations: Operations;
}

/** Sizes of what the kernel's tables hold. */
export interface TableSize {
  readonly chains: number;
  readonly sets: number;
  readonly elements: number;
}

/** Plans a sync to a version. */
export function planSync(setup: ChangeSetup, after: TableVersion, { before, from, full }: SyncStart): SyncPlan {
  const change = new TableChange(setup, before, after);
  const written = full ? [...allChains(after)] : changedPorts(setup, after, from);
  const keeps = from === 0 && before !== null ? keptEndpoints(setup, before) : (): boolean => false;
  const gone = change.gone();
  const goneSets = change.goneSets();
  let elements = 0;
  for (const { before: old, after: next } of change.elements()) elements += old !== 0 && next !== 0 ? 2 : 1;
  const sums = { chains: 0, rules: 0, sets: 0 };
  for (const chains of written) {
    const kept = countKept(chains, keeps);
    sums.chains += 2 * (chains.counts.chains - kept);
    sums.rules += chains.counts.rules - kept * (chains.affinity === null ? 2 : 3);
    sums.sets += chains.counts.affinitySets;
  }
  const operations: Operations = {
    setup: 0,
    chains: sums.chains,
    rules: sums.rules,
    elements,
    affinitySets: sums.sets + goneSets.length,
    flushes: gone.length,
  };
  return { change, written, keeps, gone, goneSets, operations, active: () => change.active(), staleSteps: new Map() };
}

/** All operations together. */
export function operationCount({ setup, chains, rules, elements, affinitySets, flushes }: Operations): number {
  return setup + chains + rules + elements + affinitySets + flushes;
}

/** Chains, sets and elements of a version with the fixed part. */
export function sizeOf(fixed: { chains: number; anonymousSets: number }, counts: NftCounts): TableSize {
  return {
    chains: fixed.chains + counts.chains,
    sets: TABLE_SETS + fixed.anonymousSets + counts.affinitySets + counts.anonymousSets,
    elements: counts.elements,
  };
}

/**
 * Work of a sync.
 * @param inPlace what the kernel has before it; null for no table
 * @param deletions chains deleted in a transaction of their own
 */
export function syncWork(
  inPlace: TableSize | null,
  sync: { readonly operations: number; readonly deletions: number; readonly full: boolean },
  visited: { readonly services: number; readonly endpoints: number },
): Float64Array {
  const work = new Float64Array(SYNC_WORK_KINDS);
  const listed = inPlace === null ? 0 : inPlace.chains + inPlace.sets;
  const commits = (sync.operations > 0 ? 1 : 0) + (sync.deletions > 0 ? 1 : 0);
  // Lists of chains and of sets; those of the elements of six sets and maps; the transaction is handed over even if it is empty.
  work[SyncWorkKind.process] = 2 + (sync.full ? FILLED_SETS : 0) + 1 + (sync.deletions > 0 ? 1 : 0);
  work[SyncWorkKind.nftOperation] = sync.operations + sync.deletions;
  work[SyncWorkKind.nftListed] = listed * (1 + commits) + (sync.full ? (inPlace?.elements ?? 0) : 0);
  work[SyncWorkKind.serviceVisited] = visited.services;
  work[SyncWorkKind.endpointVisited] = visited.endpoints;
  return work;
}

/** Sets and maps that kube-proxy fills bit by bit: all but the one of node-port addresses. */
const FILLED_SETS = TABLE_SETS - 1;

function changedPorts({ ledger }: ChangeSetup, after: TableVersion, from: number): PortChains[] {
  const to = after.shared.revision;
  const keys = from === to ? [] : ledger.changedBetween(Math.min(from, to), Math.max(from, to));
  return keys.map((key) => chainsOf(after, key)).filter((chains) => chains !== undefined);
}

/** Whether an endpoint's chain is in place already, and with the same answer to whether there is session affinity. */
function keptEndpoints({ identities }: ChangeSetup, before: TableVersion): SyncPlan['keeps'] {
  const known = new Map<number, PortChains>();
  for (const chains of allChains(before)) known.set(identities.of(chains.plan.port), chains);
  const places = new Map<PortChains, Map<number, number>>();
  return (chains, endpoint) => {
    const old = known.get(identities.of(chains.plan.port));
    if (old === undefined || (old.affinity === null) !== (chains.affinity === null)) return false;
    if (old.plan.choice === chains.plan.choice) return true;
    let at = places.get(old);
    if (at === undefined) {
      at = placesOf(old.plan.choice.reachable);
      places.set(old, at);
    }
    const { address, port } = chains.plan.choice.reachable;
    return at.has(address[endpoint]! * 65536 + port[endpoint]!);
  };
}

function countKept(chains: PortChains, keeps: SyncPlan['keeps']): number {
  let kept = 0;
  for (let i = 0; i < chains.endpoints.length; i++) if (keeps(chains, i)) kept++;
  return kept;
}
