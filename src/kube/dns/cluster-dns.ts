/**
 * A cluster's DNS server: what it answers to a question.
 *
 * Mirrors the kubernetes plugin of CoreDNS 1.14 (handler.go, kubernetes.go, reverse.go, ns.go) with what it takes from
 * plugin/backend_lookup.go: existing names without a record of the type give NOERROR and the zone's SOA, others NXDOMAIN and the SOA, and
 * SERVFAIL as long as the cluster has not been read. Owner names keep the letter case of the question. Behind it stands one upstream
 * (the forward plugin), for names of other zones and for what an ExternalName stands for.
 * Left out: the cache and loadbalance plugins (records come in a fixed order), zone transfers (refused, as without the transfer plugin),
 * autopath, multicluster zones. Cost: O(records of the name), a reverse name O(slices of the cluster) where the source keeps no index.
 */
import { addressAnswers } from './address-answers.js';
import type { ClusterDnsOptions } from './dns-options.js';
import { below, closestZone, fqdn, isWithin, lowered, sameName } from './domain-name.js';
import { NO_DATA, type Found, type Inquiry } from './inquiry.js';
import type { DnsQuestion, DnsReply, Rcode } from './message.js';
import { recordRequest } from './record-request.js';
import type { DnsSource } from './record-source.js';
import { reverseRecords } from './reverse-records.js';
import { serviceAnswers } from './service-answers.js';
import { srvAnswers } from './srv-answers.js';
import { backendAnswers, nameServers, startOfAuthority } from './zone-records.js';

/** Version of the naming scheme, and how long it may be remembered. */
const SCHEMA = { text: '1.1.0', ttlSeconds: 28_800 };

/** The server. */
export class ClusterDns {
  readonly options: ClusterDnsOptions;
  private readonly source: DnsSource;

  /** @param source the cluster; it is read anew for every question */
  constructor(source: DnsSource, options: ClusterDnsOptions) {
    this.source = source;
    this.options = options;
  }

  /** Answers a question, records not yet fitted to a size. */
  answer({ name: written, type }: DnsQuestion): DnsReply {
    const question = { name: fqdn(written), type };
    const { options, source } = this;
    const closest = closestZone(question.name, options.zones);
    if (closest === undefined) return this.forwarded(question);
    if (type === 'AXFR' || type === 'IXFR') return reply(question, 'REFUSED', false);
    const zone = question.name.slice(question.name.length - closest.length);
    const inquiry = { source, options, question, zone };
    const found = recordsFor(inquiry);
    if (found === undefined) {
      if (options.fallthrough.some((own) => isWithin(question.name, own))) return this.forwarded(question);
      return negative(inquiry, source.synced ? 'NXDOMAIN' : 'SERVFAIL');
    }
    if (found.answer.length === 0) return negative(inquiry, 'NOERROR');
    return { ...reply(question, 'NOERROR', true), ...found };
  }

  private forwarded(question: DnsQuestion): DnsReply {
    const { upstream } = this.options;
    if (upstream === undefined) return reply(question, 'REFUSED', false);
    const answer = upstream(question.name, question.type);
    if (answer === undefined) return reply(question, 'SERVFAIL', false);
    return { ...reply(question, answer.rcode, false), ...answer };
  }
}

function recordsFor(inquiry: Inquiry): Found {
  const { question, zone } = inquiry;
  switch (question.type) {
    case 'A':
    case 'AAAA':
      return addressAnswers(inquiry, question.name);
    case 'SRV':
      return srvAnswers(inquiry);
    case 'CNAME':
      return aliasOf(inquiry);
    case 'TXT':
      return textOf(inquiry);
    case 'PTR':
      return reverseRecords(inquiry);
    case 'SOA':
      return sameName(question.name, zone) ? { answer: [startOfAuthority(inquiry)] } : NO_DATA;
    case 'NS':
      // Compared in the case of the question, as the plugin does: a zone written with capitals has no NS records.
      if (lowered(question.name) === zone) return nameServers(inquiry);
      return existence(inquiry);
    default:
      return existence(inquiry);
  }
}

/** Nothing but whether the name exists. */
function existence(inquiry: Inquiry): Found {
  return backendAnswers(inquiry, inquiry.question.name, 'A') === undefined ? undefined : NO_DATA;
}

function aliasOf(inquiry: Inquiry): Found {
  const { name } = inquiry.question;
  const found = backendAnswers(inquiry, name, 'CNAME');
  const alias = found?.[0]?.alias ?? '';
  if (found === undefined || alias === '') return found && NO_DATA;
  return { answer: [{ name, ttlSeconds: inquiry.options.ttlSeconds, type: 'CNAME', target: fqdn(alias) }] };
}

/** The version of the scheme. Names without anything behind them do not exist for this type, unlike for all others. */
function textOf(inquiry: Inquiry): Found {
  const { zone, question, options } = inquiry;
  if (sameName(question.name, below('dns-version', zone))) {
    return { answer: [{ name: question.name, ttlSeconds: SCHEMA.ttlSeconds, type: 'TXT', texts: [SCHEMA.text] }] };
  }
  const name = lowered(question.name);
  const found = serviceAnswers(inquiry, name);
  if (found === undefined) return undefined;
  const isZonal = (recordRequest(name, zone, options.zonal)?.zone ?? '') !== '';
  return found.length > 0 || isZonal ? NO_DATA : undefined;
}

function negative(inquiry: Inquiry, rcode: Rcode): DnsReply {
  return { ...reply(inquiry.question, rcode, true), authority: [startOfAuthority(inquiry)] };
}

function reply(question: DnsQuestion, rcode: Rcode, authoritative: boolean): DnsReply {
  return { question, rcode, authoritative, truncated: false, answer: [], authority: [], additional: [] };
}
