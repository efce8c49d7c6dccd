/**
 * What a service port asks ip_vs and the ipsets for: its virtual servers and its entries, whatever the node.
 *
 * Mirrors the loop over the services in syncProxyRules (pkg/proxy/ipvs/proxier.go, v1.30). What a node adds of its own stands
 * elsewhere: local endpoints, SCTP node ports (entries by node address), and who may use a load balancer from the node itself.
 */
import { OWN_ADDRESS } from '../../../kernel/ipvs/definition.js';
import { Protocol, type IpAddress } from '../../../net/index.js';
import type { ServicePort } from '../../service-port.js';
import { SetHandle } from './ip-sets.js';

/** Where clients reach a service port. */
export interface Frontend {
  /** Address, or `OWN_ADDRESS` for a node port. */
  readonly address: IpAddress;
  readonly port: number;
  /** Whether traffic policy Local holds. */
  readonly local: boolean;
}

/** A service port that changed; at least one of the two is there. */
export interface PortChange {
  readonly key: number;
  readonly before: ServicePort | undefined;
  readonly after: ServicePort | undefined;
}

/** An entry of a set; fields that the set's type does not have are 0. */
export interface Entry {
  readonly handle: SetHandle;
  readonly address: IpAddress;
  readonly protocol: number;
  readonly port: number;
  readonly second: IpAddress;
  readonly bits: number;
}

/** The virtual servers of a service port, each once: cluster address, external addresses, load balancers, node port. */
export function frontendsOf(service: ServicePort): Frontend[] {
  const { clusterIp, port, externalIps, loadBalancerVips, nodePort, internalLocal, externalLocal } = service;
  const found: Frontend[] = [{ address: clusterIp, port, local: internalLocal }];
  for (const address of [...externalIps, ...loadBalancerVips]) {
    if (!found.some((frontend) => frontend.address === address)) found.push({ address, port, local: externalLocal });
  }
  if (nodePort !== 0) found.push({ address: OWN_ADDRESS, port: nodePort, local: externalLocal });
  return found;
}

/** Tells entries apart. */
export function entryKey({ handle, address, protocol, port, second, bits }: Entry): string {
  return `${handle}/${address}/${protocol}/${port}/${second}/${bits}`;
}

/** The entries of a service port that all nodes have, each once, by `entryKey`. */
export function entriesOf(service: ServicePort): Map<string, Entry> {
  const { protocol, port, externalLocal, healthCheckNodePort } = service;
  const entries = new Map<string, Entry>();
  const add = (handle: SetHandle, address: IpAddress, entryPort: number, second = 0, bits = 0): void => {
    // Ports of a bitmap are of no protocol.
    const entry = { handle, address, protocol: address === 0 ? 0 : protocol, port: entryPort, second, bits };
    entries.set(entryKey(entry), entry);
  };
  add(SetHandle.clusterIp, service.clusterIp, port);
  const external = externalLocal ? SetHandle.externalIpLocal : SetHandle.externalIp;
  for (const address of service.externalIps) add(external, address, port);
  for (const address of service.loadBalancerVips) {
    add(SetHandle.loadBalancer, address, port);
    if (externalLocal) add(SetHandle.loadBalancerLocal, address, port);
    if (service.sourceRanges.length > 0) add(SetHandle.loadBalancerFirewall, address, port);
    for (const range of service.sourceRanges) {
      // ipset refuses a prefix of length 0, so that such a range lets nobody in.
      if (range.bits > 0) add(SetHandle.loadBalancerSourceCidr, address, port, range.address, range.bits);
    }
  }
  if (service.nodePort !== 0 && protocol !== Protocol.sctp) {
    const tcp = protocol === Protocol.tcp;
    add(tcp ? SetHandle.nodePortTcp : SetHandle.nodePortUdp, 0, service.nodePort);
    if (externalLocal) add(tcp ? SetHandle.nodePortLocalTcp : SetHandle.nodePortLocalUdp, 0, service.nodePort);
  }
  if (healthCheckNodePort !== 0) add(SetHandle.healthCheckNodePort, 0, healthCheckNodePort);
  return entries;
}

/** Whether two versions of a service port have the same virtual servers and entries; endpoints aside. */
export function sameFrontends(a: ServicePort, b: ServicePort): boolean {
  return (
    a.clusterIp === b.clusterIp &&
    a.port === b.port &&
    a.protocol === b.protocol &&
    a.nodePort === b.nodePort &&
    a.internalLocal === b.internalLocal &&
    a.externalLocal === b.externalLocal &&
    a.healthCheckNodePort === b.healthCheckNodePort &&
    sameList(a.externalIps, b.externalIps) &&
    sameList(a.loadBalancerVips, b.loadBalancerVips) &&
    sameList(a.sourceRanges, b.sourceRanges, (x, y) => x.address === y.address && x.bits === y.bits)
  );
}

function sameList<T>(a: readonly T[], b: readonly T[], same = (x: T, y: T): boolean => x === y): boolean {
  return a === b || (a.length === b.length && a.every((each, i) => same(each, b[i]!)));
}
