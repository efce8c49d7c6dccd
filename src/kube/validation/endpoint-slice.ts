/**
 * EndpointSlices as the API server checks them on creation and on update (pkg/apis/discovery/validation, v1.31 to v1.34).
 *
 * Names of several endpoints or slices may agree; only ports must differ by name. Endpoints that an update does not change are not
 * looked at again (since v1.33).
 */
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  required,
  tooMany,
  type FieldError,
  type FieldPath,
} from './field-error.js';
import type { FeatureGates } from './feature-gates.js';
import { endpointIpErrors, familyIpErrors } from './ip-values.js';
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainName,
} from './names.js';
import { labelErrors, metaErrors } from './object-meta.js';
import type { EndpointSliceObject } from './object-shapes.js';
import { protocolErrors } from './port-values.js';

type Endpoint = NonNullable<EndpointSliceObject['endpoints']>[number];

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'];
const MOST_ENDPOINTS = 1000;
const MOST_ADDRESSES = 100;
/** 100 before v1.26. */
const MOST_PORTS = 20_000;
const MOST_HINTS = 8;
const MOST_TOPOLOGY_LABELS = 16;

/** What the API server refuses of a new slice. */
export function sliceCreateErrors(slice: EndpointSliceObject, gates: FeatureGates): FieldError[] {
  const { addressType = '', endpoints = [], ports = [] } = slice;
  return [
    ...metaErrors(slice.metadata ?? {}, { nameCheck: subdomainName, namespaced: true }),
    ...addressTypeErrors(['addressType'], addressType),
    ...endpointListErrors(['endpoints'], endpoints, addressType, gates),
    ...portListErrors(['ports'], ports),
  ];
}

/** What the API server refuses of a changed slice. */
export function sliceUpdateErrors(
  slice: EndpointSliceObject,
  before: EndpointSliceObject,
  gates: FeatureGates,
): FieldError[] {
  const isSame = JSON.stringify(slice.endpoints ?? []) === JSON.stringify(before.endpoints ?? []);
  const errors = sliceCreateErrors(isSame ? { ...slice, endpoints: [] } : slice, gates);
  if ((slice.addressType ?? '') === (before.addressType ?? '')) return errors;
  return [...errors, invalid(['addressType'], slice.addressType ?? '', 'field is immutable')];
}

function addressTypeErrors(path: FieldPath, addressType: string): FieldError[] {
  if (addressType === '') return [required(path)];
  return ADDRESS_TYPES.includes(addressType) ? [] : [notSupported(path, addressType, ADDRESS_TYPES)];
}

function endpointListErrors(
  path: FieldPath,
  endpoints: readonly Endpoint[],
  addressType: string,
  gates: FeatureGates,
): FieldError[] {
  if (endpoints.length > MOST_ENDPOINTS) return [tooMany(path, endpoints.length, MOST_ENDPOINTS)];
  return endpoints.flatMap((endpoint, i) => endpointErrors([...path, i], endpoint, addressType, gates));
}

function endpointErrors(path: FieldPath, endpoint: Endpoint, addressType: string, gates: FeatureGates): FieldError[] {
  const { addresses = [], hostname, nodeName, deprecatedTopology: topology = {}, hints } = endpoint;
  const at = (field: string): FieldPath => [...path, field];
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(at('addresses'), 'must contain at least 1 address'));
  if (addresses.length > MOST_ADDRESSES) errors.push(tooMany(at('addresses'), addresses.length, MOST_ADDRESSES));
  addresses.forEach((own, i) => errors.push(...addressErrors([...path, 'addresses', i], own, addressType, gates)));
  if (nodeName !== undefined) errors.push(...invalidEach(at('nodeName'), nodeName, subdomainName(nodeName, false)));
  const labels = Object.keys(topology).length;
  if (labels > MOST_TOPOLOGY_LABELS) errors.push(tooMany(at('deprecatedTopology'), labels, MOST_TOPOLOGY_LABELS));
  errors.push(...labelErrors(at('deprecatedTopology'), topology));
  if (hostname !== undefined) errors.push(...invalidEach(at('hostname'), hostname, dnsLabelProblems(hostname)));
  const byLabel = labelValueProblems;
  const byName = (name: string): readonly string[] => subdomainName(name, false);
  return [
    ...errors,
    ...hintErrors([...path, 'hints', 'forZones'], hints?.forZones, byLabel),
    ...hintErrors([...path, 'hints', 'forNodes'], hints?.forNodes, byName),
  ];
}

/** Addresses of a type that is not known are not looked at. */
function addressErrors(path: FieldPath, value: string, addressType: string, gates: FeatureGates): FieldError[] {
  if (addressType === 'FQDN') return fullNameErrors(path, value);
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return [];
  return [...familyIpErrors(path, value, addressType === 'IPv4' ? 4 : 6, { gates }), ...endpointIpErrors(path, value)];
}

/** A domain name of at least two labels; a dot may stand behind. */
function fullNameErrors(path: FieldPath, value: string): FieldError[] {
  if (value === '') return [required(path)];
  const name = value.replace(/\.$/, '');
  const problems = dnsSubdomainProblems(name);
  if (problems.length > 0) return [invalid(path, name, problems.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) {
    return [invalid(path, name, 'should be a domain with at least two segments separated by dots')];
  }
  const bad = labels.find((label) => dnsLabelProblems(label).length > 0);
  return bad === undefined ? [] : [invalid(path, bad, dnsLabelProblems(bad).join(','))];
}

function hintErrors(
  path: FieldPath,
  hints: NonNullable<Endpoint['hints']>['forZones'],
  check: (name: string) => readonly string[],
): FieldError[] {
  const names = (hints ?? []).map(({ name = '' }) => name);
  if (names.length > MOST_HINTS) return [tooMany(path, names.length, MOST_HINTS)];
  return names.flatMap((name, i) => [
    ...(names.indexOf(name) < i ? [duplicate([...path, i, 'name'], name)] : []),
    ...invalidEach([...path, i, 'name'], name, check(name)),
  ]);
}

function portListErrors(path: FieldPath, ports: NonNullable<EndpointSliceObject['ports']>): FieldError[] {
  if (ports.length > MOST_PORTS) return [tooMany(path, ports.length, MOST_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol = '', appProtocol }, i) => {
    const at = (field: string): FieldPath => [...path, i, field];
    const isSecond = names.has(name);
    names.add(name);
    return [
      ...(name === '' ? [] : invalidEach(at('name'), name, dnsLabelProblems(name))),
      ...(isSecond ? [duplicate(at('name'), name)] : []),
      ...protocolErrors(at('protocol'), protocol),
      ...(appProtocol === undefined
        ? []
        : invalidEach(at('appProtocol'), appProtocol, qualifiedNameProblems(appProtocol))),
    ];
  });
}
