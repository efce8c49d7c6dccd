/**
 * ipFamilyPolicy and ipFamilies of a Service as the API server fills them in before it allocates (pkg/registry/core/service
 * storage/alloc.go initIPFamilyFields, v1.31 to v1.34), and what it refuses while doing so.
 */
import { invalid, type FieldError, type FieldPath } from '../validation/field-error.js';
import type { FeatureGates } from '../validation/feature-gates.js';
import { ipFamilyOf } from '../validation/ip-values.js';
import type { ServiceSpecObject } from '../validation/object-shapes.js';
import { clusterIpErrors } from '../validation/service-cluster-ips.js';
import { NO_ADDRESS } from '../validation/service-kind.js';

/** The families as the API writes them. */
export type FamilyName = 'IPv4' | 'IPv6';

/** A `spec` with its families, or what is wrong with it. */
export interface SpecOrErrors {
  readonly spec: ServiceSpecObject;
  readonly errors: readonly FieldError[];
}

const POLICY: FieldPath = ['spec', 'ipFamilyPolicy'];

/**
 * The `spec` with policy and families.
 * @param before the Service's `spec` before an update; undefined for a new one
 * @param cluster the cluster's families, the primary one first
 */
export function withFamilies(
  spec: ServiceSpecObject,
  before: ServiceSpecObject | undefined,
  cluster: readonly FamilyName[],
  gates: FeatureGates,
): SpecOrErrors {
  if (spec.type === 'ExternalName' || isUnchangedPreference(spec, before)) return { spec, errors: [] };
  const withPolicy = { ...spec, ipFamilyPolicy: spec.ipFamilyPolicy ?? defaultPolicy(spec, before) };
  const malformed = clusterIpErrors(withPolicy, gates, before);
  if (malformed.length > 0) return { spec, errors: malformed };
  const reduced = before === undefined ? withPolicy : withoutSecond(withPolicy, before);
  const inferred = withInferredFamilies(reduced, cluster);
  const errors = [
    ...(before === undefined ? [] : reductionErrors(withPolicy, before)),
    ...countErrors(reduced),
    ...inferred.errors,
  ];
  if (errors.length > 0) return { spec, errors };
  const { ipFamilies = [] } = inferred.spec;
  const isFree = isAddressless(spec) && hasNoSelector(spec);
  const refused = isFree ? [] : clusterErrors(inferred.spec, cluster);
  if (refused.length > 0) return { spec, errors: refused };
  const [first = cluster[0] ?? 'IPv4', ...more] = ipFamilies;
  const isDual = withPolicy.ipFamilyPolicy !== 'SingleStack' && (isFree || cluster.length === 2);
  const second: readonly string[] = more.length === 0 && isDual ? [first === 'IPv4' ? 'IPv6' : 'IPv4'] : more;
  return { spec: { ...inferred.spec, ipFamilies: [first, ...second] }, errors: [] };
}

/** A Service that prefers two families is left alone until somebody changes these fields. */
export function isUnchangedPreference(spec: ServiceSpecObject, before: ServiceSpecObject | undefined): boolean {
  if (before === undefined || spec.type !== before.type || spec.ipFamilyPolicy !== 'PreferDualStack') return false;
  if ((before.ipFamilyPolicy ?? 'PreferDualStack') !== 'PreferDualStack') return false;
  return same(spec.clusterIPs, before.clusterIPs) && same(spec.ipFamilies, before.ipFamilies);
}

function defaultPolicy(spec: ServiceSpecObject, before: ServiceSpecObject | undefined): string {
  if (before?.ipFamilyPolicy !== undefined) return before.ipFamilyPolicy;
  return isAddressless(spec) && hasNoSelector(spec) ? 'RequireDualStack' : 'SingleStack';
}

/** With policy SingleStack, what stands unchanged in both places loses its second value. */
function withoutSecond(spec: ServiceSpecObject, before: ServiceSpecObject): ServiceSpecObject {
  if (spec.ipFamilyPolicy !== 'SingleStack') return spec;
  return {
    ...spec,
    ...(same(spec.clusterIPs, before.clusterIPs) ? { clusterIPs: spec.clusterIPs?.slice(0, 1) } : {}),
    ...(same(spec.ipFamilies, before.ipFamilies) ? { ipFamilies: spec.ipFamilies?.slice(0, 1) } : {}),
  };
}

function reductionErrors(spec: ServiceSpecObject, before: ServiceSpecObject): FieldError[] {
  if (spec.ipFamilyPolicy === 'SingleStack') return [];
  const isReduced = (now: readonly string[] = [], then: readonly string[] = []): boolean =>
    now.length > 0 && now.length < then.length;
  const refuse = (what: string): FieldError =>
    invalid(POLICY, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(isReduced(spec.clusterIPs, before.clusterIPs) ? [refuse('cluster IP')] : []),
    ...(isReduced(spec.ipFamilies, before.ipFamilies) ? [refuse('IP family')] : []),
  ];
}

function countErrors({ ipFamilyPolicy: policy, clusterIPs = [], ipFamilies = [] }: ServiceSpecObject): FieldError[] {
  if (policy !== 'SingleStack') return [];
  const refuse = (what: string): FieldError =>
    invalid(POLICY, policy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);
  return [
    ...(clusterIPs.length === 2 ? [refuse('cluster IPs')] : []),
    ...(ipFamilies.length === 2 ? [refuse('IP families')] : []),
  ];
}

/** Addresses tell the families that are not written. */
function withInferredFamilies(spec: ServiceSpecObject, cluster: readonly FamilyName[]): SpecOrErrors {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  if (clusterIPs[0] === NO_ADDRESS) return { spec, errors: [] };
  const families = [...ipFamilies];
  const errors: FieldError[] = [];
  clusterIPs.forEach((ip, i) => {
    if (i < ipFamilies.length) return;
    const family: FamilyName = ipFamilyOf(ip) === 6 ? 'IPv6' : 'IPv4';
    if (cluster.includes(family)) families.push(family);
    else {
      const detail = `${family} is not configured on this cluster`;
      errors.push(invalid(['spec', 'clusterIPs', i], clusterIPs, detail));
    }
  });
  return { spec: families.length === 0 ? spec : { ...spec, ipFamilies: families }, errors };
}

function clusterErrors(spec: ServiceSpecObject, cluster: readonly FamilyName[]): FieldError[] {
  const { ipFamilyPolicy: policy, ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  if (policy === 'RequireDualStack' && cluster.length < 2) {
    errors.push(invalid(POLICY, policy, 'this cluster is not configured for dual-stack services'));
  }
  ipFamilies.forEach((family, i) => {
    if ((cluster as readonly string[]).includes(family)) return;
    errors.push(invalid(['spec', 'ipFamilies', i], family, 'not configured on this cluster'));
  });
  return errors;
}

function isAddressless({ clusterIP }: ServiceSpecObject): boolean {
  return clusterIP === NO_ADDRESS;
}

function hasNoSelector({ selector = {} }: ServiceSpecObject): boolean {
  return Object.keys(selector).length === 0;
}

function same(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((own, i) => own === b[i]);
}
