/**
 * Gives Services the addresses and node ports that they lack (pkg/registry/core/service storage/alloc.go, about v1.31; the load balancer's
 * as MetalLB gives them, from a pool, one of each of the Service's families).
 *
 * What is written in an object stays, also when it lies outside of the ranges (the manifests of another cluster); what is missing
 * is allocated in the order of the Services. A load balancer's status, where it is written, stays as it is.
 */
import { familyOf, formatIp, type IpAddress, type IpFamily } from '../net/index.js';
import { addressAt, formatCidr, offsetIn, rangeSize } from './address-range.js';
import type { Service, ServicePortSpec } from './api.js';
import { ClusterError } from './cluster-error.js';
import type { FamilyRanges } from './cluster-setup.js';
import {
  AddressAllocator,
  checkNodePorts,
  checkServiceCidr,
  clusterIpAllocator,
  nodePortAllocator,
  type BandAllocator,
} from './ipam.js';
import { familiesOf } from './service-families.js';
import { objectKey } from './store.js';

/** Ranges of one family; without a pool nothing is allocated that comes from it. */
type ServiceRanges = Pick<FamilyRanges, 'family' | 'serviceCidr' | 'loadBalancerCidr'>;

/** Where addresses come from. */
interface Pools {
  readonly clusterIps: ReadonlyMap<IpFamily, AddressAllocator>;
  readonly loadBalancer: ReadonlyMap<IpFamily, AddressAllocator>;
  readonly nodePorts: BandAllocator;
}

/**
 * The Services with all their addresses and families.
 * @param services as written by the user
 * @param ranges those of the cluster's families, the primary one first
 * @param externalIps how many external addresses each Service without one gets, in each of its families, out of the pool
 * @param reserved cluster IPs that others have
 * @throws ClusterError when a range is too small, when two Services want the same address or node port, or when one wants a
 *   family that the cluster does not have
 */
export function withAddresses(
  services: readonly Service[],
  ranges: readonly ServiceRanges[],
  externalIps = 0,
  reserved: readonly IpAddress[] = [],
): readonly Service[] {
  const cluster = ranges.map(({ family }) => family);
  const wanted = services.map((service) => {
    const { clusterIp, clusterIps } = service;
    const listed = { ...service, clusterIps: clusterIps.length === 0 && clusterIp !== 0 ? [clusterIp] : clusterIps };
    return { ...listed, ipFamilies: familiesOf(listed, cluster) };
  });
  for (const range of ranges) checkRoom(wanted, range);
  checkNodePorts(wanted.reduce((sum, service) => sum + nodePortsOf(service), 0));
  const pools = poolsOf(ranges);
  for (const own of reserved) pools.clusterIps.get(familyOf(own))?.take(own);
  for (const service of wanted) takeWritten(service, pools);
  // Every cluster has the Service `kubernetes`, whether the manifests show it or not, and it has the first address.
  for (const { family, serviceCidr } of ranges) pools.clusterIps.get(family)?.take(addressAt(serviceCidr, 1));
  return wanted.map((service) => complete(service, pools, externalIps));
}

function checkRoom(services: readonly Service[], { family, serviceCidr }: ServiceRanges): void {
  const fromCidr = (service: Service): boolean => {
    const own = written(service, family);
    return own === 0 ? needsClusterIp(service, family) : offsetIn(serviceCidr, own) > 1;
  };
  checkServiceCidr(serviceCidr, services.filter(fromCidr).length);
}

function poolsOf(ranges: readonly ServiceRanges[]): Pools {
  return {
    clusterIps: new Map(ranges.map(({ family, serviceCidr }) => [family, clusterIpAllocator(serviceCidr)])),
    loadBalancer: new Map(
      ranges.flatMap(({ family, loadBalancerCidr: pool }) => {
        return pool === null ? [] : [[family, new AddressAllocator(pool, 0)] as const];
      }),
    ),
    nodePorts: nodePortAllocator(),
  };
}

function takeWritten(service: Service, { clusterIps, loadBalancer, nodePorts }: Pools): void {
  for (const own of service.clusterIps) {
    if (clusterIps.get(familyOf(own))?.take(own) === false) refuse(service, `cluster IP ${formatIp(own)}`);
  }
  // One address may belong to several Services that use different ports of it.
  for (const own of [...service.loadBalancerVips, ...service.externalIps]) loadBalancer.get(familyOf(own))?.take(own);
  if (!hasNodePorts(service)) return;
  const ports = [...service.ports.map((port) => port.nodePort), service.healthCheckNodePort];
  for (const nodePort of new Set(ports)) {
    if (nodePort !== 0 && !nodePorts.take(nodePort)) refuse(service, `node port ${nodePort}`);
  }
}

function refuse(service: Service, what: string): never {
  const { namespace, name } = service.metadata;
  throw new ClusterError(`Service ${objectKey(namespace, name)} has ${what}, which another Service has too`);
}

function complete(service: Service, pools: Pools, externalIps: number): Service {
  const clusterIps = service.ipFamilies.flatMap((family) => {
    if (!needsClusterIp(service, family)) return written(service, family) || [];
    return required(pools.clusterIps.get(family)?.next());
  });
  const several = (count: number): readonly IpAddress[] =>
    service.ipFamilies.flatMap((family) => Array.from({ length: count }, () => fromPool(pools, family)).flat());
  return {
    ...service,
    clusterIp: clusterIps[0] ?? 0,
    clusterIps,
    ports: allocatesNodePorts(service) ? withNodePorts(service.ports, pools.nodePorts) : service.ports,
    healthCheckNodePort: needsHealthCheck(service) ? required(pools.nodePorts.next()) : service.healthCheckNodePort,
    externalIps: service.externalIps.length > 0 ? service.externalIps : several(externalIps),
    loadBalancerVips: needsVip(service) ? several(1) : service.loadBalancerVips,
  };
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

function fromPool({ loadBalancer }: Pools, family: IpFamily): IpAddress[] {
  const pool = loadBalancer.get(family);
  if (pool === undefined) return [];
  const own = pool.next();
  if (own !== undefined) return [own];
  throw new ClusterError(
    `load-balancer CIDR ${formatCidr(pool.range)} has ${rangeSize(pool.range)} addresses, and more are needed: use a larger one`,
  );
}

/** A number from a range that was checked to be large enough. */
function required(number: number | undefined): number {
  if (number === undefined) throw new ClusterError('a range of addresses or node ports is used up');
  return number;
}

/** The address of a family that is written in a Service; 0 for none. */
function written({ clusterIps }: Service, family: IpFamily): IpAddress {
  return clusterIps.find((own) => familyOf(own) === family) ?? 0;
}

function needsClusterIp(service: Service, family: IpFamily): boolean {
  return !service.headless && service.ipFamilies.includes(family) && written(service, family) === 0;
}

function needsVip({ type, loadBalancerAssigned, loadBalancerVips }: Service): boolean {
  return type === 'LoadBalancer' && !loadBalancerAssigned && loadBalancerVips.length === 0;
}

function needsHealthCheck({ type, externalTrafficPolicy, healthCheckNodePort }: Service): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local' && healthCheckNodePort === 0;
}

function hasNodePorts(service: Service): boolean {
  return !service.headless && (service.type === 'NodePort' || service.type === 'LoadBalancer');
}

function allocatesNodePorts(service: Service): boolean {
  return hasNodePorts(service) && (service.type === 'NodePort' || service.allocateNodePorts);
}

/** Node ports that a Service has or needs, that of health checks included. */
function nodePortsOf(service: Service): number {
  if (!hasNodePorts(service)) return 0;
  const own = service.ports.filter(({ nodePort }) => nodePort !== 0 || allocatesNodePorts(service));
  const health = service.healthCheckNodePort !== 0 || needsHealthCheck(service) ? 1 : 0;
  return new Set(own.map(({ port }) => port)).size + health;
}
