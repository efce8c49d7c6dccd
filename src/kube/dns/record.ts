/**
 * Resource records: the types that a cluster's DNS server gives (RFC 1035, 2782, 3596), with their data as fields and as text.
 */
import { familyOf, formatIp, type IpAddress } from '../../net/index.js';

/** Numbers of record types, by name (IANA, "DNS parameters"). Those without a record below can only be asked for. */
export const RECORD_TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;

/** Name of a record type. */
export type RecordType = keyof typeof RECORD_TYPES;

interface Owned {
  /** Owner, fully qualified. */
  readonly name: string;
  readonly ttlSeconds: number;
}

/** An address. */
export interface AddressRecord extends Owned {
  readonly type: 'A' | 'AAAA';
  readonly address: IpAddress;
}

/** A name that stands for another one, or is said of it. */
export interface NameRecord extends Owned {
  readonly type: 'CNAME' | 'PTR' | 'NS';
  readonly target: string;
}

/** Where a service is offered. */
export interface SrvRecord extends Owned {
  readonly type: 'SRV';
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** Texts of at most 255 bytes each. */
export interface TxtRecord extends Owned {
  readonly type: 'TXT';
  readonly texts: readonly string[];
}

/** The start of a zone: whose answer it is, and for how long a "no" holds. */
export interface SoaRecord extends Owned {
  readonly type: 'SOA';
  readonly server: string;
  readonly mailbox: string;
  readonly serial: number;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  readonly minimumSeconds: number;
}

/** A record. */
export type DnsRecord = AddressRecord | NameRecord | SrvRecord | TxtRecord | SoaRecord;

/** The address record of an address. */
export function addressRecord(name: string, ttlSeconds: number, address: IpAddress): AddressRecord {
  return { name, ttlSeconds, type: familyOf(address) === 4 ? 'A' : 'AAAA', address };
}

/** A record's data as zone files have it. */
export function dataText(record: DnsRecord): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return formatIp(record.address);
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${record.target}`;
    case 'TXT':
      return record.texts.map((text) => `"${text}"`).join(' ');
    case 'SOA': {
      const { server, mailbox, serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds } = record;
      return `${server} ${mailbox} ${serial} ${refreshSeconds} ${retrySeconds} ${expireSeconds} ${minimumSeconds}`;
    }
    default:
      return record.target;
  }
}
