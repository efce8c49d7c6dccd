/** Carries out `kpb dns`: looks a name up in the cluster and shows the queries as a table, the answer as dig does, or all as JSON. */
import { csvTable, jsonList, textTable, type TextStyle } from '../report/index.js';
import {
  ClusterLab,
  readOutsideName,
  reportLookup,
  type LookupReport,
  type ReportedQuery,
  type ReportedRecord,
} from '../testbed/index.js';
import { clusterCase, wantedOf, type ClusterArguments } from './cluster-case.js';
import { counted } from './counted.js';
import type { CommonArguments } from './options.js';
import { resolvConfFile } from './resolv-conf-file.js';
import { resultStyle, tell, writeResult } from './terminal.js';

/** What is asked. */
export interface DnsRequest extends CommonArguments, Omit<ClusterArguments, 'cluster'> {
  readonly cluster: string;
  readonly name: string;
  readonly from: string;
  readonly type: string | undefined;
  readonly library: 'glibc' | 'musl';
  readonly outside: readonly string[];
  readonly resolvConf: string | undefined;
}

const CSV_COLUMNS = ['name', 'type', 'nameserver', 'protocol', 'query_bytes', 'result', 'reply_bytes', 'records'];

/** Looks up and writes. */
export async function showDns(request: DnsRequest): Promise<void> {
  const { name, from, type, library } = request;
  const hostResolvConf = resolvConfFile(request.resolvConf);
  const plan = clusterCase({ ...request, cluster: [request.cluster] }, undefined, request);
  const report = wantedOf(() => {
    const outside = request.outside.map(readOutsideName);
    return reportLookup(new ClusterLab(plan).cluster, { from, name, type, library, outside, hostResolvConf });
  });
  for (const note of report.notes) tell(note, request);
  if (request.output === 'json') await writeResult(jsonText(report));
  else if (request.output === 'csv') await writeResult(csvTable(CSV_COLUMNS, report.queries.map(csvLine)));
  else await writeResult(lookupText(report, await resultStyle(request.color)));
}

function jsonText({ queries, ...metadata }: LookupReport): string {
  return jsonList('DnsQueryList', { ...metadata, queryCount: queries.length, notFound: notFound(queries) }, queries);
}

function csvLine(query: ReportedQuery): string[] {
  const { name, type, nameserver, protocol, queryBytes, result, replyBytes, records } = query;
  const answers = records.filter(({ section }) => section === 'answer').length;
  return [name, type, nameserver, protocol, String(queryBytes), result, String(replyBytes), String(answers)];
}

/** The whole lookup for people: who asks how, a line for each query, the last name's records, how it ended. */
export function lookupText(report: LookupReport, style: TextStyle): string {
  const { name, from, library, resolvConf, queries, outcome } = report;
  const { nameservers, searches, options } = resolvConf;
  const settings = [
    `nameserver ${nameservers.join(' ')}`,
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  const blocks = [
    `${style.bold(`${name} from ${from}, ${library}`)}\n${settings.map((line) => style.dim(`  ${line}`)).join('\n')}`,
    ...(queries.length === 0 ? [] : [queryTable(queries, style)]),
    ...answerBlocks(report),
    outcome === 'found' ? style.good(endText(report)) : style.bad(endText(report)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

const COLUMNS = [
  { heading: '#', align: 'right' },
  { heading: 'name', align: 'left' },
  { heading: 'type', align: 'left' },
  { heading: 'to', align: 'left' },
  { heading: 'query bytes', align: 'right' },
  { heading: 'result', align: 'left' },
  { heading: 'reply bytes', align: 'right' },
] as const;

function queryTable(queries: readonly ReportedQuery[], style: TextStyle): string {
  const lines = queries.map(({ name, type, nameserver, protocol, queryBytes, result, replyBytes, truncated }, i) => [
    String(i + 1),
    name,
    type,
    protocol === 'udp' ? nameserver : `${nameserver} (TCP)`,
    String(queryBytes),
    truncated ? `${result}, cut short` : result,
    String(replyBytes),
  ]);
  return textTable(COLUMNS, lines, { style });
}

/** The records of the name that ended the lookup, as dig prints them. */
function answerBlocks({ queries }: LookupReport): string[] {
  const last = queries.at(-1)?.name;
  const kept = queries.filter(({ name, truncated }) => name === last && !truncated);
  return (['answer', 'authority', 'additional'] as const).flatMap((section) => {
    const lines = new Set(
      kept.flatMap(({ records }) => records.filter((record) => record.section === section).map(recordText)),
    );
    return lines.size === 0 ? [] : [`;; ${section.toUpperCase()} SECTION:\n${[...lines].join('\n')}`];
  });
}

function recordText({ name, ttlSeconds, type, data }: ReportedRecord): string {
  return `${name.padEnd(39)} ${String(ttlSeconds).padEnd(7)} IN  ${type.padEnd(7)} ${data}`;
}

const ENDS: Readonly<Record<LookupReport['outcome'], string>> = {
  found: 'found',
  'no-such-name': 'no such name (EAI_NONAME)',
  'no-address': 'the name has no record of the type (EAI_NODATA)',
  'try-again': 'temporary failure (EAI_AGAIN)',
  failed: 'failed for good (EAI_FAIL)',
};

/** More addresses are counted: the answer above has them. */
const MOST_ADDRESSES = 8;

function endText({ outcome, source, addresses, madeUp, namesTried, queries }: LookupReport): string {
  const many = addresses.length > MOST_ADDRESSES ? `${addresses.length} addresses` : addresses.join(', ');
  const names = madeUp.map((name) => name.replace(/\.$/, '')).join(', ');
  const note = madeUp.length === 0 ? '' : ` (made up: ${names} is outside of the cluster)`;
  const found = addresses.length > 0 ? `: ${many}${note}` : '';
  if (source !== 'dns') {
    const why = source === 'hosts' ? 'from /etc/hosts' : 'an address as it stands';
    return `${ENDS[outcome]}${found}; ${why}, no query`;
  }
  const tried = counted(namesTried.length, 'name');
  return `${ENDS[outcome]}${found}; ${tried} tried, ${queryCount(queries.length)}, ${notFound(queries)} of them NXDOMAIN`;
}

function notFound(queries: readonly ReportedQuery[]): number {
  return queries.filter(({ result }) => result === 'NXDOMAIN').length;
}

function queryCount(count: number): string {
  return count === 1 ? '1 query' : `${count} queries`;
}
