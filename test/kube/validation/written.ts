/** Objects as users write them, for tests. */
import { errorBody } from '../../../src/kube/validation/field-error.js';
import { reviewErrors, type Review, type ReviewedKind } from '../../../src/kube/validation/review.js';

type Fields = Readonly<Record<string, unknown>>;

const API_VERSIONS: Readonly<Record<ReviewedKind, string>> = {
  Service: 'v1',
  Endpoints: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  Pod: 'v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
};

/** An object of a kind with the fields given beside its head. */
export function written(kind: ReviewedKind, fields: Fields, metadata: Fields = {}): Fields {
  return { apiVersion: API_VERSIONS[kind], kind, metadata: { name: 'web', namespace: 'shop', ...metadata }, ...fields };
}

/** A Service with one port and the fields of `spec` given. */
export function service(spec: Fields, metadata: Fields = {}): Fields {
  return written('Service', { spec: { ports: [{ port: 80 }], selector: { app: 'web' }, ...spec } }, metadata);
}

/** What is refused, a line each. */
export function refusals(review: Partial<Review> & Pick<Review, 'kind' | 'object'>): readonly string[] {
  return reviewErrors({ defaults: true, ...review }).map((error) => `${error.field}: ${errorBody(error)}`);
}

/** What is refused of a new Service. */
export function refusedOf(spec: Fields, metadata: Fields = {}): readonly string[] {
  return refusals({ kind: 'Service', object: service(spec, metadata) });
}
