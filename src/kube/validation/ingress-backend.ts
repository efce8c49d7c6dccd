/** Backends of Ingresses (pkg/apis/networking/validation validateIngressBackend, v1.31 to v1.34): a Service's port or another object. */
import { invalid, invalidEach, required, type FieldError, type FieldPath } from './field-error.js';
import { dnsSubdomainProblems, label1035Name, labelName, pathSegmentProblems } from './names.js';
import type { IngressObject } from './object-shapes.js';
import { portNameErrors, portNumberErrors } from './port-values.js';

type Backend = NonNullable<NonNullable<IngressObject['spec']>['defaultBackend']>;

/**
 * What is wrong with a backend.
 * @param relaxedNames whether names of Services may begin with a digit
 */
export function ingressBackendErrors(path: FieldPath, backend: Backend, relaxedNames: boolean): FieldError[] {
  const { service, resource } = backend;
  if (resource !== undefined && service !== undefined) {
    return [invalid(path, '', 'cannot set both resource and service backends')];
  }
  if (resource !== undefined) return resourceErrors([...path, 'resource'], resource);
  if (service === undefined) return [invalid(path, '', 'resource or service backend is required')];
  const { name = '', port = {} } = service;
  const check = relaxedNames ? labelName : label1035Name;
  const namePath = [...path, 'service', 'name'];
  const ofName = name === '' ? [required(namePath)] : invalidEach(namePath, name, check(name, false));
  return [...ofName, ...servicePortErrors(path, port)];
}

function servicePortErrors(
  path: FieldPath,
  { name = '', number = 0 }: NonNullable<NonNullable<Backend['service']>['port']>,
): FieldError[] {
  const portPath = [...path, 'service', 'port'];
  if (name !== '' && number !== 0) return [invalid(path, '', 'cannot set both port name & port number')];
  if (name !== '') return portNameErrors([...portPath, 'name'], name);
  return number === 0
    ? [required(path, 'port name or number is required')]
    : portNumberErrors([...portPath, 'number'], number);
}

function resourceErrors(path: FieldPath, resource: NonNullable<Backend['resource']>): FieldError[] {
  const { apiGroup, kind = '', name = '' } = resource;
  const group =
    apiGroup === undefined ? [] : invalidEach([...path, 'apiGroup'], apiGroup, dnsSubdomainProblems(apiGroup));
  return [
    ...group,
    ...Object.entries({ kind, name }).flatMap(([field, value]) => {
      if (value === '') return [required([...path, field], `${field} is required`)];
      return invalidEach([...path, field], value, pathSegmentProblems(value));
    }),
  ];
}
