/**
 * The reconcile of one Service's EndpointSlices of one address type, pure: what is wanted and what there is in, what to write out.
 *
 * Mirrors kubernetes/endpointslice reconciler.go and utils.go (2026-07): slices to be written anyway are
 * filled first, fullest first; the rest goes into the unchanged slice that comes closest to full, or into new ones;
 * nothing is ever merged or rebalanced for its own sake. Hints come last and may turn unchanged slices into updates. Left out: slices
 * of another owner, a Service under deletion.
 * Where upstream takes equals in the order of a hash map, creation order decides here. Cost: O(endpoints of the Service).
 */
import type { IpFamily } from '../../net/index.js';
import type { Endpoint, EndpointSlice, Service } from '../api.js';
import { portsKey, type EndpointGroup } from './desired-endpoints.js';
import { sameLabels, type Labels } from './selector-index.js';
import { sliceLabels } from './slice-labels.js';
import { withHints, type HintRule } from './traffic-hints.js';

/** Writes to the API, in the order in which they go out. */
export interface SliceWrites {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

/** What a reconcile looks at. */
export interface SliceReconcileInput {
  readonly service: Service;
  /** Endpoints wanted, each port list once, no target twice in one. */
  readonly desired: readonly EndpointGroup[];
  /** Family of the addresses; 4 when nothing is said. */
  readonly family?: IpFamily;
  /** The Service's slices of that family that this controller manages. */
  readonly existing: readonly EndpointSlice[];
  /** Largest number of endpoints that a slice is filled up to, at least 1. */
  readonly limit: number;
  /** Gives names to new slices. */
  readonly newName: () => string;
  /** What hints endpoints shall have; none when nothing is said. */
  readonly hints?: HintRule;
}

/** A slice to be written, while its endpoints are being gathered. */
interface Draft {
  readonly slice: EndpointSlice;
  endpoints: Endpoint[];
}

interface Plan {
  readonly create: Draft[];
  readonly update: Draft[];
  readonly delete: EndpointSlice[];
  readonly unchanged: EndpointSlice[];
}

const NO_HINTS: HintRule = () => null;

/** Works out the writes that bring a Service's slices to what is wanted. */
export function reconcileSlices(input: SliceReconcileInput): SliceWrites {
  const labels = sliceLabels(input.service);
  const plan: Plan = { create: [], update: [], delete: [], unchanged: [] };
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of input.existing) {
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
  hint(plan, input.hints ?? NO_HINTS);
  recycle(plan);
  return {
    create: plan.create.map((draft) => finished(draft, labels)),
    update: plan.update.map((draft) => finished(draft, labels)),
    delete: plan.delete,
  };
}

function reconcileGroup(
  input: SliceReconcileInput,
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
  labels: Labels,
  plan: Plan,
): void {
  const wanted = new Map<string, Endpoint>();
  // Nothing to match with, nothing to look up: most Services of a cluster that is being built.
  if (slices.length > 0) for (const endpoint of group.endpoints) wanted.set(identity(endpoint), endpoint);
  const update: Draft[] = [];
  const unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept = keepWanted(slice, wanted);
    if (kept === undefined) {
      if (sameLabels(slice.metadata.labels, labels)) unchanged.push(slice);
      else update.push({ slice, endpoints: [...slice.endpoints] });
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
    const at = left < input.limit ? closestFit(unchanged, left, input.limit) : -1;
    const draft =
      at < 0 ? newSlice(input, group.ports) : { slice: unchanged[at]!, endpoints: [...unchanged[at]!.endpoints] };
    if (at < 0) plan.create.push(draft);
    else {
      plan.update.push(draft);
      unchanged.splice(at, 1);
    }
    fill(draft);
  }
  plan.unchanged.push(...unchanged);
}

/** Gives every endpoint its hints. */
function hint(plan: Plan, rule: HintRule): void {
  for (const draft of [...plan.create, ...plan.update])
    draft.endpoints = withHints(draft.endpoints, rule) as Endpoint[];
  for (const slice of plan.unchanged) {
    const endpoints = withHints(slice.endpoints, rule);
    if (endpoints !== slice.endpoints) plan.update.push({ slice, endpoints: [...endpoints] });
  }
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

/** Index of the slice that holds all of `left` and comes closest to full by it, or -1. */
function closestFit(slices: readonly EndpointSlice[], left: number, limit: number): number {
  let best = -1;
  let bestRoom = limit;
  for (let i = 0; i < slices.length; i++) {
    const room = limit - left - slices[i]!.endpoints.length;
    if (room >= 0 && room < bestRoom) {
      bestRoom = room;
      best = i;
    }
  }
  return best;
}

/** A Service without endpoints has one slice all the same, with no endpoints and no ports. */
function keepPlaceholder(input: SliceReconcileInput, labels: Labels, plan: Plan): void {
  if (plan.delete.length < input.existing.length || plan.create.length > 0) return;
  const only = plan.delete.length === 1 ? plan.delete[0] : undefined;
  const isPlaceholder =
    only?.endpoints.length === 0 && only.ports.length === 0 && sameLabels(only.metadata.labels, labels);
  if (isPlaceholder) plan.delete.length = 0;
  else plan.create.push(newSlice(input, []));
}

/** A slice to create takes over the name of one to delete: one write in place of two. */
function recycle(plan: Plan): void {
  const count = Math.min(plan.create.length, plan.delete.length);
  const created = plan.create.splice(0, count);
  plan.delete.splice(0, count).forEach((slice, i) => {
    const { slice: made, endpoints } = created[i]!;
    plan.update.push({ slice: { ...made, metadata: slice.metadata }, endpoints });
  });
}

function newSlice(input: SliceReconcileInput, ports: EndpointSlice['ports']): Draft {
  const { namespace, name } = input.service.metadata;
  const metadata = { namespace, name: input.newName(), labels: {} };
  return { slice: { metadata, family: input.family ?? 4, service: name, ports, endpoints: [] }, endpoints: [] };
}

function finished({ slice, endpoints }: Draft, labels: Labels): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels }, endpoints };
}

function identity(endpoint: Endpoint): string {
  return endpoint.target === '' ? String(endpoint.address) : endpoint.target;
}

function sameState(a: Endpoint, b: Endpoint): boolean {
  return a.node === b.node && a.ready === b.ready && a.serving === b.serving && a.terminating === b.terminating;
}
