/**
 * Names of kube-proxy's chains for services and endpoints: a prefix and 16 characters of a hash, because a chain's name
 * may have 28 characters at most.
 *
 * Mirrors portProtoHash and servicePortEndpointChainName (pkg/proxy/iptables/proxier.go, 1.34). Cost: one SHA-256 a name, about 2 us.
 */
import { formatIpPort, protocolName, type IpAddress } from '../../../net/index.js';
import { nameHash } from '../../name-hash.js';

/** Characters of the hash in a name. */
const HASH_CHARACTERS = 16;

/** Kinds of chains that belong to one service port: cluster set, local set, external destinations, source ranges. */
export type ServiceChainPrefix = 'KUBE-SVC-' | 'KUBE-SVL-' | 'KUBE-EXT-' | 'KUBE-FW-';

/**
 * Name of a service port's chain.
 * @param displayName such as `ns1/svc1:p80`
 * @param protocol IP protocol number
 */
export function serviceChainName(prefix: ServiceChainPrefix, displayName: string, protocol: number): string {
  return prefix + nameHash(displayName + protocolName(protocol), HASH_CHARACTERS);
}

/** Name of an endpoint's chain within a service port. */
export function endpointChainName(displayName: string, protocol: number, address: IpAddress, port: number): string {
  return endpointTextChainName(displayName, protocol, formatIpPort(address, port));
}

/** Likewise, of an address and port as they are written. */
export function endpointTextChainName(displayName: string, protocol: number, endpoint: string): string {
  return `KUBE-SEP-${nameHash(displayName + protocolName(protocol) + endpoint, HASH_CHARACTERS)}`;
}
