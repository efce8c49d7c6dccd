/**
 * Which endpoints a Service wants in one family: its pods, with conditions and resolved ports, grouped by ports.
 *
 * Mirrors kubernetes/endpointslice utils.go (podToEndpoint, getEndpointPorts). A pod counts when it has an address and has not ended.
 * ready = publishNotReadyAddresses, or serving and not terminating; serving = the pod's Ready condition.
 */
import type { IpFamily } from '../../net/index.js';
import { addressIn, type Endpoint, type EndpointPort, type Pod, type Service, type ServicePortSpec } from '../api.js';

/** Endpoints that serve the Service at the same ports. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Collects the pods of one Service. */
export class DesiredEndpoints {
  private readonly service: Service;
  private readonly family: IpFamily;
  /** Ports of every pod, when no target port has a name. */
  private readonly fixedPorts: readonly EndpointPort[] | undefined;
  private readonly groups = new Map<
    string,
    { readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }
  >();

  /**
   * @param service whose pods are going to be added
   * @param family of the addresses
   */
  constructor(service: Service, family: IpFamily = 4) {
    this.service = service;
    this.family = family;
    const named = service.ports.some((port) => typeof port.targetPort === 'string');
    this.fixedPorts = named ? undefined : service.ports.map((port) => resolved(port, port.targetPort as number));
  }

  /**
   * Adds a pod, if it is one that becomes an endpoint.
   * @param pod a pod that the Service selects
   * @param key its key, which becomes the endpoint's target
   */
  add(pod: Pod, key: string): void {
    const address = addressIn(pod, this.family);
    if (address === 0 || pod.phase === 'Failed' || pod.phase === 'Succeeded') return;
    const ports = this.fixedPorts ?? resolvePorts(this.service.ports, pod);
    this.groupFor(ports).push({
      address,
      node: pod.node,
      target: key,
      ready: this.service.publishNotReadyAddresses || (pod.ready && !pod.terminating),
      serving: pod.ready,
      terminating: pod.terminating,
      hints: null,
    });
  }

  /** The groups, in the order in which their first pods came. */
  result(): readonly EndpointGroup[] {
    return [...this.groups.values()];
  }

  private groupFor(ports: readonly EndpointPort[]): Endpoint[] {
    const key = ports === this.fixedPorts ? '' : portsKey(ports);
    let group = this.groups.get(key);
    if (group === undefined) {
      group = { ports, endpoints: [] };
      this.groups.set(key, group);
    }
    return group.endpoints;
  }
}

/** What tells port lists apart: the set of names, protocols and numbers, in whatever order. */
export function portsKey(ports: readonly EndpointPort[]): string {
  if (ports.length === 1) return portText(ports[0]!);
  return ports.map(portText).sort().join(',');
}

function portText(port: EndpointPort): string {
  return `${port.name}/${port.protocol}/${port.port}`;
}

/** A named target port is the pod's port of that name and protocol; without one the Service port is left out. */
function resolvePorts(specs: readonly ServicePortSpec[], pod: Pod): readonly EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const spec of specs) {
    const { targetPort } = spec;
    if (typeof targetPort === 'number') ports.push(resolved(spec, targetPort));
    else {
      const found = pod.ports.find((port) => port.name === targetPort && port.protocol === spec.protocol);
      if (found !== undefined) ports.push(resolved(spec, found.port));
    }
  }
  return ports;
}

function resolved(spec: ServicePortSpec, port: number): EndpointPort {
  return { name: spec.name, protocol: spec.protocol, port };
}
