/**
 * Objects as an API server would take or refuse them, before they are read (kube's `validation`).
 *
 * What a user wrote is checked as a new object, with the API's defaults. What comes from a server (`kubectl get -o yaml`) was taken there, by a server that
 * may be older or newer than the rules here, and is read as it stands; only when all is asked for it is checked too, as an update that
 * changes nothing.
 */
import { writtenNodePortErrors } from '../../kube/allocation/written-node-ports.js';
import { errorBody, fieldText, type FieldError, type FieldPath } from '../../kube/validation/field-error.js';
import { REVIEWED_KINDS, reviewErrors, type ReviewedKind } from '../../kube/validation/review.js';
import type { Path } from '../located.js';
import { asInCluster, keptMeta } from './updates.js';
import type { Problem } from '../problem.js';
import type { RawObject } from './raw-object.js';

/** What is reviewed: nothing, what users wrote, or all objects, those from a server too and with node ports and unknown fields. */
export type ReviewScope = 'nothing' | 'written' | 'all';

/** What a review gave. */
export interface ReviewResult {
  /** Whether the object was looked at. */
  readonly reviewed: boolean;
  readonly problems: readonly Problem[];
  /** Whether some value is of a wrong type; then no rule was looked at. */
  readonly undecodable: boolean;
}

/** Versions in which the kinds have the fields and rules that are known. */
const VERSIONS: Readonly<Record<ReviewedKind, string>> = {
  Service: 'v1',
  Endpoints: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  Pod: 'v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
};

const NOT_REVIEWED: ReviewResult = { reviewed: false, problems: [], undecodable: false };

/**
 * Reviews one object.
 * @param old the same object as a cluster has it now; undefined for one that is new, or that an update does not change
 */
export function reviewed(raw: RawObject, scope: ReviewScope, old?: RawObject): ReviewResult {
  const kind = kindOf(raw);
  const fromServer = isFromServer(raw);
  if (kind === undefined || scope === 'nothing' || (scope === 'written' && fromServer)) return NOT_REVIEWED;
  // An update names the version that it changes; some tools cut it off.
  const object = withMeta(
    raw.value,
    fromServer ? { namespace: 'default', resourceVersion: '0' } : { namespace: 'default' },
  );
  const strict = scope === 'all' && !fromServer;
  if (old !== undefined) return updated(raw, old, kind);
  const before = fromServer ? { before: object } : {};
  const errors = reviewErrors({ kind, object, ...before, defaults: true, strict });
  const isAllocated = kind === 'Service' && scope === 'all' && errors.length === 0;
  const all = isAllocated ? writtenNodePortErrors(object) : withoutRepeats(errors);
  return {
    reviewed: true,
    problems: all.map((error) => problemOf(raw, error)),
    undecodable: all.some((error) => error.kind === 'TypeInvalid'),
  };
}

/** Reviews an object as an update of another one. */
function updated(raw: RawObject, old: RawObject, kind: ReviewedKind): ReviewResult {
  const before = asInCluster(withMeta(old.value, { namespace: 'default', resourceVersion: '0' }), raw.value, kind);
  const object = withMeta(raw.value, { namespace: 'default', ...keptMeta(before) });
  const errors = reviewErrors({ kind, object, before, defaults: true, strict: !isFromServer(raw) });
  return {
    reviewed: true,
    problems: withoutRepeats(errors).map((error) => problemOf(raw, error)),
    undecodable: errors.some((error) => error.kind === 'TypeInvalid'),
  };
}

/** The server says of a wrong address twice that it is none, once with examples: that one is enough. */
function withoutRepeats(errors: readonly FieldError[]): readonly FieldError[] {
  return errors.filter((error) => {
    const start = `${errorBody(error)},`;
    return !errors.some((other) => other.field === error.field && errorBody(other).startsWith(start));
  });
}

/** Whether an object was printed by an API server, which gives each an identity and a version, or has a status that only a cluster gives. */
export function isFromServer({ value }: RawObject): boolean {
  const { metadata, status } = value as {
    readonly metadata?: Readonly<Record<string, unknown>> | null;
    readonly status?: { readonly loadBalancer?: { readonly ingress?: unknown } | null } | null;
  };
  const ingress = status?.loadBalancer?.ingress;
  if (Array.isArray(ingress) && ingress.length > 0) return true;
  return [metadata?.['uid'], metadata?.['resourceVersion']].some((own) => typeof own === 'string' && own !== '');
}

function kindOf({ kind, group, value }: RawObject): ReviewedKind | undefined {
  const known = REVIEWED_KINDS.find((own) => own === kind);
  if (known === undefined) return undefined;
  const version = VERSIONS[known];
  const written = (value as Readonly<Record<string, unknown>>)['apiVersion'];
  // Objects in a list need not say their version.
  const isKnown =
    written === version || (written === undefined && version.startsWith(group === '' ? 'v' : `${group}/`));
  return isKnown ? known : undefined;
}

/** The object with fields of `metadata` that are missing or empty; kubectl puts objects without namespace into `default`. */
function withMeta(value: unknown, missing: Readonly<Record<string, string>>): unknown {
  const { metadata } = value as { readonly metadata?: unknown };
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return value;
  const written = Object.entries(metadata).filter(([, own]) => own !== '' && own !== null);
  return { ...(value as object), metadata: { ...missing, ...Object.fromEntries(written) } };
}

function problemOf(raw: RawObject, error: FieldError): Problem {
  const path = writtenPath(raw, error.path);
  return { place: raw.place(path, false), field: `${raw.kind}.${fieldText(error.path)}`, message: errorBody(error) };
}

/** The server's path in the text: some are spelt otherwise there, and clusterIPs may be written as clusterIP. */
function writtenPath({ value }: RawObject, path: FieldPath): Path {
  const [first, second, ...rest] = path.map((step) => (typeof step === 'object' ? step.key : step));
  if (first === undefined) return [];
  if (first === 'allocateLoadBalancerNodePorts') return ['spec', first];
  if (first === 'annotations') return ['metadata', ...path.map(String)];
  if (second === 'LoadBalancerSourceRanges') return [first, 'loadBalancerSourceRanges', ...rest];
  const spec = (value as { readonly spec?: Readonly<Record<string, unknown>> | null }).spec;
  if (second === 'clusterIPs' && !Array.isArray(spec?.['clusterIPs'])) return [first, 'clusterIP'];
  return second === undefined ? [first] : [first, second, ...rest];
}
