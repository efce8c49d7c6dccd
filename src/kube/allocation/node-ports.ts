/**
 * Node ports of a Service's ports and of its health check (pkg/registry/core/service storage/alloc.go initNodePorts, updateNodePorts,
 * updateHealthCheckNodePort, v1.31 to v1.34).
 *
 * Ports of one number, TCP and UDP, share a node port. A load balancer that wants none gets those alone that are written. The
 * first port that cannot be had ends the request.
 */
import { internalError, invalid, type FieldError, type FieldPath } from '../validation/field-error.js';
import type { ServiceSpecObject } from '../validation/object-shapes.js';
import { needsHealthCheck, needsNodePort } from '../validation/service-kind.js';
import type { SpecOrErrors } from './init-families.js';
import type { AllocationTransaction } from './transaction.js';

type Ports = NonNullable<ServiceSpecObject['ports']>;

/** The `spec` of a new Service with its node ports. */
export function withNewNodePorts(spec: ServiceSpecObject, transaction: AllocationTransaction): SpecOrErrors {
  const { ports = [] } = spec;
  if (!needsNodePort(spec)) return { spec, errors: [] };
  const byPort = new Map<number, number>();
  const result: Ports[number][] = [];
  for (const [index, port] of ports.entries()) {
    const { port: number = 0, nodePort: own = 0 } = port;
    const shared = byPort.get(number);
    const chosen =
      shared === undefined ? ports.find((other) => other.port === number && other.nodePort)?.nodePort : own;
    if (own === 0 && !allocates(spec)) result.push(port);
    else if (shared !== undefined && (own === 0 || own === shared)) result.push({ ...port, nodePort: shared });
    else {
      const { nodePort, errors } = oneNodePort(chosen ?? 0, index, transaction);
      if (errors.length > 0) return { spec, errors };
      if (shared === undefined) byPort.set(number, nodePort);
      result.push({ ...port, nodePort });
    }
  }
  return { spec: { ...spec, ports: result }, errors: [] };
}

/** The `spec` of a changed Service with its node ports; those that it no longer has are given back. */
export function withChangedNodePorts(
  spec: ServiceSpecObject,
  before: ServiceSpecObject,
  transaction: AllocationTransaction,
): SpecOrErrors {
  const old = nodePortsOf(before);
  if (!needsNodePort(spec)) {
    if (needsNodePort(before)) for (const port of old) transaction.releaseNodePort(port);
    return { spec, errors: [] };
  }
  const taken = new Set(old);
  const result: Ports[number][] = [];
  for (const [index, port] of (spec.ports ?? []).entries()) {
    const { nodePort: own = 0 } = port;
    if ((own === 0 && !allocates(spec)) || (own !== 0 && taken.has(own))) result.push(port);
    else {
      const { nodePort, errors } = oneNodePort(own, index, transaction);
      if (errors.length > 0) return { spec, errors };
      taken.add(nodePort);
      result.push({ ...port, nodePort });
    }
  }
  const changed = { ...spec, ports: result };
  const kept = nodePortsOf(changed);
  for (const port of old) if (!kept.has(port)) transaction.releaseNodePort(port);
  return { spec: changed, errors: [] };
}

/**
 * The `spec` with its health-check node port.
 * @param before the `spec` before an update; undefined for a new Service
 */
export function withHealthCheck(
  spec: ServiceSpecObject,
  before: ServiceSpecObject | undefined,
  transaction: AllocationTransaction,
): SpecOrErrors {
  const wasNeeded = before !== undefined && needsHealthCheck(before);
  const old = before?.healthCheckNodePort ?? 0;
  if (wasNeeded && !needsHealthCheck(spec) && old !== 0) transaction.releaseNodePort(old);
  if (wasNeeded || !needsHealthCheck(spec)) return { spec, errors: [] };
  const path: FieldPath = ['spec', 'healthCheckNodePort'];
  const { healthCheckNodePort: chosen = 0 } = spec;
  if (chosen === 0) {
    const port = transaction.nextNodePort();
    if (port !== undefined) return { spec: { ...spec, healthCheckNodePort: port }, errors: [] };
    return { spec, errors: [internalError(path, 'failed to allocate a HealthCheck NodePort: range is full')] };
  }
  const refusal = transaction.takeNodePort(chosen);
  if (refusal === undefined) return { spec, errors: [] };
  const detail = `failed to allocate requested HealthCheck NodePort ${chosen}: ${refusal}`;
  return { spec, errors: [internalError(path, detail)] };
}

/** Node ports of a Service, without that of its health check. */
export function nodePortsOf({ ports = [] }: ServiceSpecObject): ReadonlySet<number> {
  return new Set(ports.flatMap(({ nodePort = 0 }) => (nodePort === 0 ? [] : [nodePort])));
}

/** Takes one node port, the next one where none is chosen. */
function oneNodePort(
  chosen: number,
  index: number,
  transaction: AllocationTransaction,
): { readonly nodePort: number; readonly errors: readonly FieldError[] } {
  const path: FieldPath = ['spec', 'ports', index, 'nodePort'];
  if (chosen === 0) {
    const next = transaction.nextNodePort();
    if (next !== undefined) return { nodePort: next, errors: [] };
    return { nodePort: 0, errors: [internalError(path, 'failed to allocate a nodePort: range is full')] };
  }
  const refusal = transaction.takeNodePort(chosen);
  return { nodePort: chosen, errors: refusal === undefined ? [] : [invalid(path, chosen, refusal)] };
}

function allocates({ type, allocateLoadBalancerNodePorts: own }: ServiceSpecObject): boolean {
  return type === 'NodePort' || own !== false;
}
