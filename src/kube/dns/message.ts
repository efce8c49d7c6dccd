/**
 * DNS messages (RFC 1035 section 4): questions and what comes back, without their bytes.
 *
 * One question a message and class IN alone, as everybody asks; ids are left to whoever sends.
 */
import type { DnsRecord, RecordType } from './record.js';

/** Response codes, by name (RFC 1035, 2136). */
export const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

/** Name of a response code. */
export type Rcode = keyof typeof RCODES;

/** What is asked. */
export interface DnsQuestion {
  /** Fully qualified, in the asker's letter case. */
  readonly name: string;
  readonly type: RecordType;
}

/** A reply before it is fitted to a size. */
export interface DnsReply {
  readonly question: DnsQuestion;
  readonly rcode: Rcode;
  /** AA: whether the server answers for the zone itself. */
  readonly authoritative: boolean;
  /** TC: whether records are missing. */
  readonly truncated: boolean;
  readonly answer: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

/** Whether a reply says that the name exists and has no record of the type. */
export function isNoData({ rcode, answer }: DnsReply): boolean {
  return rcode === 'NOERROR' && answer.length === 0;
}
