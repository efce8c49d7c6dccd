/**
 * The reconcile of one Service's EndpointSlices of one address type, pure: what is wanted and what there is in, what to write out.
 *
 * Mirrors kubernetes/endpointslice reconciler.go and utils.go (2026-07): slices to be written anyway are
 * filled first, fullest first; the rest goes into the unchanged slice that comes closest to full, or into new ones;
 * nothing is ever merged or rebalanced for its own sake. Slices of another owner go. Hints come last and may turn unchanged slices into
 * updates. A Service under deletion gets no new slices, while updates and deletions go on.
 * Where upstream takes equals in the order of a hash map, creation order decides here. Cost: O(endpoints of the Service); with `others`,
 * O(endpoints of the slices that are looked at).
 */
import type { IpFamily } from '../../net/index.js';
import type { Endpoint, EndpointSlice, Service } from '../api.js';
import { portsKey, type EndpointGroup } from './desired-endpoints.js';
import { sameLabels, type Labels } from './selector-index.js';
import { labelsDiffer, sliceLabels } from './slice-labels.js';
import { emptyPlan, updateWhere, type Draft, type SlicePlan } from './slice-plan.js';
import { hintByTopology, type TopologyHints, type TopologyOutcome } from './topology-hints.js';
import { hintsDiffer, withHints, type HintRule } from './traffic-hints.js';

/** Writes to the API, in the order in which they go out. */
export interface SliceWrites {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
  /** What became of hints by CPU, where the Service wants them. */
  readonly topology?: TopologyOutcome;
}

/** Slices that are known to be as they should be: they need not be looked at, and may be filled up. */
export interface OtherSlices {
  readonly count: number;
  /** Those of the one port list that is wanted. */
  list(): Iterable<EndpointSlice>;
}

/** What a reconcile looks at. */
export interface SliceReconcileInput {
  readonly service: Service;
  /** Endpoints wanted, each port list once, no target twice in one; without those of `others`. */
  readonly desired: readonly EndpointGroup[];
  /** Family of the addresses; 4 when nothing is said. */
  readonly family?: IpFamily;
  /** The Service's slices of that family that this controller manages, but for `others`. */
  readonly existing: readonly EndpointSlice[];
  /** Further slices; none when nothing is said. Not with hints by CPU, for which every slice counts. */
  readonly others?: OtherSlices;
  /** Largest number of endpoints that a slice is filled up to, at least 1. */
  readonly limit: number;
  /** Gives names to new slices. */
  readonly newName: () => string;
  /** What hints endpoints shall have: each for itself, or by the CPU of zones; none when nothing is said. */
  readonly hints?: HintRule | TopologyHints;
  /** When what is written was triggered, in nanoseconds; absent: by nothing new. */
  readonly triggerNs?: number | undefined;
}

const NO_HINTS: HintRule = () => null;
const NO_OTHERS: OtherSlices = { count: 0, list: () => [] };

/** Works out the writes that bring a Service's slices to what is wanted. */
export function reconcileSlices(input: SliceReconcileInput): SliceWrites {
  const { service, triggerNs } = input;
  const labels = sliceLabels(service);
  const plan = emptyPlan();
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of input.existing) {
    if (!isOwn(slice, service)) {
      plan.delete.push(slice);
      continue;
    }
    const key = portsKey(slice.ports);
    const slices = byPorts.get(key);
    if (slices === undefined) byPorts.set(key, [slice]);
    else slices.push(slice);
  }
  for (const group of input.desired) {
    const key = portsKey(group.ports);
    reconcileGroup(input, group, byPorts.get(key) ?? [], labels, plan);
    byPorts.delete(key);
  }
  for (const slices of byPorts.values()) plan.delete.push(...slices);
  keepPlaceholder(input, labels, plan);
  const topology = hint(plan, input.hints ?? NO_HINTS);
  recycle(plan, service);
  const finish = (draft: Draft): EndpointSlice => finished(draft, labels, triggerNs);
  return {
    create: service.metadata.deleting === true ? [] : plan.create.map(finish),
    update: plan.update.map(finish),
    delete: plan.delete,
    ...(topology !== undefined && { topology }),
  };
}

/** Whether a slice is owned by the Service, and not by an earlier one of its name. */
function isOwn({ owner }: EndpointSlice, { metadata }: Service): boolean {
  return owner === undefined || metadata.uid === undefined || owner === metadata.uid;
}

function reconcileGroup(
  input: SliceReconcileInput,
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
  labels: Labels,
  plan: SlicePlan,
): void {
  const wanted = new Map<string, Endpoint>();
  // Nothing to match with, nothing to look up: most Services of a cluster that is being built.
  if (slices.length > 0) for (const endpoint of group.endpoints) wanted.set(identity(endpoint), endpoint);
  const update: Draft[] = [];
  const unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept = keepWanted(slice, wanted);
    if (kept === undefined) {
      if (labelsDiffer(slice.metadata.labels, labels)) update.push({ slice, endpoints: [...slice.endpoints] });
      else unchanged.push(slice);
    } else if (kept.length > 0) update.push({ slice, endpoints: kept });
    else plan.delete.push(slice);
  }
  const rest = slices.length > 0 ? [...wanted.values()] : group.endpoints;
  let left = rest.length;
  const fill = (draft: Draft): void => {
    while (left > 0 && draft.endpoints.length < input.limit) {
      draft.endpoints.push(rest[rest.length - left]!);
      left--;
    }
  };
  if (left > 0) [...update].sort((a, b) => b.endpoints.length - a.endpoints.length).forEach(fill);
  plan.update.push(...update);
  while (left > 0) {
    const { others = NO_OTHERS, limit } = input;
    const into = left < limit ? closestFit([unchanged, others.list()], left, limit) : undefined;
    const draft = into === undefined ? newSlice(input, group.ports) : { slice: into, endpoints: [...into.endpoints] };
    if (into === undefined) plan.create.push(draft);
    else {
      plan.update.push(draft);
      const at = unchanged.indexOf(into);
      if (at >= 0) unchanged.splice(at, 1);
    }
    fill(draft);
  }
  plan.unchanged.push(...unchanged);
}

/** Gives every endpoint its hints. */
function hint(plan: SlicePlan, hints: HintRule | TopologyHints): TopologyOutcome | undefined {
  if (typeof hints !== 'function') return hintByTopology(plan, hints);
  updateWhere(plan, (slice) => hintsDiffer(slice.endpoints, hints));
  for (const draft of [...plan.create, ...plan.update]) {
    draft.endpoints = withHints(draft.endpoints, hints) as Endpoint[];
  }
  return undefined;
}

/**
 * Takes a slice's endpoints that are still wanted out of `wanted`.
 * @returns them, with their new conditions, or undefined when the slice is as it should be
 */
function keepWanted(slice: EndpointSlice, wanted: Map<string, Endpoint>): Endpoint[] | undefined {
  const kept: Endpoint[] = [];
  let altered = false;
  for (const endpoint of slice.endpoints) {
    const key = identity(endpoint);
    const found = wanted.get(key);
    if (found?.address !== endpoint.address) continue;
    wanted.delete(key);
    const same = sameState(endpoint, found);
    // Hints of an endpoint that is not ready outlive a write of its slice no more than in Kubernetes.
    kept.push(same && (endpoint.ready || endpoint.hints === null) ? endpoint : found);
    if (!same) altered = true;
  }
  return altered || kept.length < slice.endpoints.length ? kept : undefined;
}

/** The slice that holds all of `left` and comes closest to full by it; the first of several. */
function closestFit(lists: readonly Iterable<EndpointSlice>[], left: number, limit: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  let bestRoom = limit;
  for (const slices of lists) {
    for (const slice of slices) {
      const room = limit - left - slice.endpoints.length;
      if (room < 0 || room >= bestRoom) continue;
      bestRoom = room;
      best = slice;
    }
  }
  return best;
}

/** A Service without endpoints has one slice all the same, with no endpoints and no ports, whoever owns it. */
function keepPlaceholder(input: SliceReconcileInput, labels: Labels, plan: SlicePlan): void {
  if ((input.others?.count ?? 0) > 0) return;
  if (plan.delete.length < input.existing.length || plan.create.length > 0) return;
  const only = plan.delete.length === 1 ? plan.delete[0] : undefined;
  const isPlaceholder =
    only?.endpoints.length === 0 && only.ports.length === 0 && sameLabels(only.metadata.labels, labels);
  if (isPlaceholder) plan.delete.length = 0;
  else plan.create.push(newSlice(input, []));
}

/** A slice to create, the newest first, takes over the name of one to delete: one write in place of two. */
function recycle(plan: SlicePlan, service: Service): void {
  const gone = plan.delete.splice(0);
  for (const slice of gone) {
    const made = isOwn(slice, service) ? plan.create.pop() : undefined;
    if (made === undefined) plan.delete.push(slice);
    else plan.update.push({ slice: { ...made.slice, metadata: slice.metadata }, endpoints: made.endpoints });
  }
}

function newSlice({ service, newName, family = 4 }: SliceReconcileInput, ports: EndpointSlice['ports']): Draft {
  const { namespace, name, uid } = service.metadata;
  const metadata = { namespace, name: newName(), labels: {} };
  const slice = { metadata, family, service: name, ports, endpoints: [] };
  return { slice: uid === undefined ? slice : { ...slice, owner: uid }, endpoints: [] };
}

function finished({ slice, endpoints }: Draft, labels: Labels, triggerNs: number | undefined): EndpointSlice {
  const { triggerNs: _before, ...rest } = slice;
  const written = { ...rest, metadata: { ...slice.metadata, labels }, endpoints };
  return triggerNs === undefined ? written : { ...written, triggerNs };
}

/** What makes an endpoint one and the same, beside its address. */
function identity({ target, address, hostname }: Endpoint): string {
  const text = target === '' ? String(address) : target;
  return hostname === undefined ? text : `${text} ${hostname}`;
}

function sameState(a: Endpoint, b: Endpoint): boolean {
  return (
    a.node === b.node &&
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    a.targetUid === b.targetUid
  );
}
