/**
 * Answers to A and AAAA: mirrors A and AAAA of CoreDNS 1.14 (plugin/backend_lookup.go).
 *
 * An ExternalName is answered with its CNAME and whatever that leads to: looked up here where it lies in the same zone (and left out where
 * nothing is found), of the upstream elsewhere. A name that stands for itself or for a name below it leads nowhere, and neither does a
 * chain of more than eight.
 */
import { familyOf, type IpAddress } from '../../net/index.js';
import { fqdn, isWithin, sameName } from './domain-name.js';
import type { Found, Inquiry } from './inquiry.js';
import { addressRecord, type DnsRecord, type NameRecord } from './record.js';
import { backendAnswers } from './zone-records.js';

const LONGEST_CHAIN = 8;

/**
 * The addresses of a name.
 * @param name the name of the question, or one that it stands for
 * @param chain the aliases that led here
 */
export function addressAnswers(inquiry: Inquiry, name: string, chain: readonly NameRecord[] = []): Found {
  const { question, options } = inquiry;
  const found = backendAnswers(inquiry, name, question.type);
  if (found === undefined) return undefined;
  const family = question.type === 'A' ? 4 : 6;
  const answer: DnsRecord[] = [];
  const seen = new Set<IpAddress>();
  let truncated = false;
  for (const { alias, address } of found) {
    if (alias !== '') {
      const next = followed(inquiry, name, alias, chain);
      answer.push(...(next?.answer ?? []));
      truncated ||= next?.truncated ?? false;
    } else if (familyOf(address) === family && !seen.has(address)) {
      seen.add(address);
      answer.push(addressRecord(name, options.ttlSeconds, address));
    }
  }
  return { answer, truncated };
}

function followed(inquiry: Inquiry, name: string, alias: string, chain: readonly NameRecord[]): Found {
  const { question, options, zone } = inquiry;
  const target = fqdn(alias);
  const isLoop = isWithin(target, name) || chain.some((before) => sameName(before.target, target));
  if (isLoop || chain.length >= LONGEST_CHAIN) return undefined;
  const record: NameRecord = { name, ttlSeconds: options.ttlSeconds, type: 'CNAME', target };
  if (isWithin(target, zone)) {
    const next = addressAnswers(inquiry, target, [...chain, record]);
    return next === undefined || next.answer.length === 0 ? undefined : { ...next, answer: [record, ...next.answer] };
  }
  const outside = options.upstream?.(target, question.type);
  return { answer: [record, ...(outside?.answer ?? [])], truncated: outside?.truncated ?? false };
}
