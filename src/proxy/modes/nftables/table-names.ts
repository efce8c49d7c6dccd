/** Names and comments of kube-proxy's nftables table and of what is always in it (pkg/proxy/nftables/proxier.go, 1.34). */
import type { NftKey } from '../../../kernel/nftables/nft-sets.js';

/** Name of the table, in either family. */
export const KUBE_PROXY_TABLE = 'kube-proxy';

/** Comment of the table. */
export const TABLE_COMMENT = 'rules for kube-proxy';

/** Comments of chains that have one. */
export const CHAIN_COMMENTS: Readonly<Record<string, string>> = {
  'reject-chain': 'helper for @no-endpoint-services / @no-endpoint-nodeports',
};

/** The sets and maps, numbered as everywhere in this folder. */
export const TableSet = {
  clusterIps: 0,
  nodePortIps: 1,
  noEndpointServices: 2,
  noEndpointNodePorts: 3,
  firewallIps: 4,
  serviceIps: 5,
  serviceNodePorts: 6,
} as const;

/** One of the sets and maps. */
export type TableSet = (typeof TableSet)[keyof typeof TableSet];

/** Number of sets and maps. */
export const TABLE_SETS = 7;

/** How they are declared, by number. */
export const SET_DECLARATIONS: readonly { readonly name: string; readonly key: NftKey; readonly comment: string }[] = [
  { name: 'cluster-ips', key: 'addr', comment: 'Active ClusterIPs' },
  { name: 'nodeport-ips', key: 'addr', comment: 'IPs that accept NodePort traffic' },
  {
    name: 'no-endpoint-services',
    key: 'addr.proto.port',
    comment: 'vmap to drop or reject packets to services with no endpoints',
  },
  {
    name: 'no-endpoint-nodeports',
    key: 'proto.port',
    comment: 'vmap to drop or reject packets to service nodeports with no endpoints',
  },
  {
    name: 'firewall-ips',
    key: 'addr.proto.port',
    comment: 'destinations that are subject to LoadBalancerSourceRanges',
  },
  { name: 'service-ips', key: 'addr.proto.port', comment: 'ClusterIP, ExternalIP and LoadBalancer IP traffic' },
  { name: 'service-nodeports', key: 'proto.port', comment: 'NodePort traffic' },
];

/** Whether a set of the table is a verdict map. */
export function isTableMap(set: TableSet): boolean {
  return set >= TableSet.noEndpointServices;
}

/** Whether elements of a map say in a comment which service port they are of. */
export function hasElementComments(set: TableSet): boolean {
  return set === TableSet.noEndpointServices || set === TableSet.noEndpointNodePorts;
}
