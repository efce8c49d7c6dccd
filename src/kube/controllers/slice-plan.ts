/**
 * What a reconcile of slices is going to write, while it is being worked out (kubernetes/endpointslice reconciler.go: slicesToCreate,
 * slicesToUpdate, slicesToDelete and those left unchanged).
 */
import type { Endpoint, EndpointSlice } from '../api.js';

/** A slice to be written, while its endpoints are being gathered. */
export interface Draft {
  readonly slice: EndpointSlice;
  endpoints: Endpoint[];
}

/** Slices by what becomes of them. */
export interface SlicePlan {
  readonly create: Draft[];
  readonly update: Draft[];
  readonly delete: EndpointSlice[];
  readonly unchanged: EndpointSlice[];
}

/** Nothing to write yet. */
export function emptyPlan(): SlicePlan {
  return { create: [], update: [], delete: [], unchanged: [] };
}

/** Makes updates of those unchanged slices for which `differs` holds; they keep their endpoints for now. */
export function updateWhere(plan: SlicePlan, differs: (slice: EndpointSlice) => boolean): void {
  const kept: EndpointSlice[] = [];
  for (const slice of plan.unchanged) {
    if (differs(slice)) plan.update.push({ slice, endpoints: [...slice.endpoints] });
    else kept.push(slice);
  }
  plan.unchanged.splice(0, plan.unchanged.length, ...kept);
}
