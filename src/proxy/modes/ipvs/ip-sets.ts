/**
 * The ipsets of kube-proxy's ipvs mode: names, types, handles (pkg/proxy/ipvs/proxier.go and ipset.go, v1.30).
 *
 * kube-proxy makes all 17 whether there is anything for them or not. Those of external addresses, load balancers and
 * health checks stay empty here, since Services are seen with their cluster address and node port only.
 */
import type { IpSetType } from '../../../kernel/index.js';

/** Handles of the sets that rules name, as a node's set table has them. */
export const SetHandle = {
  loopBack: 0,
  clusterIp: 1,
  externalIp: 2,
  externalIpLocal: 3,
  loadBalancer: 4,
  nodePortTcp: 5,
  nodePortUdp: 6,
  nodePortSctp: 7,
  healthCheckNodePort: 8,
  ipvsIps: 9,
} as const;

/** One of the handles. */
export type SetHandle = (typeof SetHandle)[keyof typeof SetHandle];

/** Name, type and comment of one set. */
export interface SetKind {
  readonly name: string;
  readonly type: IpSetType;
  /** What kube-proxy writes beside rules that name it. */
  readonly comment: string;
}

/** The sets that rules name, by handle. */
export const SET_KINDS: readonly SetKind[] = [
  {
    name: 'KUBE-LOOP-BACK',
    type: 'hash:ip,port,ip',
    comment: 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose',
  },
  {
    name: 'KUBE-CLUSTER-IP',
    type: 'hash:ip,port',
    comment: 'Kubernetes service cluster ip + port for masquerade purpose',
  },
  {
    name: 'KUBE-EXTERNAL-IP',
    type: 'hash:ip,port',
    comment: 'Kubernetes service external ip + port for masquerade and filter purpose',
  },
  {
    name: 'KUBE-EXTERNAL-IP-LOCAL',
    type: 'hash:ip,port',
    comment: 'Kubernetes service external ip + port with externalTrafficPolicy=local',
  },
  { name: 'KUBE-LOAD-BALANCER', type: 'hash:ip,port', comment: 'Kubernetes service lb portal' },
  {
    name: 'KUBE-NODE-PORT-TCP',
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport TCP port for masquerade purpose',
  },
  {
    name: 'KUBE-NODE-PORT-UDP',
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport UDP port for masquerade purpose',
  },
  {
    name: 'KUBE-NODE-PORT-SCTP-HASH',
    type: 'hash:ip,port',
    comment: "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  },
  { name: 'KUBE-HEALTH-CHECK-NODE-PORT', type: 'bitmap:port', comment: 'Kubernetes health check node port' },
  { name: 'KUBE-IPVS-IPS', type: 'hash:ip', comment: 'Kubernetes kube-ipvs0 ips' },
];

/** Number of sets that kube-proxy keeps, those that no rule names included. */
export const KEPT_SETS = 17;
