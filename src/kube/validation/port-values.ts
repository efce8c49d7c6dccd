/** Port numbers, port names and protocols as the API server checks them (apimachinery util/validation, about v1.34). */
import { invalidEach, notSupported, required, type FieldError, type FieldPath } from './field-error.js';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];

/** A port number. */
export function portNumberErrors(path: FieldPath, port: number): FieldError[] {
  return port >= 1 && port <= 65535 ? [] : invalidEach(path, port, ['must be between 1 and 65535, inclusive']);
}

/** The name of a container port (RFC 6335). */
export function portNameErrors(path: FieldPath, name: string): FieldError[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 bytes');
  if (!/^[-a-z0-9]+$/.test(name)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return invalidEach(path, name, problems);
}

/** A port number or the name of a container port. */
export function portOrNameErrors(path: FieldPath, port: number | string): FieldError[] {
  return typeof port === 'number' ? portNumberErrors(path, port) : portNameErrors(path, port);
}

/** A protocol, in capital letters. */
export function protocolErrors(path: FieldPath, protocol: string): FieldError[] {
  if (protocol === '') return [required(path)];
  return PROTOCOLS.includes(protocol) ? [] : [notSupported(path, protocol, PROTOCOLS)];
}
