/**
 * The ipsets of kube-proxy's ipvs mode: names, types, handles (pkg/proxy/ipvs/proxier.go and ipset.go, v1.30).
 *
 * kube-proxy makes all 17 whether there is anything for them or not.
 */
import { IpSet, type IpSetType } from '../../../kernel/index.js';
import type { IpFamily } from '../../../net/index.js';

/** Handles of the sets, as a node's set table has them; in the order in which kube-proxy lists its sets. */
export const SetHandle = {
  loopBack: 0,
  clusterIp: 1,
  externalIp: 2,
  externalIpLocal: 3,
  loadBalancer: 4,
  loadBalancerFirewall: 5,
  loadBalancerLocal: 6,
  loadBalancerSourceIp: 7,
  loadBalancerSourceCidr: 8,
  nodePortTcp: 9,
  nodePortLocalTcp: 10,
  nodePortUdp: 11,
  nodePortLocalUdp: 12,
  nodePortSctp: 13,
  nodePortLocalSctp: 14,
  healthCheckNodePort: 15,
  ipvsIps: 16,
} as const;

/** One of the handles. */
export type SetHandle = (typeof SetHandle)[keyof typeof SetHandle];

/** Name, type and comment of one set. */
export interface SetKind {
  /** As in IPv4. */
  readonly name: string;
  readonly type: IpSetType;
  /** What kube-proxy writes beside rules that name it. */
  readonly comment: string;
}

/** The sets, by handle. */
export const SET_KINDS: readonly SetKind[] = [
  kind('LOOP-BACK', 'hash:ip,port,ip', 'endpoints dst ip:port, source ip for solving hairpin purpose'),
  kind('CLUSTER-IP', 'hash:ip,port', 'service cluster ip + port for masquerade purpose'),
  kind('EXTERNAL-IP', 'hash:ip,port', 'service external ip + port for masquerade and filter purpose'),
  kind('EXTERNAL-IP-LOCAL', 'hash:ip,port', 'service external ip + port with externalTrafficPolicy=local'),
  kind('LOAD-BALANCER', 'hash:ip,port', 'service lb portal'),
  kind('LOAD-BALANCER-FW', 'hash:ip,port', 'service load balancer ip + port for load balancer with sourceRange'),
  kind('LOAD-BALANCER-LOCAL', 'hash:ip,port', 'service load balancer ip + port with externalTrafficPolicy=local'),
  kind(
    'LOAD-BALANCER-SOURCE-IP',
    'hash:ip,port,ip',
    'service load balancer ip + port + source IP for packet filter purpose',
  ),
  kind(
    'LOAD-BALANCER-SOURCE-CIDR',
    'hash:ip,port,net',
    'service load balancer ip + port + source cidr for packet filter purpose',
  ),
  kind('NODE-PORT-TCP', 'bitmap:port', 'nodeport TCP port for masquerade purpose'),
  kind('NODE-PORT-LOCAL-TCP', 'bitmap:port', 'nodeport TCP port with externalTrafficPolicy=local'),
  kind('NODE-PORT-UDP', 'bitmap:port', 'nodeport UDP port for masquerade purpose'),
  kind('NODE-PORT-LOCAL-UDP', 'bitmap:port', 'nodeport UDP port with externalTrafficPolicy=local'),
  kind('NODE-PORT-SCTP-HASH', 'hash:ip,port', "nodeport SCTP port for masquerade purpose with type 'hash ip:port'"),
  kind(
    'NODE-PORT-LOCAL-SCTP-HASH',
    'hash:ip,port',
    "nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  ),
  kind('HEALTH-CHECK-NODE-PORT', 'bitmap:port', 'health check node port'),
  kind('IPVS-IPS', 'hash:ip', 'kube-ipvs0 ips'),
];

/** Longest name that the kernel takes (IPSET_MAXNAMELEN less the final zero). */
const NAME_MAX = 31;

/** Name of a set in a family. */
export function setName(handle: SetHandle, family: IpFamily): string {
  const { name } = SET_KINDS[handle]!;
  return family === 4 ? name : name.replace('KUBE-', 'KUBE-6-').slice(0, NAME_MAX);
}

/** An empty set. */
export function emptySet(handle: SetHandle, family: IpFamily): IpSet {
  return new IpSet(setName(handle, family), SET_KINDS[handle]!.type, family);
}

function kind(name: string, type: IpSetType, comment: string): SetKind {
  return { name: `KUBE-${name}`, type, comment: `Kubernetes ${comment}` };
}
