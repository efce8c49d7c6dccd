/**
 * Gives Services the cluster addresses and node ports that they lack (pkg/registry/core/service storage/alloc.go, about v1.31).
 *
 * What is written in an object stays, also when it lies outside of the service CIDR (the manifests of another cluster); what
 * is missing is allocated in the order of the Services.
 */
import { formatIpv4, inIpv4Prefix } from '../net/index.js';
import type { Service, ServicePortSpec } from './api.js';
import { ClusterError } from './cluster-error.js';
import {
  checkNodePorts,
  checkServiceCidr,
  clusterIpAllocator,
  nodePortAllocator,
  type BandAllocator,
  type Cidr,
} from './ipam.js';
import { objectKey } from './store.js';

/**
 * The Services with all their addresses.
 * @param services as written by the user
 * @param cidr the service CIDR
 * @throws ClusterError when a range is too small or two Services want the same address or node port
 */
export function withAddresses(services: readonly Service[], cidr: Cidr): readonly Service[] {
  // Every cluster has the Service `kubernetes`, whether the manifests show it or not, and it has the first address.
  const kept = cidr.address + 1;
  const fromCidr = ({ clusterIp }: Service): boolean =>
    clusterIp !== kept && inIpv4Prefix(clusterIp, cidr.address, cidr.bits);
  checkServiceCidr(cidr, services.filter((service) => needsClusterIp(service) || fromCidr(service)).length);
  checkNodePorts(services.reduce((sum, service) => sum + (hasNodePorts(service) ? distinctPorts(service).size : 0), 0));
  const ips = clusterIpAllocator(cidr);
  const nodePorts = nodePortAllocator();
  for (const service of services) takeWritten(service, ips, nodePorts);
  ips.take(kept);
  return services.map((service) => complete(service, ips, nodePorts));
}

function takeWritten(service: Service, ips: BandAllocator, nodePorts: BandAllocator): void {
  const { clusterIp } = service;
  if (clusterIp !== 0 && !ips.take(clusterIp)) refuse(service, `cluster IP ${formatIpv4(clusterIp)}`);
  if (!hasNodePorts(service)) return;
  for (const nodePort of new Set(service.ports.map((port) => port.nodePort))) {
    if (nodePort !== 0 && !nodePorts.take(nodePort)) refuse(service, `node port ${nodePort}`);
  }
}

function refuse(service: Service, what: string): never {
  const { namespace, name } = service.metadata;
  throw new ClusterError(`Service ${objectKey(namespace, name)} has ${what}, which another Service has too`);
}

function complete(service: Service, ips: BandAllocator, nodePorts: BandAllocator): Service {
  const clusterIp = needsClusterIp(service) ? required(ips.next()) : service.clusterIp;
  const ports = hasNodePorts(service) ? withNodePorts(service.ports, nodePorts) : service.ports;
  return clusterIp === service.clusterIp && ports === service.ports ? service : { ...service, clusterIp, ports };
}

/** Ports of one number (TCP and UDP) share their node port. */
function withNodePorts(ports: readonly ServicePortSpec[], nodePorts: BandAllocator): readonly ServicePortSpec[] {
  const byPort = new Map<number, number>();
  for (const port of ports) if (port.nodePort !== 0 && !byPort.has(port.port)) byPort.set(port.port, port.nodePort);
  return ports.map((port) => {
    if (port.nodePort !== 0) return port;
    const nodePort = byPort.get(port.port) ?? required(nodePorts.next());
    byPort.set(port.port, nodePort);
    return { ...port, nodePort };
  });
}

/** A number from a range that was checked to be large enough. */
function required(number: number | undefined): number {
  if (number === undefined) throw new ClusterError('a range of addresses or node ports is used up');
  return number;
}

function needsClusterIp(service: Service): boolean {
  return service.clusterIp === 0 && !service.headless && service.type !== 'ExternalName';
}

function hasNodePorts(service: Service): boolean {
  return !service.headless && (service.type === 'NodePort' || service.type === 'LoadBalancer');
}

function distinctPorts(service: Service): Set<number> {
  return new Set(service.ports.map((port) => port.port));
}
