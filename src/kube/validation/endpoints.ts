/**
 * Endpoints as the API server checks them on creation and on update (pkg/apis/core/validation ValidateEndpoints, v1.31 to v1.34).
 *
 * Addresses may be anybody's but those of loopback and link (`endpointIpErrors`); cluster addresses are not refused. Subsets that an
 * update does not change are not looked at again (since v1.33).
 */
import { invalidEach, required, type FieldError, type FieldPath } from './field-error.js';
import type { FeatureGates } from './feature-gates.js';
import { endpointIpErrors, ipErrors } from './ip-values.js';
import { dnsLabelProblems, qualifiedNameProblems, subdomainName } from './names.js';
import { metaErrors, metaUpdateErrors } from './object-meta.js';
import type { EndpointsObject } from './object-shapes.js';
import { portNumberErrors, protocolErrors } from './port-values.js';
import { portNameFieldErrors } from './service-ports.js';

type Subset = NonNullable<EndpointsObject['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

/** What the API server refuses of new Endpoints. */
export function endpointsCreateErrors(endpoints: EndpointsObject, gates: FeatureGates): FieldError[] {
  return [
    ...metaErrors(endpoints.metadata ?? {}, { nameCheck: subdomainName, namespaced: true }),
    ...(endpoints.subsets ?? []).flatMap((subset, i) => subsetErrors(['subsets', i], subset, gates)),
  ];
}

/** What the API server refuses of changed Endpoints. */
export function endpointsUpdateErrors(
  endpoints: EndpointsObject,
  before: EndpointsObject,
  gates: FeatureGates,
): FieldError[] {
  const isSame = JSON.stringify(endpoints.subsets ?? []) === JSON.stringify(before.subsets ?? []);
  return [
    ...metaUpdateErrors(endpoints.metadata ?? {}, before.metadata ?? {}),
    ...endpointsCreateErrors(isSame ? { ...endpoints, subsets: [] } : endpoints, gates),
  ];
}

function subsetErrors(path: FieldPath, subset: Subset, gates: FeatureGates): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const errors: FieldError[] = [];
  if (addresses.length + notReadyAddresses.length === 0) {
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  addresses.forEach((own, i) => errors.push(...addressErrors([...path, 'addresses', i], own, gates)));
  notReadyAddresses.forEach((own, i) => errors.push(...addressErrors([...path, 'notReadyAddresses', i], own, gates)));
  ports.forEach(({ name = '', port = 0, protocol = '', appProtocol }, i) => {
    const at = (field: string): FieldPath => [...path, 'ports', i, field];
    errors.push(
      ...portNameFieldErrors(at('name'), name, ports.length > 1),
      ...portNumberErrors(at('port'), port),
      ...protocolErrors(at('protocol'), protocol),
    );
    if (appProtocol !== undefined) {
      errors.push(...invalidEach(at('appProtocol'), appProtocol, qualifiedNameProblems(appProtocol)));
    }
  });
  return errors;
}

function addressErrors(
  path: FieldPath,
  { ip = '', hostname = '', nodeName }: Address,
  gates: FeatureGates,
): FieldError[] {
  return [
    ...ipErrors([...path, 'ip'], ip, { gates }),
    ...(hostname === '' ? [] : invalidEach([...path, 'hostname'], hostname, dnsLabelProblems(hostname))),
    ...(nodeName === undefined ? [] : invalidEach([...path, 'nodeName'], nodeName, subdomainName(nodeName, false))),
    ...endpointIpErrors([...path, 'ip'], ip),
  ];
}
