/**
 * Fields of Services that speak of traffic and load balancers (pkg/apis/core/validation validateServiceExternalTrafficPolicy and the
 * functions beside it, v1.31 to v1.34).
 */
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from './field-error.js';
import type { FeatureGates } from './feature-gates.js';
import { qualifiedNameProblems } from './names.js';
import type { ServiceSpecObject } from './object-shapes.js';
import { portNumberErrors } from './port-values.js';
import { isExternallyAccessible, needsHealthCheck } from './service-kind.js';

const POLICIES = ['Cluster', 'Local'];
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

/** Which rules hold. */
interface TrafficRules {
  readonly gates: FeatureGates;
  readonly allocated: boolean;
}

/** What is wrong with a Service's fields of traffic, seen alone. */
export function trafficErrors(path: FieldPath, spec: ServiceSpecObject, rules: TrafficRules): FieldError[] {
  return [
    ...allocationErrors(path, spec),
    ...classErrors(path, spec),
    ...externalPolicyErrors([...path, 'externalTrafficPolicy'], spec),
    ...healthCheckErrors([...path, 'healthCheckNodePort'], spec, rules.allocated),
    ...internalPolicyErrors([...path, 'internalTrafficPolicy'], spec),
    ...distributionErrors([...path, 'trafficDistribution'], spec, rules.gates),
  ];
}

/** A load balancer keeps its class. */
export function loadBalancerClassUpdateErrors(spec: ServiceSpecObject, before: ServiceSpecObject): FieldError[] {
  const path = ['spec', 'loadBalancerClass'];
  const { loadBalancerClass: now } = spec;
  const isChanged = [spec, before].every(isLoadBalancer) && now !== before.loadBalancerClass;
  // The class alone is checked twice on updates, which changes nothing in what is reported.
  return isChanged ? [invalid(path, now, 'may not change once set')] : [];
}

/** A health-check node port stays as long as it is needed. */
export function healthCheckUpdateErrors(spec: ServiceSpecObject, before: ServiceSpecObject): FieldError[] {
  const isNeeded = needsHealthCheck(spec) && needsHealthCheck(before);
  if (!isNeeded || (spec.healthCheckNodePort ?? 0) === (before.healthCheckNodePort ?? 0)) return [];
  return [forbidden(['spec', 'healthCheckNodePort'], 'field is immutable')];
}

/** The path of the missing field has no `spec` in front: so the API server writes it. */
function allocationErrors(path: FieldPath, spec: ServiceSpecObject): FieldError[] {
  const field = 'allocateLoadBalancerNodePorts';
  const isSet = spec.allocateLoadBalancerNodePorts !== undefined;
  if (isLoadBalancer(spec)) return isSet ? [] : [required([field])];
  return isSet ? [forbidden([...path, field], ONLY_LOAD_BALANCER)] : [];
}

function classErrors(path: FieldPath, spec: ServiceSpecObject): FieldError[] {
  const { loadBalancerClass: own } = spec;
  const classPath = [...path, 'loadBalancerClass'];
  if (own === undefined) return [];
  return isLoadBalancer(spec)
    ? invalidEach(classPath, own, qualifiedNameProblems(own))
    : [forbidden(classPath, ONLY_LOAD_BALANCER)];
}

function externalPolicyErrors(path: FieldPath, spec: ServiceSpecObject): FieldError[] {
  const { externalTrafficPolicy: policy = '' } = spec;
  if (!isExternallyAccessible(spec)) {
    return policy === '' ? [] : [invalid(path, policy, 'may only be set for externally-accessible services')];
  }
  if (policy === '') return [required(path)];
  return POLICIES.includes(policy) ? [] : [notSupported(path, policy, POLICIES)];
}

function healthCheckErrors(path: FieldPath, spec: ServiceSpecObject, allocated: boolean): FieldError[] {
  const { healthCheckNodePort: port = 0 } = spec;
  if (needsHealthCheck(spec)) {
    if (port !== 0) return portNumberErrors(path, port);
    return allocated ? [required(path)] : [];
  }
  const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return port === 0 ? [] : [invalid(path, port, detail)];
}

function internalPolicyErrors(path: FieldPath, spec: ServiceSpecObject): FieldError[] {
  const { internalTrafficPolicy: policy, type = '' } = spec;
  if (policy === undefined) return ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(type) ? [required(path)] : [];
  return POLICIES.includes(policy) ? [] : [notSupported(path, policy, POLICIES)];
}

function distributionErrors(path: FieldPath, spec: ServiceSpecObject, gates: FeatureGates): FieldError[] {
  const { trafficDistribution: own } = spec;
  const known = ['PreferClose'];
  if (gates.has('PreferSameTrafficDistribution')) known.push('PreferSameZone', 'PreferSameNode');
  return own === undefined || known.includes(own) ? [] : [notSupported(path, own, known)];
}

function isLoadBalancer({ type }: ServiceSpecObject): boolean {
  return type === 'LoadBalancer';
}
