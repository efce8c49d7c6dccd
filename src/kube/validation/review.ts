/**
 * An object as the API server takes it or refuses it: decoded, given its defaults, prepared and checked.
 *
 * Allocation of addresses and node ports is a step of its own (`allocation/`), between preparing and checking.
 */
import { withEndpointsDefaults, withServiceDefaults, withSliceDefaults } from './defaults.js';
import { endpointsCreateErrors, endpointsUpdateErrors } from './endpoints.js';
import { sliceCreateErrors, sliceUpdateErrors } from './endpoint-slice.js';
import type { FieldError } from './field-error.js';
import { DEFAULT_GATES, type FeatureGates } from './feature-gates.js';
import { ingressCreateErrors, ingressUpdateErrors } from './ingress.js';
import { ENDPOINT_SLICE, ENDPOINTS, INGRESS, SERVICE } from './object-shapes.js';
import { podCreateErrors, podUpdateErrors, workloadErrors } from './pod.js';
import { POD, WORKLOAD } from './pod-shapes.js';
import { preparedToCreate, preparedToUpdate } from './prepare-service.js';
import { serviceCreateErrors, serviceUpdateErrors } from './service.js';
import { decode, type Decoded, type Shape } from './shape.js';

/** Kinds of which the template of their Pods is reviewed, and nothing else. */
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** Kinds that can be reviewed. */
export const REVIEWED_KINDS = ['Service', 'Endpoints', 'EndpointSlice', 'Ingress', 'Pod', ...WORKLOADS] as const;

/** One of them. */
export type ReviewedKind = (typeof REVIEWED_KINDS)[number];

/** What is asked of the API server. */
export interface Review {
  readonly kind: ReviewedKind;
  /** The object, as plain JSON. */
  readonly object: unknown;
  /** The object before an update; undefined for a new one. */
  readonly before?: unknown;
  /** Whether defaults are applied first, as to what a user writes; else the object is complete, allocated values included. */
  readonly defaults: boolean;
  /** Whether fields that no kind knows are refused, as kubectl asks for (`fieldValidation=Strict`). */
  readonly strict?: boolean;
  readonly gates?: FeatureGates;
}

/**
 * What the API server refuses.
 * @returns every problem in the server's order; none when the object is taken
 */
export function reviewErrors(review: Review): readonly FieldError[] {
  const gates = review.gates ?? DEFAULT_GATES;
  switch (review.kind) {
    case 'Service':
      return checked(review, SERVICE, {
        defaults: withServiceDefaults,
        create: (own) => {
          return serviceCreateErrors(review.defaults ? preparedToCreate(own) : own, rules(review, gates));
        },
        update: (own, before) => {
          const ready = review.defaults ? preparedToUpdate(own, before) : own;
          return serviceUpdateErrors(ready, before, rules(review, gates));
        },
      });
    case 'Endpoints':
      return checked(review, ENDPOINTS, {
        defaults: withEndpointsDefaults,
        create: (own) => endpointsCreateErrors(own, gates),
        update: (own, before) => endpointsUpdateErrors(own, before, gates),
      });
    case 'EndpointSlice':
      return checked(review, ENDPOINT_SLICE, {
        defaults: withSliceDefaults,
        create: (own) => sliceCreateErrors(own, gates),
        update: (own, before) => sliceUpdateErrors(own, before, gates),
      });
    case 'Ingress':
      return checked(review, INGRESS, {
        defaults: (own) => own,
        create: (own) => ingressCreateErrors(own, gates),
        update: (own, before) => ingressUpdateErrors(own, before, gates),
      });
    case 'Pod':
      return checked(review, POD, {
        defaults: (own) => own,
        create: (own) => podCreateErrors(own, gates),
        update: (own, before) => podUpdateErrors(own, before, gates),
      });
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
      return checked(review, WORKLOAD, {
        defaults: (own) => own,
        create: (own) => workloadErrors(own, gates),
        update: (own) => workloadErrors(own, gates),
      });
  }
}

/** How a kind is checked. */
interface Steps<T> {
  defaults(object: T): T;
  create(object: T): readonly FieldError[];
  update(object: T, before: T): readonly FieldError[];
}

function checked<S extends Shape>(review: Review, shape: S, steps: Steps<Decoded<S>>): readonly FieldError[] {
  const read = (value: unknown, strict: boolean) => {
    const { object, errors } = decode(shape, value, { strict });
    const isUsable = errors.every(({ kind }) => kind === 'UnknownField');
    return { object: review.defaults && isUsable ? steps.defaults(object) : object, errors, isUsable };
  };
  const now = read(review.object, review.strict ?? false);
  if (!now.isUsable) return now.errors;
  // The server stops at unknown fields; here everything is said at once.
  const errors =
    review.before === undefined
      ? steps.create(now.object)
      : steps.update(now.object, read(review.before, false).object);
  return [...now.errors, ...errors];
}

/** A user's manifest has not been allocated for yet. */
function rules({ defaults }: Review, gates: FeatureGates): { gates: FeatureGates; allocated: boolean } {
  return { gates, allocated: !defaults };
}
