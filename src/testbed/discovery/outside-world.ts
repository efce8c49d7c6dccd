/**
 * What names outside of a cluster stand for: the servers behind the cluster's own DNS server, as one table.
 *
 * Where nothing is said, names that somebody is sure to mean exist: the one that is looked up, as it is written, and those that ExternalName
 * Services stand for, unless they are names of the cluster. They have addresses that are kept for documentation (RFC 5737, RFC 3849).
 */
import {
  addressRecord,
  fqdn,
  isWithin,
  sameName,
  type DnsRecord,
  type RecordType,
  type Upstream,
} from '../../kube/index.js';
import { familyOf, parseIp, type IpAddress } from '../../net/index.js';
import { CaseError } from '../case-error.js';

/** Addresses of a name. */
export interface OutsideName {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
}

/** TTL of outside records, in seconds. */
const TTL_SECONDS = 300;

/** The start of the root zone, which a server sends along when it says that there is no such name. */
const ROOT_START: DnsRecord = {
  name: '.',
  ttlSeconds: 86_400,
  type: 'SOA',
  server: 'a.root-servers.net.',
  mailbox: 'nstld.verisign-grs.com.',
  serial: 1,
  refreshSeconds: 1800,
  retrySeconds: 900,
  expireSeconds: 604_800,
  minimumSeconds: 86_400,
};

const DOCUMENTATION = ['192.0.2.1', '2001:db8::1'];

/** The outside world of a table. */
export function outsideWorld(names: readonly OutsideName[]): Upstream {
  return (name, type) => {
    const own = names.filter((known) => sameName(known.name, name));
    if (own.length > 0) {
      const all = new Set(own.flatMap((known) => known.addresses));
      const addresses = [...all].filter((address) => isOf(address, type));
      const answer = addresses.map((address) => addressRecord(name, TTL_SECONDS, address));
      return { rcode: 'NOERROR', answer, truncated: false, ...(answer.length === 0 && { authority: [ROOT_START] }) };
    }
    // A name above one that exists, exists.
    const isAbove = names.some((known) => isWithin(known.name, name));
    return { rcode: isAbove ? 'NOERROR' : 'NXDOMAIN', answer: [], authority: [ROOT_START], truncated: false };
  };
}

/** A name that exists, nobody knows where. */
export function documentationName(name: string): OutsideName {
  return { name: fqdn(name), addresses: DOCUMENTATION.flatMap((text) => parseIp(text) ?? []) };
}

/**
 * Reads `NAME=ADDRESS` or, for a name without address, `NAME=`.
 * @throws CaseError when it is neither
 */
export function readOutsideName(text: string): OutsideName {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  const address = parseIp(value);
  if (at < 1 || (value !== '' && address === undefined)) {
    throw new CaseError(`expected NAME=ADDRESS, found ${text}`);
  }
  return { name: fqdn(name), addresses: address === undefined ? [] : [address] };
}

function isOf(address: IpAddress, type: RecordType): boolean {
  return type === (familyOf(address) === 4 ? 'A' : 'AAAA');
}
