/**
 * Answers to SRV: mirrors SRV of CoreDNS 1.14 (plugin/backend_lookup.go). One record for each name and port, with all its addresses
 * beside them; the weight is a hundredth part of the answers, at least 1. An ExternalName has none.
 */
import type { Found, Inquiry } from './inquiry.js';
import { addressRecord, type DnsRecord } from './record.js';
import { backendAnswers } from './zone-records.js';

/** The places of a Service, or of one of its ports. */
export function srvAnswers(inquiry: Inquiry): Found {
  const { question, options } = inquiry;
  const { ttlSeconds } = options;
  const found = backendAnswers(inquiry, question.name, 'SRV')?.filter(({ alias }) => alias === '');
  if (found === undefined) return undefined;
  // Of all that was found, before what occurs twice is left out; in the plugin's order of operations.
  const weight = Math.max(1, Math.floor((100 / (100 * found.length)) * 100));
  const answer: DnsRecord[] = [];
  const additional: DnsRecord[] = [];
  const seen = new Set<string>();
  const isNew = (key: string): boolean => !seen.has(key) && seen.add(key).has(key);
  for (const { name: target, port, address } of found) {
    if (port < 0) continue;
    if (isNew(`${target} ${port}`)) {
      answer.push({ name: question.name, ttlSeconds, type: 'SRV', priority: 0, weight, port, target });
    }
    if (isNew(`${target} @${address}`)) additional.push(addressRecord(target, ttlSeconds, address));
  }
  return { answer, additional };
}
