/**
 * clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy of Services (pkg/apis/core/validation ValidateServiceClusterIPsRelatedFields,
 * validateUpgradeDowngradeClusterIPs and validateUpgradeDowngradeIPFamilies, v1.31 to v1.34).
 *
 * A Service may gain and lose its second address and family; the first ones stay. Some paths are the API server's own: a family that
 * changes is reported at `spec.ipFamilies[0]`, whichever it is.
 */
import { duplicate, invalid, notSupported, required, type FieldError, type FieldPath } from './field-error.js';
import type { FeatureGates } from './feature-gates.js';
import { ipErrors, ipFamilyOf } from './ip-values.js';
import type { ServiceSpecObject } from './object-shapes.js';
import { isHeadless, NO_ADDRESS } from './service-kind.js';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];
const IPS: FieldPath = ['spec', 'clusterIPs'];
const FAMILIES_PATH: FieldPath = ['spec', 'ipFamilies'];
const POLICY: FieldPath = ['spec', 'ipFamilyPolicy'];
const UNCHANGEABLE = 'may not change once set';

/** What is wrong with a Service's addresses and families, seen alone. */
export function clusterIpErrors(
  spec: ServiceSpecObject,
  gates: FeatureGates,
  before?: ServiceSpecObject,
): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIPs = [], ipFamilyPolicy: policy } = spec;
  const errors = [...agreementErrors(spec), ...familyErrors(spec.ipFamilies ?? [])];
  if (policy !== undefined && !POLICIES.includes(policy)) errors.push(notSupported(POLICY, policy, POLICIES));
  const ofValues = valueErrors(clusterIPs, { gates, before: before?.clusterIPs ?? [] });
  errors.push(...ofValues);
  if (clusterIPs.length > 2) errors.push(invalid(IPS, clusterIPs, 'may only hold up to 2 values'));
  // What follows would only say again that a value is no address.
  return ofValues.length > 0 ? errors : [...errors, ...pairErrors(spec)];
}

/** What an update may not do to a Service's cluster addresses. */
export function clusterIpUpdateErrors(spec: ServiceSpecObject, before: ServiceSpecObject): FieldError[] {
  if (isNamed(spec) || isNamed(before) || (isHeadless(spec) && isHeadless(before))) return [];
  const { clusterIPs: now = [] } = spec;
  const { clusterIPs: then = [] } = before;
  const changed = (i: number): FieldError => invalid([...IPS, i], now, UNCHANGEABLE);
  if (now.length === then.length) return then.flatMap((ip, i) => (ip === now[i] ? [] : [changed(i)]));
  if (then.length === 0) return [];
  if (now.length === 0) return [invalid([...IPS, 0], now, 'primary clusterIP can not be unset')];
  const errors = now[0] === then[0] ? [] : [changed(0)];
  return now.length === 1 ? [...errors, ...releaseErrors(spec, 'clusterIP')] : errors;
}

/** What an update may not do to a Service's families. */
export function familyUpdateErrors(spec: ServiceSpecObject, before: ServiceSpecObject): FieldError[] {
  if (isNamed(spec) || isNamed(before) || isHeadless(spec) || isHeadless(before)) return [];
  const { ipFamilies: now = [] } = spec;
  const { ipFamilies: then = [] } = before;
  const first = [...FAMILIES_PATH, 0];
  const changed = invalid(first, now, UNCHANGEABLE);
  if (now.length === then.length) return then.flatMap((family, i) => (family === now[i] ? [] : [changed]));
  const errors = now.length > 0 && then.length > 0 && now[0] !== then[0] ? [changed] : [];
  if (now.length > then.length) return errors;
  // The API server looks at the addresses here, not at the families.
  if ((spec.clusterIPs ?? []).length === 0) errors.push(invalid(first, now, 'primary ipFamily can not be unset'));
  return now.length === 1 ? [...errors, ...releaseErrors(spec, 'ipFamily')] : errors;
}

function releaseErrors({ ipFamilyPolicy: policy }: ServiceSpecObject, what: string): FieldError[] {
  if (policy === 'SingleStack') return [];
  return [invalid(POLICY, policy, `must be set to 'SingleStack' when releasing the secondary ${what}`)];
}

function agreementErrors({ clusterIP = '', clusterIPs = [] }: ServiceSpecObject): FieldError[] {
  if (clusterIP === '') {
    const detail = 'must be empty when `clusterIP` is not specified';
    return clusterIPs.length === 0 ? [] : [invalid(IPS, clusterIPs, detail)];
  }
  if (clusterIPs.length === 0) return [required(IPS)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(IPS, clusterIPs, 'first value must match `clusterIP`')];
}

function familyErrors(families: readonly string[]): FieldError[] {
  return families.flatMap((family, i) => [
    ...(FAMILIES.includes(family) ? [] : [notSupported([...FAMILIES_PATH, i], family, FAMILIES)]),
    ...(families.indexOf(family) < i ? [duplicate([...FAMILIES_PATH, i], family)] : []),
  ]);
}

function valueErrors(
  clusterIPs: readonly string[],
  rules: { readonly gates: FeatureGates; readonly before: readonly string[] },
): FieldError[] {
  return clusterIPs.flatMap((ip, i) => {
    if (i > 0 || ip !== NO_ADDRESS) return ipErrors([...IPS, i], ip, rules);
    return clusterIPs.length === 1 ? [] : [invalid(IPS, clusterIPs, "'None' must be the first and only value")];
  });
}

function pairErrors(spec: ServiceSpecObject): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  const found = clusterIPs.map(ipFamilyOf);
  if (clusterIPs.length > 1 && new Set(found).size < 2) {
    errors.push(invalid(IPS, clusterIPs, 'may specify no more than one IP for each IP family'));
  }
  if (isHeadless(spec)) return errors;
  clusterIPs.forEach((ip, i) => {
    const family = ipFamilies[i];
    if (family === undefined || !FAMILIES.includes(family) || family === `IPv${found[i] ?? 0}`) return;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    errors.push(invalid([...IPS, i], ip, detail));
  });
  return errors;
}

function isNamed({ type }: ServiceSpecObject): boolean {
  return type === 'ExternalName';
}
