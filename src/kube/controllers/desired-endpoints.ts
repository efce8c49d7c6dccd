/**
 * Which endpoints a Service wants in one family: its pods, with conditions and resolved ports, grouped by ports.
 *
 * Mirrors kubernetes/endpointslice utils.go (podToEndpoint, getEndpointPorts, FindPort) and util/controller_utils.go
 * (ShouldPodBeInEndpoints, NewPortMapKey). A pod counts when it has an address and has not ended. A pod whose node there is not is skipped,
 * unless the Service publishes addresses that are not ready.
 * ready = publishNotReadyAddresses, or serving and not terminating; serving = the pod's Ready condition.
 */
import type { IpFamily } from '../../net/index.js';
import { addressIn, type Endpoint, type EndpointPort, type Pod, type Service, type ServicePortSpec } from '../api.js';

/** Endpoints that serve the Service at the same ports. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Whether there is a node of an index. */
export type NodeLookup = (node: number) => boolean;

const EVERY_NODE: NodeLookup = () => true;

/** Collects the pods of one Service. */
export class DesiredEndpoints {
  /** Pods that were skipped for want of their node: a sync that met some has failed, and is tried again. */
  skipped = 0;
  private readonly service: Service;
  private readonly family: IpFamily;
  private readonly hasNode: NodeLookup;
  /** Ports of every pod, when no target port has a name. */
  private readonly fixedPorts: readonly EndpointPort[] | undefined;
  private readonly groups = new Map<
    string,
    { readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }
  >();

  /**
   * @param service whose pods are going to be added
   * @param family of the addresses
   * @param hasNode which nodes there are; all when nothing is said
   */
  constructor(service: Service, family: IpFamily = 4, hasNode: NodeLookup = EVERY_NODE) {
    this.service = service;
    this.family = family;
    this.hasNode = hasNode;
    this.fixedPorts = fixedPortsOf(service);
  }

  /**
   * Adds a pod, if it is one that becomes an endpoint.
   * @param pod a pod that the Service selects
   * @param key its key, which becomes the endpoint's target
   */
  add(pod: Pod, key: string): void {
    if (!mayBeEndpoint(pod)) return;
    // A group is there for its ports even when no pod of it has an address of the family, or a node.
    const group = this.groupFor(this.fixedPorts ?? resolvePorts(this.service.ports, pod));
    if (!this.service.publishNotReadyAddresses && !this.hasNode(pod.node)) {
      this.skipped++;
      return;
    }
    const endpoint = endpointOf(this.service, this.family, pod, key);
    if (endpoint !== undefined) group.push(endpoint);
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

/** The ports at which every pod serves a Service; undefined when that depends on the pod, because a target port has a name. */
export function fixedPortsOf({ ports }: Service): readonly EndpointPort[] | undefined {
  if (ports.some((port) => typeof port.targetPort === 'string')) return undefined;
  return ports.map((port) => resolved(port, port.targetPort as number));
}

/** Whether a pod is an endpoint of the Services that select it: it has an address and has not ended. */
export function mayBeEndpoint({ ip, secondIp, phase }: Pod): boolean {
  return (ip !== 0 || secondIp !== 0) && phase !== 'Failed' && phase !== 'Succeeded';
}

/** A pod as endpoint of a Service; undefined without address of the family. @param key the pod's */
export function endpointOf(service: Service, family: IpFamily, pod: Pod, key: string): Endpoint | undefined {
  const address = addressIn(pod, family);
  if (address === 0) return undefined;
  const { uid } = pod.metadata;
  const endpoint: Endpoint = {
    address,
    node: pod.node,
    target: key,
    ready: service.publishNotReadyAddresses || (pod.ready && !pod.terminating),
    serving: pod.ready,
    terminating: pod.terminating,
    hints: null,
    ...(hasHostname(service, pod) && { hostname: pod.hostname }),
  };
  return uid === undefined ? endpoint : { ...endpoint, targetUid: uid };
}

/** Whether an endpoint has its pod's hostname: the pod names the Service as its subdomain. */
export function hasHostname(service: Service, pod: Pod): pod is Pod & { readonly hostname: string } {
  return (pod.hostname ?? '') !== '' && pod.subdomain === service.metadata.name;
}

/** What tells port lists apart: the set of names, protocols, numbers and application protocols, in whatever order. */
export function portsKey(ports: readonly EndpointPort[]): string {
  if (ports.length === 1) return portText(ports[0]!);
  return ports.map(portText).sort().join(',');
}

function portText({ name, protocol, port, appProtocol }: EndpointPort): string {
  const text = `${name}/${protocol}/${port}`;
  return appProtocol === undefined ? text : `${text}/${appProtocol}`;
}

/** A named target port is the pod's first port of that name and protocol; without one the Service port is left out. */
export function resolvePorts(specs: readonly ServicePortSpec[], pod: Pod): readonly EndpointPort[] {
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

function resolved({ name, protocol, appProtocol }: ServicePortSpec, port: number): EndpointPort {
  return appProtocol === undefined ? { name, protocol, port } : { name, protocol, port, appProtocol };
}
