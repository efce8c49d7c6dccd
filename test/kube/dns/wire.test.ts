/** Bytes of DNS messages: known ones, and the sizes that follow. */
import { describe, expect, test } from 'vitest';
import {
  addressRecord,
  PLAIN_UDP,
  queryBytes,
  replyBytes,
  sentReply,
  type DnsRecord,
  type DnsReply,
} from '../../../src/kube/index.js';
import { ip, shopDns } from './shop.js';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function reply(rest: Partial<DnsReply>): DnsReply {
  const question = { name: 'a.example.', type: 'A' } as const;
  const none = { answer: [], authority: [], additional: [] };
  return { question, rcode: 'NOERROR', authoritative: true, truncated: false, ...none, ...rest };
}

describe('known messages', () => {
  test('a query, as glibc sends it', () => {
    const bytes = queryBytes({ name: 'example.com.', type: 'AAAA' }, { id: 0xbeef });
    expect(hex(bytes)).toBe('beef01000001000000000000' + '076578616d706c6503636f6d00' + '001c0001');
  });

  test('a query with EDNS', () => {
    const bytes = queryBytes({ name: 'a.', type: 'A' }, { ednsBytes: 1200 });
    expect(hex(bytes)).toBe(
      '000001000001000000000001' + '016100' + '00010001' + '0000290' + '4b0' + '00000000' + '0000',
    );
  });

  test('a reply with an alias and an address, plain and with pointers', () => {
    const answer: DnsRecord[] = [
      { name: 'a.example.', ttlSeconds: 30, type: 'CNAME', target: 'b.example.' },
      addressRecord('b.example.', 300, ip('192.0.2.1')),
    ];
    const head = '000085000001000200000000';
    const question = '0161' + '076578616d706c6500' + '00010001';
    expect(hex(replyBytes(reply({ answer })))).toBe(
      head +
        question +
        ('0161076578616d706c6500' + '00050001' + '0000001e' + '000b' + '0162076578616d706c6500') +
        ('0162076578616d706c6500' + '00010001' + '0000012c' + '0004' + 'c0000201'),
    );
    expect(hex(replyBytes(reply({ answer }), { compress: true }))).toBe(
      head +
        question +
        ('c00c' + '00050001' + '0000001e' + '0004' + '0162c00e') +
        ('c027' + '00010001' + '0000012c' + '0004' + 'c0000201'),
    );
  });

  test('a target of SRV is written in full, and may be pointed to', () => {
    const answer: DnsRecord[] = [
      { name: 'a.example.', ttlSeconds: 5, type: 'SRV', priority: 0, weight: 50, port: 80, target: 'b.example.' },
    ];
    const additional = [addressRecord('b.example.', 5, ip('2001:db8::1'))];
    expect(hex(replyBytes(reply({ answer, additional }), { compress: true }))).toBe(
      '000085000001000100000001' +
        ('0161076578616d706c6500' + '00010001') +
        ('c00c' + '00210001' + '00000005' + '0011' + '00000032' + '0050' + '0162076578616d706c6500') +
        ('c02d' + '001c0001' + '00000005' + '0010' + '20010db8000000000000000000000001'),
    );
  });

  test('a negative reply with the start of the zone', () => {
    const name = 'x.shop.svc.cluster.local.';
    const bytes = replyBytes(shopDns().answer({ name, type: 'A' }));
    expect(hex(bytes.subarray(0, 12))).toBe('000085030001000000010000');
    // Header, question, then owner, fixed part, two names and five numbers.
    const soa = 15 + 10 + ('ns.dns.cluster.local.'.length + 1) + ('hostmaster.cluster.local.'.length + 1) + 20;
    expect(bytes.length).toBe(12 + (name.length + 1 + 4) + soa);
  });

  test('a text', () => {
    const answer: DnsRecord[] = [{ name: 'a.example.', ttlSeconds: 5, type: 'TXT', texts: ['1.1.0'] }];
    expect(hex(replyBytes(reply({ answer }), { compress: true })).slice(-12)).toBe('05312e312e30');
  });
});

describe('what fits', () => {
  const addresses = (count: number): DnsReply =>
    reply({
      answer: Array.from({ length: count }, (_, i) => addressRecord('a.example.', 5, ip(`10.0.${i >> 8}.${i & 255}`))),
    });
  // Header and question: 27 bytes; a record 25 bytes in full, 16 with a pointer.

  test('is not compressed', () => {
    expect(sentReply(addresses(19), PLAIN_UDP)).toMatchObject({ compressed: false, bytes: 27 + 19 * 25 });
  });

  test('is compressed where it must be, and cut where that does not help', () => {
    expect(sentReply(addresses(20), PLAIN_UDP)).toMatchObject({ compressed: true, bytes: 27 + 20 * 16 });
    expect(sentReply(addresses(30), PLAIN_UDP)).toMatchObject({ bytes: 27 + 30 * 16, reply: { truncated: false } });
    const { reply: cut, bytes } = sentReply(addresses(31), PLAIN_UDP);
    expect([cut.truncated, cut.answer.length, bytes]).toEqual([true, 30, 27 + 30 * 16]);
  });

  test('is more with EDNS and over TCP', () => {
    const edns = { ...PLAIN_UDP, ednsBytes: 1232 };
    expect(sentReply(addresses(40), edns)).toMatchObject({ compressed: false, bytes: 27 + 40 * 25 + 11 });
    expect(sentReply(addresses(100), edns).reply.truncated).toBe(true);
    // Less than 512 counts as 512.
    expect(sentReply(addresses(10), { ...PLAIN_UDP, ednsBytes: 100 }).reply.truncated).toBe(false);
    const tcp = { protocol: 'tcp', family: 4 } as const;
    expect(sentReply(addresses(2000), tcp)).toMatchObject({ compressed: false, bytes: 27 + 2000 * 25 });
  });

  test('is compressed over UDP where it would be fragmented', () => {
    const wide = { ...PLAIN_UDP, ednsBytes: 4096 };
    expect(sentReply(addresses(57), wide).compressed).toBe(false);
    expect(sentReply(addresses(58), wide)).toMatchObject({ compressed: true, bytes: 27 + 58 * 16 + 11 });
    expect(sentReply(addresses(48), { ...wide, family: 6 }).compressed).toBe(true);
  });

  test('leaves out from the end: what is beside the answer goes first', () => {
    const additional = addresses(20).answer;
    const { reply: cut } = sentReply({ ...addresses(20), additional }, PLAIN_UDP);
    expect([cut.answer.length, cut.additional.length, cut.truncated]).toEqual([20, 10, true]);
  });
});
