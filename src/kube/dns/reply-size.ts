/**
 * A reply as CoreDNS puts it on the wire: uncompressed where it fits, compressed where it does not, cut where even that does not do.
 *
 * Mirrors request.SizeAndDo and Scrub of CoreDNS 1.14 and Msg.Truncate of miekg/dns: 512 bytes over UDP without EDNS, the asker's
 * size with it, 65,535 over TCP; a UDP reply above 1,480 bytes (1,220 over IPv6) is compressed all the same, lest it be fragmented.
 * Records are left out from the end; TC says so. Cost: O(bytes).
 */
import type { DnsReply } from './message.js';
import { MessageWriter, OPT_BYTES, plainBytes, replyBytes } from './wire.js';
import { RECORD_TYPES, type DnsRecord } from './record.js';

/** How a query came in. */
export interface Transport {
  readonly protocol: 'udp' | 'tcp';
  readonly family: 4 | 6;
  /** The asker's UDP payload size; undefined without EDNS. */
  readonly ednsBytes?: number;
}

/** UDP over IPv4 without EDNS: what glibc and musl send. */
export const PLAIN_UDP: Transport = { protocol: 'udp', family: 4 };

/** A reply that fits, with its size. */
export interface SentReply {
  readonly reply: DnsReply;
  readonly compressed: boolean;
  /** Bytes of the DNS message: over TCP, two for its length come before it. */
  readonly bytes: number;
}

const LEAST_BYTES = 512;
const MOST_BYTES = 65_535;

/** Fits a reply to the way by which the question came. */
export function sentReply(reply: DnsReply, transport: Transport): SentReply {
  const { ednsBytes, protocol, family } = transport;
  const limit = protocol === 'tcp' ? MOST_BYTES : Math.max(LEAST_BYTES, ednsBytes ?? LEAST_BYTES);
  const options = ednsBytes === undefined ? {} : { ednsBytes };
  const plain = plainBytes(reply) + (ednsBytes === undefined ? 0 : OPT_BYTES);
  if (plain <= limit) {
    const unbroken = family === 4 ? 1480 : 1220;
    if (protocol === 'tcp' || plain <= unbroken) return { reply, compressed: false, bytes: plain };
    return { reply, compressed: true, bytes: replyBytes(reply, { ...options, compress: true }).length };
  }
  const cut = shortened(reply, ednsBytes === undefined ? limit : limit - OPT_BYTES);
  return { reply: cut, compressed: true, bytes: replyBytes(cut, { ...options, compress: true }).length };
}

/** Leaves out the records that no longer fit, section by section. */
function shortened(reply: DnsReply, limit: number): DnsReply {
  const writer = new MessageWriter(true);
  writer.header(0, 0, [0, 0, 0, 0]);
  writer.question(reply.question.name, RECORD_TYPES[reply.question.type]);
  let full = writer.length >= limit;
  const fit = (records: readonly DnsRecord[]): readonly DnsRecord[] => {
    const kept: DnsRecord[] = [];
    for (const record of records) {
      if (full) break;
      writer.record(record);
      if (writer.length <= limit) kept.push(record);
      full = writer.length >= limit;
    }
    return kept;
  };
  const answer = fit(reply.answer);
  const authority = fit(reply.authority);
  const additional = fit(reply.additional);
  const whole =
    answer.length === reply.answer.length &&
    authority.length === reply.authority.length &&
    additional.length === reply.additional.length;
  return { ...reply, answer, authority, additional, truncated: reply.truncated || !whole };
}
