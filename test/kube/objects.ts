/** Kubernetes objects for tests, with what a test does not care about filled in. */
import type { Endpoint, EndpointSlice, Pod, Service } from '../../src/kube/index.js';
import { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_DEFAULTS, SERVICE_NAME_LABEL } from '../../src/kube/index.js';
import { parseIp } from '../../src/net/index.js';

/** The address that a text names. */
export function ip(text: string): number {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}

/** Service `test/foo` with one TCP port 80 to 8080 and the selector `app=foo`. */
export function service(changes: Partial<Service> = {}): Service {
  return {
    metadata: { namespace: 'test', name: 'foo', labels: {} },
    type: 'ClusterIP',
    clusterIp: ip('10.96.0.10'),
    headless: false,
    selector: { app: 'foo' },
    ports: [{ name: '', protocol: 6, port: 80, targetPort: 8080, nodePort: 0 }],
    ...SERVICE_DEFAULTS,
    ...changes,
  };
}

/** Ready pod `test/pod-<n>` at 10.244.0.0 + n on node 0. */
export function pod(n: number, changes: Partial<Pod> = {}): Pod {
  return {
    metadata: { namespace: 'test', name: `pod-${n}`, labels: { app: 'foo' } },
    ip: ip('10.244.0.0') + n,
    secondIp: 0,
    hostNetwork: false,
    node: 0,
    phase: 'Running',
    ready: true,
    terminating: false,
    ports: [],
    ...changes,
  };
}

/** The ready endpoint of `pod(n)`. */
export function endpoint(n: number, changes: Partial<Endpoint> = {}): Endpoint {
  return {
    address: ip('10.244.0.0') + n,
    node: 0,
    target: `test/pod-${n}`,
    ready: true,
    serving: true,
    terminating: false,
    hints: null,
    ...changes,
  };
}

/** Endpoints `from` to `to`, both included. */
export function endpoints(from: number, to: number): Endpoint[] {
  return Array.from({ length: to - from + 1 }, (_, i) => endpoint(from + i));
}

/** A slice of `test/foo` as the controller writes it. */
export function slice(name: string, members: readonly Endpoint[], port = 8080): EndpointSlice {
  const labels = { [SERVICE_NAME_LABEL]: 'foo', [MANAGED_BY_LABEL]: MANAGED_BY };
  return {
    metadata: { namespace: 'test', name, labels },
    family: 4,
    service: 'foo',
    ports: [{ name: '', protocol: 6, port }],
    endpoints: members,
  };
}
