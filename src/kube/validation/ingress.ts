/**
 * Ingresses as the API server checks them on creation and on update (pkg/apis/networking/validation, v1.31 to v1.34).
 *
 * What older servers took is let through on updates of objects that have it already: bad secret names, bad rules of wildcard hosts.
 */
import { invalid, invalidEach, notSupported, required, type FieldError, type FieldPath } from './field-error.js';
import type { FeatureGates } from './feature-gates.js';
import { ingressBackendErrors } from './ingress-backend.js';
import { ipFamilyOf } from './ip-values.js';
import {
  dns1035LabelProblems,
  dnsLabelProblems,
  dnsSubdomainProblems,
  subdomainName,
  wildcardProblems,
} from './names.js';
import { metaErrors, metaUpdateErrors } from './object-meta.js';
import type { IngressObject } from './object-shapes.js';

type Spec = NonNullable<IngressObject['spec']>;
type Rule = NonNullable<Spec['rules']>[number];
type Path = NonNullable<NonNullable<Rule['http']>['paths']>[number];

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const REFUSED_PARTS = ['//', '/./', '/../', '%2f', '%2F'];
const REFUSED_ENDS = ['/..', '/.'];

/** What is let through. */
interface Leniency {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
  /** Whether names of Services may begin with a digit. */
  readonly relaxedNames: boolean;
}

/** What the API server refuses of a new Ingress. */
export function ingressCreateErrors(ingress: IngressObject, gates: FeatureGates): FieldError[] {
  const relaxedNames = gates.has('RelaxedServiceNameValidation');
  const errors = ingressErrors(ingress, { secretNames: false, wildcardRules: false, relaxedNames });
  const annotated = ingress.metadata?.annotations?.[CLASS_ANNOTATION];
  const named = ingress.spec?.ingressClassName;
  if (annotated === undefined || named === undefined || annotated === named) return errors;
  const detail = 'must match `ingressClassName` when both are specified';
  // Without `metadata` in front: so the API server writes it.
  return [...errors, invalid(['annotations', CLASS_ANNOTATION], annotated, detail)];
}

/** What the API server refuses of a changed Ingress. */
export function ingressUpdateErrors(ingress: IngressObject, before: IngressObject, gates: FeatureGates): FieldError[] {
  const { tls = [], rules = [], defaultBackend } = before.spec ?? {};
  const strict: Leniency = { secretNames: false, wildcardRules: false, relaxedNames: false };
  const backends = [defaultBackend, ...rules.flatMap(({ http }) => (http?.paths ?? []).map((own) => own.backend))];
  const names = backends.flatMap((backend) => backend?.service?.name ?? []);
  const leniency = {
    secretNames: tls.some(({ secretName = '' }) => secretProblems(secretName).length > 0),
    wildcardRules: rules.some(({ host = '', http }) => host.includes('*') && httpErrors([], http, strict).length > 0),
    relaxedNames: gates.has('RelaxedServiceNameValidation') || names.some(isRelaxedName),
  };
  return [...metaUpdateErrors(ingress.metadata ?? {}, before.metadata ?? {}), ...ingressErrors(ingress, leniency)];
}

function ingressErrors(ingress: IngressObject, leniency: Leniency): FieldError[] {
  const path: FieldPath = ['spec'];
  const { defaultBackend, rules = [], tls = [], ingressClassName: own } = ingress.spec ?? {};
  const errors = metaErrors(ingress.metadata ?? {}, { nameCheck: subdomainName, namespaced: true });
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(invalid(path, rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend !== undefined) {
    errors.push(...ingressBackendErrors([...path, 'defaultBackend'], defaultBackend, leniency.relaxedNames));
  }
  rules.forEach((rule, i) => errors.push(...ruleErrors([...path, 'rules', i], rule, leniency)));
  tls.forEach(({ hosts = [], secretName = '' }, i) => {
    const tlsPath = [...path, 'tls', i];
    hosts.forEach((host, j) => errors.push(...invalidEach([...tlsPath, 'hosts', j], host, hostProblems(host))));
    if (!leniency.secretNames) {
      errors.push(...invalidEach([...tlsPath, 'secretName'], secretName, secretProblems(secretName)));
    }
  });
  if (own !== undefined) {
    errors.push(...invalidEach([...path, 'ingressClassName'], own, subdomainName(own, false)));
  }
  return errors;
}

function ruleErrors(path: FieldPath, { host = '', http }: Rule, leniency: Leniency): FieldError[] {
  const errors: FieldError[] = [];
  if (host !== '') {
    const isAddress = ipFamilyOf(host) !== undefined;
    const problems = isAddress ? ['must be a DNS name, not an IP address'] : [];
    errors.push(...invalidEach([...path, 'host'], host, [...problems, ...hostProblems(host)]));
  }
  if (host.includes('*') && leniency.wildcardRules) return errors;
  return [...errors, ...httpErrors(path, http, leniency)];
}

function httpErrors(path: FieldPath, http: Rule['http'], leniency: Leniency): FieldError[] {
  if (http === undefined) return [];
  const listPath = [...path, 'http', 'paths'];
  const { paths = [] } = http;
  if (paths.length === 0) return [required(listPath)];
  return paths.flatMap((own, i) => pathErrors([...listPath, i], own, leniency));
}

function pathErrors(path: FieldPath, own: Path, leniency: Leniency): FieldError[] {
  const { pathType, path: text = '', backend = {} } = own;
  if (pathType === undefined) return [required([...path, 'pathType'], 'pathType must be specified')];
  const ofType = PATH_TYPES.includes(pathType) ? [] : [notSupported([...path, 'pathType'], pathType, PATH_TYPES)];
  return [
    ...ofType,
    ...invalidEach([...path, 'path'], text, pathProblems(pathType, text)),
    ...ingressBackendErrors([...path, 'backend'], backend, leniency.relaxedNames),
  ];
}

function pathProblems(pathType: string, text: string): readonly string[] {
  const isLiteral = pathType === 'Exact' || pathType === 'Prefix';
  if (!PATH_TYPES.includes(pathType) || (text === '' && !isLiteral)) return [];
  const problems = text.startsWith('/') ? [] : ['must be an absolute path'];
  if (!isLiteral) return problems;
  return [
    ...problems,
    ...REFUSED_PARTS.filter((part) => text.includes(part)).map((part) => `must not contain '${part}'`),
    ...REFUSED_ENDS.filter((end) => text.endsWith(end)).map((end) => `cannot end with '${end}'`),
  ];
}

function hostProblems(host: string): readonly string[] {
  return host.includes('*') ? wildcardProblems(host) : dnsSubdomainProblems(host);
}

function secretProblems(name: string): readonly string[] {
  return name === '' ? [] : subdomainName(name, false);
}

function isRelaxedName(name: string): boolean {
  return dnsLabelProblems(name).length === 0 && dns1035LabelProblems(name).length > 0;
}
