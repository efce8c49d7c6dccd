/**
 * Pods for endpoints that only slices tell of: every endpoint of the simulated cluster has a Pod that answers.
 *
 * One Pod may stand in slices of several port sets, of both families and of several Services: it is known by its name, else by its address. Endpoints
 * without name of the two families belong together in their order.
 */
import type { Service } from '../../kube/api.js';
import { familyOf, type IpAddress } from '../../net/index.js';
import type { ReadPod } from './pod.js';
import type { ReadEndpoint, ReadSlice } from './slice.js';

/** Gathers the Pods of all Services. */
export class EndpointPods {
  private readonly byName = new Map<string, ReadPod>();
  /** Names of Pods by their addresses; of listed Pods empty, which need no other. */
  private readonly byAddress = new Map<IpAddress, string>();

  /** @param listed Pods that there are already */
  constructor(listed: readonly ReadPod[]) {
    for (const { ip, secondIp } of listed) for (const own of [ip, secondIp]) this.byAddress.set(own, '');
    this.byAddress.delete(0);
  }

  /**
   * Adds the Pods of a Service.
   * @param slices the Service's own
   * @returns whether any Pod was made or found for it
   */
  add(service: Service, slices: readonly ReadSlice[]): boolean {
    const unnamed: Record<4 | 6, string[]> = { 4: [], 6: [] };
    let any = false;
    for (const slice of slices) {
      for (const [index, endpoint] of slice.endpoints.entries()) {
        const other = unnamed[slice.family === 4 ? 6 : 4];
        const fallback = other[unnamed[slice.family].length] ?? `${slice.metadata.name}-${index}`;
        const known = this.byAddress.get(endpoint.address);
        if (known === '') continue;
        const prefix = `${service.metadata.namespace}/`;
        const own = prefix + (endpoint.pod === '' ? fallback : endpoint.pod);
        // Services select Pods of their namespace only: another one's Pod at the same address does not do.
        const name = known?.startsWith(prefix) ? known : own;
        if (endpoint.pod === '') unnamed[slice.family].push(fallback);
        const pod = podOf(service, slice, endpoint, name);
        this.byName.set(name, joined(this.byName.get(name), pod));
        this.byAddress.set(endpoint.address, name);
        any = true;
      }
    }
    return any;
  }

  /** All Pods made, in the order in which they came up. */
  pods(): IterableIterator<ReadPod> {
    return this.byName.values();
  }
}

function podOf(service: Service, slice: ReadSlice, endpoint: ReadEndpoint, key: string): ReadPod {
  const { namespace } = service.metadata;
  const { ready, serving, terminating } = endpoint;
  return {
    metadata: { namespace, name: key.slice(namespace.length + 1), labels: service.selector ?? {} },
    ip: endpoint.address,
    secondIp: 0,
    hostNetwork: false,
    nodeName: endpoint.nodeName,
    phase: 'Running',
    // An endpoint that is terminating is not ready, whatever its Pod's condition.
    ready: terminating ? serving : ready,
    terminating,
    ports: slice.ports.map((port) => ({ ...port, name: targetName(service, port.name) })),
  };
}

function joined(before: ReadPod | undefined, pod: ReadPod): ReadPod {
  if (before === undefined) return pod;
  const second = familyOf(before.ip) === familyOf(pod.ip) ? before.secondIp : pod.ip;
  const ports = pod.ports.filter(({ name, protocol, port }) => {
    return !before.ports.some((own) => own.name === name && own.protocol === protocol && own.port === port);
  });
  const labels = { ...before.metadata.labels, ...pod.metadata.labels };
  return { ...before, metadata: { ...before.metadata, labels }, secondIp: second, ports: [...before.ports, ...ports] };
}

/** Name of the container port behind a Service port, where the Service names it. */
function targetName(service: Service, portName: string): string {
  const target = service.ports.find((port) => port.name === portName)?.targetPort;
  return typeof target === 'string' ? target : '';
}
