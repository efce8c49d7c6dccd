/** Cases of the schema `dns-query/v1`: a question to a server, and the records that must come back. */
import { expect } from 'vitest';
import { ClusterDns, dataText, RECORD_TYPES, type DnsRecord, type RecordType } from '../../../src/kube/index.js';
import { ABOUT_CASE, type NamedCase } from '../case-documents.js';
import { fieldsOf, knownFields, listOf, textOf, textsOf, type Fields } from '../kube-proxy/fields.js';
import { fixtureOf } from './fixture.js';

/** Features of one server that cases may ask for, and that there are. */
const FEATURES = ['coredns-zonal'];
const COMPARED = ['name', 'ttl', 'type', 'data'];

/**
 * Runs a case; throws when it fails.
 * @param fixtures named clusters of its file
 */
export function runQuery({ name, fields: own }: NamedCase, fixtures: Fields): void {
  const fields = knownFields(own, [...ABOUT_CASE, 'fixture', 'query', 'expect', 'feature'], name);
  if (fields['feature'] !== undefined && !FEATURES.includes(textOf(fields['feature'], `${name} feature`))) {
    throw new Error(`${name}: a feature that there is not`);
  }
  const fixture = textOf(fields['fixture'], `${name} fixture`);
  if (fixtures[fixture] === undefined) throw new Error(`${name}: no fixture ${fixture}`);
  const { source, options } = fixtureOf(fixtures[fixture], fixture);
  const query = knownFields(fields['query'], ['name', 'type'], `${name} query`);
  const type = textOf(query['type'], `${name} type`);
  if (!(type in RECORD_TYPES)) throw new Error(`${name}: no such type ${type}`);
  const question = { name: textOf(query['name'], `${name} query`), type: type as RecordType };
  const reply = new ClusterDns(source, options).answer(question);
  const expected = knownFields(
    fields['expect'],
    ['rcode', 'answer', 'additional', 'authoritySOA', 'compare'],
    `${name} expect`,
  );
  const compared = expected['compare'] === undefined ? COMPARED : textsOf(expected['compare'], `${name} compare`);
  expect(reply.rcode).toBe(expected['rcode']);
  expectRecords(reply.answer, expected['answer'], compared, `${name} answer`);
  if (expected['additional'] !== undefined) {
    expectRecords(reply.additional, expected['additional'], compared, `${name} additional`);
  }
  if (expected['authoritySOA'] !== undefined) {
    expect(reply.authority.map((record) => `${record.type} ${record.name}`)).toEqual([
      `SOA ${textOf(expected['authoritySOA'], `${name} authoritySOA`)}`,
    ]);
  }
  expectAliasesFirst(reply.answer);
}

/** The same records in any order. */
function expectRecords(
  records: readonly DnsRecord[],
  value: unknown,
  compared: readonly string[],
  where: string,
): void {
  const lines = (all: readonly (readonly [string, unknown][])[]): string[] =>
    all.map((fields) => compared.map((name) => String(new Map(fields).get(name))).join(' ')).sort();
  const wanted = listOf(value, where).map((own) => {
    const fields = fieldsOf(own, where);
    return Object.entries({ ...fields, data: plainData(String(fields['type']), String(fields['data'])) });
  });
  const anyNumbers = wanted.some((fields) => String(new Map(fields).get('data')).includes('*'));
  const got = records.map((record) =>
    Object.entries({
      name: record.name,
      ttl: record.ttlSeconds,
      type: record.type,
      data: plainData(record.type, dataText(record), anyNumbers),
    }),
  );
  expect(lines(got)).toEqual(lines(wanted));
}

/** Data without what is free: serial and timers of an SOA, numbers of an SRV where any will do, quotes around a text. */
function plainData(type: string, data: string, anyNumbers = false): string {
  if (type === 'SOA') return data.split(' ').slice(0, 2).join(' ');
  if (type === 'TXT') return data.replaceAll('"', '');
  if (type === 'SRV' && anyNumbers) return data.replace(/^\d+ \d+/, '* *');
  return data;
}

function expectAliasesFirst(answer: readonly DnsRecord[]): void {
  for (const [i, record] of answer.entries()) {
    if (record.type !== 'CNAME') continue;
    const before = answer.slice(0, i).filter(({ name }) => name.toLowerCase() === record.target.toLowerCase());
    expect(before).toEqual([]);
  }
}
