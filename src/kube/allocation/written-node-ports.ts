/**
 * What an API server with nothing allocated yet and the default range refuses of the node ports that are written in one Service: numbers
 * out of the range, and one number for two different ports, which validation lets through (pkg/registry/core/service
 * storage/alloc.go, v1.31 to v1.34).
 */
import { NODE_PORTS, nodePortAllocator } from '../ipam.js';
import { withServiceDefaults } from '../validation/defaults.js';
import type { FieldError } from '../validation/field-error.js';
import { SERVICE } from '../validation/object-shapes.js';
import { specOf } from '../validation/service-kind.js';
import { decode } from '../validation/shape.js';
import { withHealthCheck, withNewNodePorts } from './node-ports.js';
import { AllocationTransaction } from './transaction.js';

/** What is refused of a Service's node ports; nothing for what is no Service at all. */
export function writtenNodePortErrors(service: unknown): readonly FieldError[] {
  const { object, errors } = decode(SERVICE, service, { strict: false });
  if (errors.length > 0) return [];
  const transaction = new AllocationTransaction(nodePortAllocator(), NODE_PORTS);
  const ports = withNewNodePorts(specOf(withServiceDefaults(object)), transaction);
  return ports.errors.length > 0 ? ports.errors : withHealthCheck(ports.spec, undefined, transaction).errors;
}
