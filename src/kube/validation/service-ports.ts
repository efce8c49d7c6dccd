/** Ports of Services (pkg/apis/core/validation validateServicePort and its surroundings, v1.31 to v1.34). */
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  required,
  type FieldError,
  type FieldPath,
} from './field-error.js';
import { dnsLabelProblems, qualifiedNameProblems } from './names.js';
import type { ServiceSpecObject } from './object-shapes.js';
import { portNumberErrors, portOrNameErrors, protocolErrors } from './port-values.js';
import { isHeadless } from './service-kind.js';

type Ports = NonNullable<ServiceSpecObject['ports']>;

/** Port of the kubelet, which no load balancer may show. */
const KUBELET_PORT = 10_250;

/** What is wrong with a Service's ports. */
export function portErrors(path: FieldPath, spec: ServiceSpecObject): FieldError[] {
  const { ports = [], type } = spec;
  if (ports.length === 0) return isHeadless(spec) || type === 'ExternalName' ? [] : [required(path)];
  return [
    ...(type === 'LoadBalancer' ? kubeletErrors(path, ports) : []),
    ...ports.flatMap((_, i) => singleErrors(path, ports, i)),
    ...(type === 'ClusterIP' ? nodePortErrors(path, ports) : []),
    ...duplicateNodePorts(path, ports),
    ...duplicatePorts(path, ports),
  ];
}

/** The name of a port, in a list in which the names before it are taken; with several ports each needs one. */
export function portNameFieldErrors(path: FieldPath, name: string, isRequired: boolean): FieldError[] {
  if (name === '') return isRequired ? [required(path)] : [];
  return invalidEach(path, name, dnsLabelProblems(name));
}

function singleErrors(path: FieldPath, ports: Ports, index: number): FieldError[] {
  const { name = '', protocol = '', appProtocol, port = 0, targetPort = 0 } = ports[index] ?? {};
  const at = (field: string): FieldPath => [...path, index, field];
  const isTaken = name !== '' && ports.slice(0, index).some((other) => other.name === name);
  return [
    ...portNameFieldErrors(at('name'), name, ports.length > 1),
    ...(isTaken ? [duplicate(at('name'), name)] : []),
    ...portNumberErrors(at('port'), port),
    ...protocolErrors(at('protocol'), protocol),
    ...portOrNameErrors(at('targetPort'), targetPort),
    ...(appProtocol === undefined
      ? []
      : invalidEach(at('appProtocol'), appProtocol, qualifiedNameProblems(appProtocol))),
  ];
}

function kubeletErrors(path: FieldPath, ports: Ports): FieldError[] {
  const detail = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
  return ports.flatMap(({ port }, i) => (port === KUBELET_PORT ? [invalid([...path, i], port, detail)] : []));
}

function nodePortErrors(path: FieldPath, ports: Ports): FieldError[] {
  const detail = "may not be used when `type` is 'ClusterIP'";
  return ports.flatMap(({ nodePort = 0 }, i) => (nodePort === 0 ? [] : [forbidden([...path, i, 'nodePort'], detail)]));
}

function duplicateNodePorts(path: FieldPath, ports: Ports): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ protocol = '', nodePort = 0 }, i) => {
    const isSecond = nodePort !== 0 && !isFirst(seen, `${protocol}/${nodePort}`);
    return isSecond ? [duplicate([...path, i, 'nodePort'], nodePort)] : [];
  });
}

function duplicatePorts(path: FieldPath, ports: Ports): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ protocol = '', port = 0 }, i) => {
    return isFirst(seen, `${protocol}/${port}`) ? [] : [duplicate([...path, i], { protocol, port })];
  });
}

function isFirst(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
