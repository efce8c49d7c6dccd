/** A lookup in a cluster as a report: the queries in their order, with sizes and records as text, and how it ended. */
import {
  dataText,
  fqdn,
  isNoData,
  isWithin,
  sameName,
  lookUp,
  PLAIN_UDP,
  queryBytes,
  RECORD_TYPES,
  resolverSettings,
  reverseName,
  sentReply,
  type Cluster,
  type DnsQuestion,
  type DnsRecord,
  type DnsReply,
  type LookupOutcome,
  type QueryRound,
  type RecordType,
  type ResolverLibrary,
  type ResolvConf,
  type ResolverSettings,
  type Transport,
  type Upstream,
} from '../../kube/index.js';
import { familyOf, formatIp, parseIp } from '../../net/index.js';
import { CaseError } from '../case-error.js';
import { askerName, askerOf } from './asker.js';
import { CLUSTER_DOMAIN, DiscoveryLab } from './discovery-lab.js';
import { nameHint } from './near-names.js';
import { documentationName, outsideWorld, type OutsideName } from './outside-world.js';

/** What is looked up. */
export interface LookupOrder {
  /** NAMESPACE/POD or NAMESPACE. */
  readonly from: string;
  readonly name: string;
  /** undefined: addresses of both families, or the names of an address. */
  readonly type: string | undefined;
  readonly library: ResolverLibrary;
  /** Names outside of the cluster; empty: those that are sure to be meant. */
  readonly outside: readonly OutsideName[];
  readonly hostResolvConf: ResolvConf | undefined;
}

/** A record as zone files have it. */
export interface ReportedRecord {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly name: string;
  readonly ttlSeconds: number;
  readonly type: RecordType;
  readonly data: string;
}

/** One query and what came back. */
export interface ReportedQuery {
  readonly name: string;
  readonly type: RecordType;
  readonly nameserver: string;
  readonly protocol: 'udp' | 'tcp';
  readonly queryBytes: number;
  /** Response code; NODATA where the name has no record of the type. */
  readonly result: string;
  readonly replyBytes: number;
  readonly truncated: boolean;
  readonly records: readonly ReportedRecord[];
}

/** The whole lookup. */
export interface LookupReport {
  readonly from: string;
  readonly name: string;
  readonly types: readonly RecordType[];
  readonly library: ResolverLibrary;
  readonly resolvConf: ResolvConf;
  readonly source: 'literal' | 'hosts' | 'dns';
  readonly outcome: LookupOutcome;
  readonly addresses: readonly string[];
  /** Names outside of the cluster among the answers whose addresses stand for ones that nobody has told. */
  readonly madeUp: readonly string[];
  readonly namesTried: readonly string[];
  readonly queries: readonly ReportedQuery[];
  /** What is assumed, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Looks a name up in a cluster as it is.
 * @throws CaseError when the name is none, and when the type or who asks is not known
 */
export function reportLookup(cluster: Cluster, order: LookupOrder): LookupReport {
  const { from, library } = order;
  const { name, types } = subjectOf(order);
  const outside = order.outside.length > 0 ? order.outside : meant(cluster, name);
  const upstream = outsideWorld(outside);
  const lab = new DiscoveryLab(cluster, { upstream, hostResolvConf: order.hostResolvConf });
  const asker = askerOf(cluster.store, from);
  const { events, ...resolvConf } = lab.resolvConf(asker);
  const settings = resolverSettings(resolvConf, library);
  const queries: ReportedQuery[] = [];
  const result = lookUp({
    name,
    types,
    settings,
    hosts: lab.hosts(asker),
    ask: (question, round, nameserver) => {
      const address = settings.nameservers[nameserver] ?? '';
      const reply = replyOf(lab, upstream, address, question);
      const { query, sent } = reported(question, reply, round, address, settings);
      queries.push(query);
      return sent;
    },
  });
  const madeUp = order.outside.length > 0 ? [] : madeUpNames(queries, outside);
  return {
    from: askerName(asker),
    name,
    types,
    library,
    resolvConf,
    source: result.source,
    outcome: result.outcome,
    addresses: result.addresses.map(formatIp),
    namesTried: [...new Set(result.steps.map(({ round }) => round.name))],
    queries,
    madeUp,
    notes: [
      ...lab.notesFor(asker),
      ...events.map(({ reason, message }) => `${reason}: ${message}`),
      ...madeUpNotes(madeUp),
      ...(result.outcome !== 'found' || madeUp.length > 0 ? nameHint(cluster.store, asker.namespace, order.name) : []),
    ],
  };
}

/** The names of an answer whose addresses are made up. */
function madeUpNames(queries: readonly ReportedQuery[], outside: readonly OutsideName[]): readonly string[] {
  const records = queries.flatMap((query) => query.records.filter(({ section }) => section === 'answer'));
  const answered = records.filter(({ name, type }) => {
    return (type === 'A' || type === 'AAAA') && outside.some((known) => sameName(known.name, name));
  });
  return [...new Set(answered.map(({ name }) => name))];
}

function madeUpNotes(names: readonly string[]): readonly string[] {
  return names.map((own) => {
    const name = own.replace(/\.$/, '');
    const what = `${name} is taken for a name outside of the cluster, with made-up addresses`;
    return `${what}; --outside ${name}=ADDRESS gives its own`;
  });
}

/** What is really asked: the reverse name of an address, or the name. */
function subjectOf({ name, type }: LookupOrder): { readonly name: string; readonly types: readonly RecordType[] } {
  if (name === '') throw new CaseError('the name to look up is empty');
  if (!/^[!-~]+$/.test(name)) throw new CaseError(`${name} is no name: names have printable ASCII characters alone`);
  const wanted = type?.toUpperCase();
  if (wanted !== undefined && !(wanted in RECORD_TYPES)) {
    throw new CaseError(
      `--type: there is no record type ${type ?? ''}; there are: ${Object.keys(RECORD_TYPES).join(', ')}`,
    );
  }
  const address = parseIp(name);
  const isReverse = address !== undefined && (wanted === undefined || wanted === 'PTR');
  if (isReverse) return { name: reverseName(address), types: ['PTR'] };
  return { name, types: wanted === undefined ? ['A', 'AAAA'] : [wanted as RecordType] };
}

/** Names outside of the cluster that somebody is sure to mean. */
function meant({ store }: Cluster, name: string): readonly OutsideName[] {
  const aliases = [...store.list('service')].flatMap(({ externalName = '' }) =>
    externalName === '' ? [] : externalName,
  );
  const own = name.replace(/\.$/, '').includes('.') && !name.endsWith('.arpa.') ? [name] : [];
  return [...own, ...aliases].filter((known) => !isOfCluster(known)).map(documentationName);
}

/** Whether nobody outside of a cluster has a name: those of its domain, and what is cut off before the domain. */
function isOfCluster(name: string): boolean {
  return [fqdn(CLUSTER_DOMAIN), 'svc.'].some((zone) => isWithin(fqdn(name), zone));
}

function replyOf(lab: DiscoveryLab, upstream: Upstream, nameserver: string, question: DnsQuestion): DnsReply {
  if (lab.clusterDns.includes(nameserver)) return lab.server.answer(question);
  const answered = upstream(question.name, question.type);
  const silent = { rcode: 'SERVFAIL', answer: [], truncated: false } as const;
  return { question, authoritative: false, authority: [], additional: [], ...(answered ?? silent) };
}

function reported(
  question: DnsQuestion,
  reply: DnsReply,
  { protocol }: QueryRound,
  nameserver: string,
  { ednsBytes }: ResolverSettings,
): { readonly query: ReportedQuery; readonly sent: DnsReply } {
  const edns = ednsBytes === 0 ? {} : { ednsBytes };
  const family = familyOf(parseIp(nameserver) ?? 0);
  const transport: Transport = { ...PLAIN_UDP, protocol, family, ...edns };
  const { reply: sent, bytes } = sentReply(reply, transport);
  const query: ReportedQuery = {
    ...question,
    nameserver,
    protocol,
    queryBytes: queryBytes(question, edns).length,
    result: isNoData(sent) && !sent.truncated ? 'NODATA' : sent.rcode,
    replyBytes: bytes,
    truncated: sent.truncated,
    records: [
      ...sent.answer.map((record) => recordOf('answer', record)),
      ...sent.authority.map((record) => recordOf('authority', record)),
      ...sent.additional.map((record) => recordOf('additional', record)),
    ],
  };
  return { query, sent };
}

function recordOf(section: ReportedRecord['section'], record: DnsRecord): ReportedRecord {
  const { name, ttlSeconds, type } = record;
  return { section, name, ttlSeconds, type, data: dataText(record) };
}
