/**
 * DNS messages as bytes (RFC 1035 section 4.1, EDNS0 of RFC 6891): what decides the size of a packet and whether it fits.
 *
 * Compression as servers do it: owner names and the names in CNAME, PTR, NS and SOA may point to an earlier one, SRV targets may not
 * (RFC 2782). Names match in their letter case only, as in miekg/dns, CoreDNS's library. Cost: O(bytes).
 */
import { ipv6Word } from '../../net/index.js';
import { fqdn, labelsOf, ROOT } from './domain-name.js';
import { RCODES, type DnsQuestion, type DnsReply } from './message.js';
import { RECORD_TYPES, type DnsRecord } from './record.js';

/** Bytes of a message's header. */
export const HEADER_BYTES = 12;

/** Type, class, TTL and length of a record. */
const FIXED_RECORD_BYTES = 10;

/** Bytes of an OPT record without options. */
export const OPT_BYTES = 11;

/** How a message is written. */
export interface WireOptions {
  readonly id?: number;
  /** Whether names point back to earlier ones. */
  readonly compress?: boolean;
  /** UDP payload size in an OPT record at the end; none without. */
  readonly ednsBytes?: number;
}

const CLASS_IN = 1;
/** A pointer has 14 bits. */
const FURTHEST = 0x3fff;

/** A query with the flag for recursion, as stub resolvers send it. */
export function queryBytes({ name, type }: DnsQuestion, { id = 0, ednsBytes }: WireOptions = {}): Uint8Array {
  const writer = new MessageWriter(false);
  writer.header(id, 0x0100, [1, 0, 0, ednsBytes === undefined ? 0 : 1]);
  writer.question(name, RECORD_TYPES[type]);
  if (ednsBytes !== undefined) writer.opt(ednsBytes);
  return writer.bytes();
}

/** A reply. Its flags are those that CoreDNS sends: recursion desired as asked, recursion not offered for its own zones. */
export function replyBytes(reply: DnsReply, { id = 0, compress = false, ednsBytes }: WireOptions = {}): Uint8Array {
  const { question, answer, authority, additional, authoritative, truncated, rcode } = reply;
  const writer = new MessageWriter(compress);
  // QR, AA, TC, RD, RA: who has to ask elsewhere offers recursion.
  const flags = 0x8100 | (authoritative ? 0x0400 : 0x0080) | (truncated ? 0x0200 : 0) | RCODES[rcode];
  const edns = ednsBytes === undefined ? 0 : 1;
  writer.header(id, flags, [1, answer.length, authority.length, additional.length + edns]);
  writer.question(question.name, RECORD_TYPES[question.type]);
  for (const record of [...answer, ...authority, ...additional]) writer.record(record);
  if (ednsBytes !== undefined) writer.opt(ednsBytes);
  return writer.bytes();
}

/** Bytes of a reply without pointers and EDNS, counted without writing it: O(records). */
export function plainBytes({ question, answer, authority, additional }: DnsReply): number {
  let bytes = HEADER_BYTES + nameBytes(question.name) + 4;
  for (const section of [answer, authority, additional]) {
    for (const record of section) bytes += nameBytes(record.name) + FIXED_RECORD_BYTES + dataBytes(record);
  }
  return bytes;
}

function dataBytes(record: DnsRecord): number {
  switch (record.type) {
    case 'A':
      return 4;
    case 'AAAA':
      return 16;
    case 'SRV':
      return 6 + nameBytes(record.target);
    case 'TXT':
      return record.texts.reduce((sum, text) => sum + 1 + text.length, 0);
    case 'SOA':
      return nameBytes(record.server) + nameBytes(record.mailbox) + 20;
    default:
      return nameBytes(record.target);
  }
}

/** A length before each label, and the root's at the end. */
function nameBytes(name: string): number {
  return name === ROOT ? 1 : fqdn(name).length + 1;
}

/** Writes one message. */
export class MessageWriter {
  private readonly buffer: number[] = [];
  private readonly places = new Map<string, number>();
  private readonly compress: boolean;

  /** @param compress whether names may point to earlier ones */
  constructor(compress: boolean) {
    this.compress = compress;
  }

  /** Bytes so far. */
  get length(): number {
    return this.buffer.length;
  }

  /** What was written. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.buffer);
  }

  /** The header. @param counts records of the four sections */
  header(id: number, flags: number, counts: readonly number[]): void {
    for (const word of [id, flags, ...counts]) this.word(word);
  }

  /** The question. */
  question(name: string, type: number): void {
    this.name(name, true);
    this.word(type);
    this.word(CLASS_IN);
  }

  /** One record. */
  record(record: DnsRecord): void {
    this.name(record.name, true);
    this.word(RECORD_TYPES[record.type]);
    this.word(CLASS_IN);
    this.long(record.ttlSeconds);
    const lengthAt = this.length;
    this.word(0);
    this.data(record);
    const bytes = this.length - lengthAt - 2;
    this.buffer[lengthAt] = bytes >>> 8;
    this.buffer[lengthAt + 1] = bytes & 0xff;
  }

  /** The OPT record (RFC 6891 section 6.1.2). */
  opt(payloadBytes: number): void {
    this.buffer.push(0);
    this.word(RECORD_TYPES.OPT);
    this.word(payloadBytes);
    this.long(0);
    this.word(0);
  }

  private data(record: DnsRecord): void {
    switch (record.type) {
      case 'A':
        this.long(record.address);
        break;
      case 'AAAA':
        for (let i = 0; i < 4; i++) this.long(ipv6Word(record.address, i));
        break;
      case 'SRV':
        for (const word of [record.priority, record.weight, record.port]) this.word(word);
        this.name(record.target, false);
        break;
      case 'TXT':
        for (const text of record.texts) this.text(text);
        break;
      case 'SOA':
        this.name(record.server, true);
        this.name(record.mailbox, true);
        for (const value of [record.serial, record.refreshSeconds, record.retrySeconds]) this.long(value);
        for (const value of [record.expireSeconds, record.minimumSeconds]) this.long(value);
        break;
      default:
        this.name(record.target, true);
    }
  }

  /** @param may whether this name may point to an earlier one; a later one may always point to it */
  private name(name: string, may: boolean): void {
    const labels = labelsOf(name);
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join('.');
      const place = this.places.get(rest);
      if (this.compress && place !== undefined && may) {
        this.word(0xc000 | place);
        return;
      }
      if (place === undefined && this.length <= FURTHEST) this.places.set(rest, this.length);
      this.text(labels[i]!);
    }
    this.buffer.push(0);
  }

  private text(text: string): void {
    this.buffer.push(text.length);
    for (let i = 0; i < text.length; i++) this.buffer.push(text.charCodeAt(i) & 0xff);
  }

  private word(value: number): void {
    this.buffer.push((value >>> 8) & 0xff, value & 0xff);
  }

  private long(value: number): void {
    this.word(value >>> 16);
    this.word(value & 0xffff);
  }
}
