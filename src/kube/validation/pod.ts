/**
 * Pods as the API server checks them, as far as they say how they are found and find others: names, DNS settings, host aliases, container ports
 * (pkg/apis/core/validation validatePodSpec, validatePodDNSConfig, ValidateHostAliases and validateContainerPorts, about v1.34); templates of workloads too.
 *
 * Left out: everything else of a Pod, so that one without containers or images is taken, as lists that somebody has cut down are; what an update may
 * change of `spec`.
 */
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from './field-error.js';
import type { FeatureGates } from './feature-gates.js';
import { ipErrors } from './ip-values.js';
import { dnsLabelProblems, dnsSubdomainProblems, dnsUnderscoreProblems, subdomainName } from './names.js';
import { labelErrors, metaErrors, metaUpdateErrors } from './object-meta.js';
import type { PodObject, PodSpecObject, WorkloadObject } from './pod-shapes.js';
import { portNameErrors, portNumberErrors, protocolErrors } from './port-values.js';

type Container = NonNullable<PodSpecObject['containers']>[number];
type ContainerPort = NonNullable<Container['ports']>[number];

const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const MOST_NAMESERVERS = 3;
const MOST_SEARCHES = 32;
/** Of all search domains, with a blank between them. */
const MOST_SEARCH_LETTERS = 2048;

/** What the API server refuses of a new Pod. */
export function podCreateErrors(pod: PodObject, gates: FeatureGates): FieldError[] {
  return [
    ...metaErrors(pod.metadata ?? {}, { nameCheck: subdomainName, namespaced: true }),
    ...podSpecErrors(['spec'], pod.spec ?? {}, gates),
  ];
}

/** What the API server refuses of a changed Pod. */
export function podUpdateErrors(pod: PodObject, before: PodObject, gates: FeatureGates): FieldError[] {
  return [...metaUpdateErrors(pod.metadata ?? {}, before.metadata ?? {}), ...podCreateErrors(pod, gates)];
}

/** What the API server refuses of a workload's template. */
export function workloadErrors({ spec }: WorkloadObject, gates: FeatureGates): FieldError[] {
  const path: FieldPath = ['spec', 'template'];
  const { metadata, spec: pod } = spec?.template ?? {};
  return [...labelErrors([...path, 'labels'], metadata?.labels), ...podSpecErrors([...path, 'spec'], pod ?? {}, gates)];
}

function podSpecErrors(path: FieldPath, spec: PodSpecObject, gates: FeatureGates): FieldError[] {
  const { containers = [], initContainers = [], nodeName = '', hostname = '', subdomain = '', dnsPolicy } = spec;
  const at = (field: string): FieldPath => [...path, field];
  const isKnown = dnsPolicy === undefined || DNS_POLICIES.includes(dnsPolicy);
  return [
    ...containers.flatMap(({ ports }, i) => portsErrors([...at('containers'), i, 'ports'], ports)),
    ...initContainers.flatMap(({ ports }, i) => portsErrors([...at('initContainers'), i, 'ports'], ports)),
    ...(isKnown ? [] : [notSupported(at('dnsPolicy'), dnsPolicy, DNS_POLICIES)]),
    ...dnsConfigErrors(at('dnsConfig'), spec, gates),
    ...(nodeName === '' ? [] : invalidEach(at('nodeName'), nodeName, subdomainName(nodeName, false))),
    ...(hostname === '' ? [] : invalidEach(at('hostname'), hostname, dnsLabelProblems(hostname))),
    ...(subdomain === '' ? [] : invalidEach(at('subdomain'), subdomain, dnsLabelProblems(subdomain))),
    ...(spec.hostAliases ?? []).flatMap(({ ip = '', hostnames = [] }, i) => [
      ...ipErrors([...at('hostAliases'), i, 'ip'], ip, { gates }),
      ...hostnames.flatMap((name, j) =>
        invalidEach([...at('hostAliases'), i, 'hostnames', j], name, dnsSubdomainProblems(name)),
      ),
    ]),
  ];
}

function dnsConfigErrors(
  path: FieldPath,
  { dnsPolicy, dnsConfig }: PodSpecObject,
  gates: FeatureGates,
): readonly FieldError[] {
  const isNone = dnsPolicy === 'None';
  if (dnsConfig === undefined) {
    return isNone ? [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')] : [];
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  const [ofServers, ofSearches] = [
    [...path, 'nameservers'],
    [...path, 'searches'],
  ];
  if (isNone && nameservers.length === 0) {
    return [required(ofServers, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  const errors: FieldError[] = [];
  const most = (value: readonly string[], at: FieldPath, what: string): void => {
    errors.push(invalid(at, value, `must not have more than ${what}`));
  };
  if (nameservers.length > MOST_NAMESERVERS) most(nameservers, ofServers, `${MOST_NAMESERVERS} nameservers`);
  nameservers.forEach((own, i) => errors.push(...ipErrors([...ofServers, i], own, { gates })));
  if (searches.length > MOST_SEARCHES) most(searches, ofSearches, `${MOST_SEARCHES} search paths`);
  if (searches.join(' ').length > MOST_SEARCH_LETTERS) {
    most(searches, ofSearches, `${MOST_SEARCH_LETTERS} characters (including spaces) in the search list`);
  }
  searches.forEach((own, i) => {
    if (own === '.') return;
    const bare = own.replace(/\.$/, '');
    errors.push(...invalidEach([...ofSearches, i], bare, dnsUnderscoreProblems(bare)));
  });
  options.forEach(({ name = '' }, i) => {
    if (name === '') errors.push(required([...path, 'options', i], 'must not be empty'));
  });
  return errors;
}

function portsErrors(path: FieldPath, ports: readonly ContainerPort[] = []): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name = '', containerPort = 0, hostPort = 0, protocol = 'TCP' }, i) => {
    const at = (field: string): FieldPath => [...path, i, field];
    const errors = name === '' ? [] : portNameErrors(at('name'), name);
    if (names.has(name)) errors.push(duplicate(at('name'), name));
    if (name !== '' && errors.length === 0) names.add(name);
    return [
      ...errors,
      ...(containerPort === 0 ? [required(at('containerPort'))] : portNumberErrors(at('containerPort'), containerPort)),
      ...(hostPort === 0 ? [] : portNumberErrors(at('hostPort'), hostPort)),
      ...protocolErrors(at('protocol'), protocol),
    ];
  });
}
