/**
 * The connection table of a node, as `ipvsadm -Lnc` prints it (ipvsadm 1.31).
 *
 * Mirrors ip_vs_conn_seq_show (Linux 6.1): templates are entries with client port 0, whose state is NONE, or ASSURED once one of their
 * connections was answered; those of a virtual server found by a mark show the mark as its address and no port of the server, those that
 * do not hold any more port 65535. Connections that end at the next jiffy are listed, with no time left. The kernel lists them in the
 * order of a hash that differs from boot to boot; here they are sorted by the client's text. Cost: O(entries x log entries).
 */
import { formatIpPort, formatIpv4, protocolName } from '../../net/index.js';
import { SECOND } from '../../sim/index.js';
import { CONNECTION_STATE_NAMES, TEMPLATE_STATE_NAMES } from './connection-state.js';
import { MARK_PROTOCOL } from './definition.js';
import type { Ipvs } from './ipvs.js';

/** What a template that does not hold any more has in place of the ports of its virtual server and its server. */
const VOID_PORT = 0xffff;

/** One entry. */
export interface ConnectionEntry {
  /** `tcp`, `udp` or `sctp`; `ip` for the template of a virtual server found by a mark. */
  readonly protocol: string;
  /** Places as `address:port`. */
  readonly client: string;
  readonly virtual: string;
  readonly server: string;
  readonly state: string;
  /** Whole seconds until it ends, rounded down. */
  readonly expires: number;
}

/** The table, title lines included; ends with a line feed. */
export function listConnections(ipvs: Ipvs, now: number): string {
  const lines = connectionEntries(ipvs, now).map(({ protocol, client, virtual, server, state, expires }) => {
    const left = `${twoDigits(Math.floor(expires / 60))}:${twoDigits(expires % 60)}`;
    return entryLine(protocol.toUpperCase(), left, state, client, virtual, server);
  });
  const title = entryLine('pro', 'expire', 'state', 'source', 'virtual', 'destination');
  return ['IPVS connection entries', title, ...lines].map((line) => `${line}\n`).join('');
}

/** The entries, sorted by client. */
export function connectionEntries(ipvs: Ipvs, now: number): ConnectionEntry[] {
  const { table } = ipvs.connections;
  const entries: ConnectionEntry[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (table.live[row] !== 0) entries.push(entryOf(ipvs, row, now));
  }
  return entries.sort((a, b) => compareTexts(a.client, b.client) || compareTexts(a.virtual, b.virtual));
}

function entryOf({ connections, servers }: Ipvs, row: number, now: number): ConnectionEntry {
  const { table } = connections;
  const server = table.server[row]!;
  const isTemplate = table.template[row] === 1;
  const isVoid = isTemplate && table.live[row] === 2;
  const isMark = table.protocol[row] === MARK_PROTOCOL;
  const virtualPort = isVoid ? VOID_PORT : table.virtualPort[row]!;
  const serverPort = isVoid ? VOID_PORT : table.serverPort[row]!;
  const virtual = table.virtualAddress[row]!;
  return {
    protocol: isMark ? 'ip' : protocolName(table.protocol[row]!),
    client: formatIpPort(table.clientAddress[row]!, table.clientPort[row]!),
    virtual: isMark ? `${formatIpv4(virtual)}:${virtualPort}` : formatIpPort(virtual, virtualPort),
    server: formatIpPort(servers.address[server]!, serverPort),
    state: (isTemplate ? TEMPLATE_STATE_NAMES : CONNECTION_STATE_NAMES)[table.state[row]!]!,
    expires: Math.max(0, Math.floor((table.deadlineNs[row]! - now) / SECOND)),
  };
}

function entryLine(
  ...[protocol, left, state, client, virtual, server]: [string, string, string, string, string, string]
) {
  return [protocol.padEnd(3), left.padEnd(6), state.padEnd(11), client.padEnd(18), virtual.padEnd(18), server].join(
    ' ',
  );
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
