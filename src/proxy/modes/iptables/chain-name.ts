/**
 * Names of kube-proxy's chains for services and endpoints: a prefix and 16 characters of a hash, because a chain's name
 * may have 28 characters at most.
 *
 * Mirrors portProtoHash and servicePortEndpointChainName (pkg/proxy/iptables/proxier.go, 1.33).
 */
import { formatIpv4, protocolName } from '../../../net/index.js';
import { sha256 } from './sha256.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Kinds of chains that belong to one service port. */
export type ServiceChainPrefix = 'KUBE-SVC-' | 'KUBE-EXT-';

/**
 * Name of a service port's chain.
 * @param displayName such as `ns1/svc1:p80`
 * @param protocol IP protocol number
 */
export function serviceChainName(prefix: ServiceChainPrefix, displayName: string, protocol: number): string {
  return prefix + hash16(displayName + protocolName(protocol));
}

/** Name of an endpoint's chain within a service port. */
export function endpointChainName(displayName: string, protocol: number, address: number, port: number): string {
  return `KUBE-SEP-${hash16(`${displayName}${protocolName(protocol)}${formatIpv4(address)}:${port}`)}`;
}

/** First 16 characters of the base32 text (RFC 4648) of the digest: 10 bytes, 5 bits a character. */
function hash16(text: string): string {
  const digest = sha256(text);
  let name = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const pair = (digest[bit >> 3]! << 8) | digest[(bit >> 3) + 1]!;
    name += BASE32[(pair >>> (11 - (bit & 7))) & 31]!;
  }
  return name;
}
