/**
 * Services as the API server checks them on creation and on update (pkg/apis/core/validation ValidateServiceCreate and
 * ValidateServiceUpdate, v1.31 to v1.34).
 *
 * The rules speak of Services with defaults, in which clusterIP and clusterIPs agree (`service-defaults.ts`, `prepare-service.ts`) and
 * to which the allocators have given what they lack.
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
import { cidrErrors, endpointIpErrors, ipErrors } from './ip-values.js';
import { dnsSubdomainProblems, label1035Name, labelName, type NameCheck } from './names.js';
import { labelErrors, metaErrors, metaUpdateErrors } from './object-meta.js';
import type { ServiceObject, ServiceSpecObject } from './object-shapes.js';
import { clusterIpErrors, clusterIpUpdateErrors, familyUpdateErrors } from './service-cluster-ips.js';
import { isHeadless, NO_ADDRESS, SERVICE_TYPES, specOf } from './service-kind.js';
import { portErrors } from './service-ports.js';
import { healthCheckUpdateErrors, loadBalancerClassUpdateErrors, trafficErrors } from './service-traffic.js';

/** How Services are checked. */
export interface ServiceRules {
  readonly gates: FeatureGates;
  /** Whether the allocators have run: then a missing health-check node port is an error. */
  readonly allocated: boolean;
}

const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const AFFINITIES = ['ClientIP', 'None'];
/** Longest timeout of session affinity, in seconds: one day. */
const AFFINITY_SECONDS = 86_400;
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

/** What the API server refuses of a new Service. */
export function serviceCreateErrors(service: ServiceObject, rules: ServiceRules): FieldError[] {
  return serviceErrors(service, undefined, rules);
}

/** What the API server refuses of a changed Service. */
export function serviceUpdateErrors(service: ServiceObject, before: ServiceObject, rules: ServiceRules): FieldError[] {
  const [spec, specBefore] = [specOf(service), specOf(before)];
  return [
    ...metaUpdateErrors(service.metadata ?? {}, before.metadata ?? {}),
    ...clusterIpUpdateErrors(spec, specBefore),
    ...familyUpdateErrors(spec, specBefore),
    ...loadBalancerClassUpdateErrors(spec, specBefore),
    ...healthCheckUpdateErrors(spec, specBefore),
    ...serviceErrors(service, before, rules),
  ];
}

/** The rule for names of Services, which Ingress backends follow too. */
export function serviceNameCheck(gates: FeatureGates): NameCheck {
  return gates.has('RelaxedServiceNameValidation') ? labelName : label1035Name;
}

function serviceErrors(service: ServiceObject, before: ServiceObject | undefined, rules: ServiceRules): FieldError[] {
  const spec = specOf(service);
  const path: FieldPath = ['spec'];
  const specBefore = before === undefined ? undefined : specOf(before);
  return [
    ...metaErrors(service.metadata ?? {}, { nameCheck: serviceNameCheck(rules.gates), namespaced: true }),
    ...topologyErrors(service),
    ...typeErrors(path, spec),
    ...portErrors([...path, 'ports'], spec),
    ...labelErrors([...path, 'selector'], spec.selector),
    ...affinityErrors(path, spec),
    ...clusterIpErrors(spec, rules.gates, specBefore),
    ...externalIpErrors([...path, 'externalIPs'], spec, rules.gates, specBefore),
    ...sourceRangeErrors(service, rules.gates, specBefore),
    ...trafficErrors(path, spec, rules),
  ];
}

function topologyErrors({ metadata }: ServiceObject): FieldError[] {
  const { [TOPOLOGY_MODE]: mode, [TOPOLOGY_HINTS]: hints } = metadata?.annotations ?? {};
  if (mode === undefined || hints === undefined || mode === hints) return [];
  const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
  return [invalid(['metadata', 'annotations', { key: TOPOLOGY_MODE }], mode, detail)];
}

function typeErrors(path: FieldPath, spec: ServiceSpecObject): FieldError[] {
  const { type = '' } = spec;
  if (type === '') return [required([...path, 'type'])];
  if (!SERVICE_TYPES.includes(type)) return [notSupported([...path, 'type'], type, SERVICE_TYPES)];
  if (type === 'ExternalName') return externalNameErrors(path, spec);
  if (type === 'ClusterIP' || !isHeadless(spec)) return [];
  return [invalid([...path, 'clusterIPs', 0], NO_ADDRESS, `may not be set to 'None' for ${type} services`)];
}

function externalNameErrors(path: FieldPath, spec: ServiceSpecObject): FieldError[] {
  const refused = {
    clusterIPs: (spec.clusterIPs ?? []).length > 0,
    ipFamilies: (spec.ipFamilies ?? []).length > 0,
    ipFamilyPolicy: spec.ipFamilyPolicy !== undefined,
  };
  const errors = Object.entries(refused).flatMap(([field, isSet]) => {
    return isSet ? [forbidden([...path, field], 'may not be set for ExternalName services')] : [];
  });
  // One dot at the end says that the name is complete.
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  const namePath = [...path, 'externalName'];
  if (name === '') return [...errors, required(namePath)];
  return [...errors, ...invalidEach(namePath, name, dnsSubdomainProblems(name))];
}

function affinityErrors(path: FieldPath, spec: ServiceSpecObject): FieldError[] {
  const { sessionAffinity = '', sessionAffinityConfig: config } = spec;
  const configPath = [...path, 'sessionAffinityConfig'];
  switch (sessionAffinity) {
    case '':
      return [required([...path, 'sessionAffinity'])];
    case 'None':
      return config === undefined ? [] : [forbidden(configPath, 'must not be set when session affinity is None')];
    case 'ClientIP': {
      const why = 'when session affinity type is ClientIP';
      if (config === undefined) return [required(configPath, why)];
      if (config.clientIP === undefined) return [required([...configPath, 'clientIP'], why)];
      const timeoutPath = [...configPath, 'clientIP', 'timeoutSeconds'];
      const timeout = config.clientIP.timeoutSeconds;
      if (timeout === undefined) return [required(timeoutPath, why)];
      const fits = timeout > 0 && timeout <= AFFINITY_SECONDS;
      return fits ? [] : [invalid(timeoutPath, timeout, `must be greater than 0 and less than ${AFFINITY_SECONDS}`)];
    }
    default:
      return [notSupported([...path, 'sessionAffinity'], sessionAffinity, AFFINITIES)];
  }
}

function externalIpErrors(
  path: FieldPath,
  { externalIPs = [] }: ServiceSpecObject,
  gates: FeatureGates,
  before: ServiceSpecObject | undefined,
): FieldError[] {
  return externalIPs.flatMap((ip, i) => {
    const errors = ipErrors([...path, i], ip, { gates, before: before?.externalIPs ?? [] });
    return errors.length > 0 ? errors : endpointIpErrors([...path, i], ip);
  });
}

/** The field, or the annotation that was before it. The field's path is spelt with a capital letter by the API server. */
function sourceRangeErrors(
  { metadata, spec = {} }: ServiceObject,
  gates: FeatureGates,
  specBefore: ServiceSpecObject | undefined,
): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const annotation = metadata?.annotations?.[SOURCE_RANGES];
  if (ranges.length === 0 && annotation === undefined) return [];
  const isField = ranges.length > 0;
  const path: FieldPath = isField
    ? ['spec', 'LoadBalancerSourceRanges']
    : ['metadata', 'annotations', { key: SOURCE_RANGES }];
  const written = isField ? ranges : (annotation ?? '').trim() === '' ? [] : (annotation ?? '').split(',');
  const before = isField ? (specBefore?.loadBalancerSourceRanges ?? []).map((own) => own.trim()) : [];
  return [
    ...(spec.type === 'LoadBalancer' ? [] : [forbidden(path, ONLY_LOAD_BALANCER)]),
    ...written.flatMap((own, i) => cidrErrors(isField ? [...path, i] : path, own.trim(), { gates, before })),
  ];
}
