/**
 * What kube-proxy's HTTP server on health-check node ports answers (pkg/proxy/healthcheck/service_health.go, 1.34-era).
 *
 * A Service of type LoadBalancer with external policy Local has such a port; load balancers ask there which nodes have ready
 * endpoints of it, by whichever port of the Service. Cost: O(service ports) a question.
 */
import { objectKey } from '../kube/index.js';
import { isReady } from './endpoint-facts.js';
import type { Ledger } from './ledger.js';
import type { ServicePort } from './service-port.js';

/** What is read of a ledger. */
type LedgerView = Pick<Ledger, 'keysAt' | 'portAt'>;

/** HTTP status of an answer: some ready endpoint on the node, or none. */
export type HealthCheckStatus = 200 | 503;

/** Health-check node ports of a revision, by `namespace/name` of their Services. */
export function healthCheckNodePorts(ledger: LedgerView, revision: number): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  for (const port of portsAt(ledger, revision)) {
    if (port.healthCheckNodePort !== 0) ports.set(objectKey(port.namespace, port.service), port.healthCheckNodePort);
  }
  return ports;
}

/**
 * The answer on a port of a node.
 * @param node index of the node
 * @returns undefined when it is no Service's health-check node port: nobody listens there
 */
export function healthCheckStatus(
  ledger: LedgerView,
  revision: number,
  port: number,
  node: number,
): HealthCheckStatus | undefined {
  let status: HealthCheckStatus | undefined;
  for (const servicePort of portsAt(ledger, revision)) {
    if (servicePort.healthCheckNodePort !== port || port === 0) continue;
    if (hasLocalReady(servicePort, node)) return 200;
    status = 503;
  }
  return status;
}

function hasLocalReady({ endpoints }: ServicePort, node: number): boolean {
  for (let i = 0; i < endpoints.length; i++) {
    if (endpoints.node[i] === node && isReady(endpoints.conditions[i]!)) return true;
  }
  return false;
}

function* portsAt(ledger: LedgerView, revision: number): Iterable<ServicePort> {
  for (const key of ledger.keysAt(revision)) {
    const port = ledger.portAt(key, revision);
    if (port !== undefined) yield port;
  }
}
