/**
 * Names of kube-proxy's nftables chains and sets: a prefix, eight characters of a hash, and what the hash is of.
 *
 * Mirrors hashAndTruncate, servicePortChainNameBase and servicePortEndpointChainNameBase (pkg/proxy/nftables/proxier.go, 1.34).
 * Cost: one SHA-256 a name, about 2 us; made when somebody prints.
 */
import { formatIp, protocolName, type IpAddress } from '../../../net/index.js';
import { nameHash } from '../../name-hash.js';
import type { ServicePort } from '../../service-port.js';

/** Prefixes of chains of a service port, of an endpoint, and of an endpoint's affinity set. */
export type NamePrefix = 'service-' | 'local-' | 'external-' | 'firewall-' | 'endpoint-' | 'affinity-';

/** What of a service port is in its names. */
export type NamedPort = Pick<ServicePort, 'namespace' | 'service' | 'portName' | 'protocol'>;

/** Characters of a name behind the prefix: nftables' 256 without the longest prefix (16). */
const BASE_LENGTH = 240;
const HASH_CHARACTERS = 8;

/** Name of a service port without a prefix, such as `ULMVA6XW-ns1/svc1/tcp/p80`. */
export function portNameBase(port: NamedPort): string {
  return hashed(portText(port));
}

/** Name of an endpoint without a prefix, such as `5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80`. */
export function endpointNameBase(port: NamedPort, address: IpAddress, targetPort: number): string {
  return endpointTextNameBase(port, formatIp(address), targetPort);
}

/** Likewise, of an address as it is written. */
export function endpointTextNameBase(port: NamedPort, address: string, targetPort: number): string {
  // Names may not have colons in them.
  return hashed(`${portText(port)}__${address.replaceAll(':', '.')}/${targetPort}`);
}

function portText({ namespace, service, portName, protocol }: NamedPort): string {
  return `${namespace}/${service}/${protocolName(protocol)}/${portName}`;
}

function hashed(text: string): string {
  const name = `${nameHash(text, HASH_CHARACTERS)}-${text}`;
  return name.length > BASE_LENGTH ? `${name.slice(0, BASE_LENGTH - 3)}...` : name;
}
