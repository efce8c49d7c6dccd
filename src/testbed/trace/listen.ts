/**
 * Servers of a trace: every endpoint of every Service listens on its port, also those outside of the cluster; so does a pod that is dialled
 * directly. Nodes listen on health-check node ports, where kube-proxy's own server answers load balancers.
 */
import { addressIn, type EndpointSlice } from '../../kube/index.js';
import { Protocol, familyOf, inPrefix, type IpAddress } from '../../net/index.js';
import type { TraceWorld } from './trace-world.js';

/** Ports that a Service's endpoints have, at their hosts. */
export function listenEverywhere(world: TraceWorld, user: number): void {
  for (const slice of world.cluster.store.list('slice')) listenFor(world, slice, user);
  for (const pod of world.cluster.pods()) {
    const host = world.hostAt(pod.ip);
    if (host < 0) continue;
    for (const { port, protocol } of pod.ports) world.base.hosts.listen(host, port, protocol, user);
  }
  for (const port of healthCheckPorts(world)) {
    for (const host of world.base.nodeHosts) world.base.hosts.listen(host, port, Protocol.tcp, user);
  }
}

/** Health-check node ports of the cluster's Services. */
export function healthCheckPorts({ cluster }: TraceWorld): ReadonlySet<number> {
  const ports = [...cluster.store.list('service')].map((service) => service.healthCheckNodePort);
  return new Set(ports.filter((port) => port !== 0));
}

function listenFor(world: TraceWorld, slice: EndpointSlice, user: number): void {
  for (const { address } of slice.endpoints) {
    const host = endpointHost(world, address);
    if (host < 0) continue;
    for (const { port, protocol } of slice.ports) world.base.hosts.listen(host, port, protocol, user);
  }
}

/** Host of an endpoint; one that is neither pod nor node is made a machine outside, unless its address ought to be a pod's. */
function endpointHost(world: TraceWorld, address: IpAddress): number {
  const known = world.hostAt(address);
  if (known >= 0) return known;
  const family = familyOf(address);
  const { pod } = world.rangesOf(family);
  if (inPrefix(address, pod.address, pod.bits)) return -1;
  return world.addOutsider(address, addressIn(world.cluster.nodes[0]!, family));
}
