/** Names of addresses under in-addr.arpa and ip6.arpa (RFC 1035 section 3.5, RFC 3596), and back. */
import { formatIp, ipv6Word, isIpv6, parseIp, type IpAddress } from '../../net/index.js';
import { isWithin, labelsBefore, lowered } from './domain-name.js';

const IPV4_ZONE = 'in-addr.arpa.';
const IPV6_ZONE = 'ip6.arpa.';

/** The name of an address: `1.0.96.10.in-addr.arpa.`, or 32 nibbles under `ip6.arpa.`. */
export function reverseName(address: IpAddress): string {
  if (!isIpv6(address)) return `${formatIp(address).split('.').reverse().join('.')}.${IPV4_ZONE}`;
  const words = [0, 1, 2, 3].map((word) => ipv6Word(address, word).toString(16).padStart(8, '0'));
  return `${words.join('').split('').reverse().join('.')}.${IPV6_ZONE}`;
}

/** Whether a name lies in one of the two reverse zones. */
export function isReverse(name: string): boolean {
  return isWithin(name, IPV4_ZONE) || isWithin(name, IPV6_ZONE);
}

/**
 * The address that a name speaks of (CoreDNS, plugin/pkg/dnsutil ExtractAddressFromReverse).
 * @returns undefined for any other name
 */
export function addressOfReverseName(name: string): IpAddress | undefined {
  const own = lowered(name);
  if (isWithin(own, IPV4_ZONE)) return parseIp(labelsBefore(own, IPV4_ZONE).toReversed().join('.'));
  if (!isWithin(own, IPV6_ZONE)) return undefined;
  const nibbles = labelsBefore(own, IPV6_ZONE);
  if (nibbles.length !== 32 || nibbles.some((nibble) => !/^[0-9a-f]$/.test(nibble))) return undefined;
  const digits = nibbles.toReversed().join('');
  return parseIp((digits.match(/.{4}/g) ?? []).join(':'));
}
