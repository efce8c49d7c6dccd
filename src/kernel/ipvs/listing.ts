/**
 * The virtual servers of a node as `ipvsadm -Ln` and `ipvsadm -Ln --stats` print them (ipvsadm 1.31, forwarding by masquerade).
 *
 * Column widths, abbreviations and blanks at line ends are those of the program, which was shown an invented kernel's tables to compare
 * with. Virtual servers are sorted as it sorts them: marks last, then protocol, address, port. Servers are sorted by address and port or,
 * as with `--nosort`, stand in the order of the kernel's list; the virtual servers stay sorted then too, since the kernel's order of them
 * hangs on a constant of each boot. Left out: `--rate`, whose estimator is not modelled, and host names. Cost: O(virtual servers and
 * servers).
 */
import { formatIpPort, formatIpv4, ipv6Word, isIpv6, protocolName } from '../../net/index.js';
import { EVERY_BIT, MARK_PROTOCOL } from './definition.js';
import type { Ipvs } from './ipvs.js';
import { flagNames, placedServices, type PlacedService } from './print.js';
import type { Servers } from './servers.js';
import type { TrafficSums } from './traffic-counters.js';

/** What is listed of each server, and in which order. */
export interface ListingOptions {
  /** `weights` as `-Ln` does, `statistics` as `-Ln --stats` does. */
  readonly columns: 'weights' | 'statistics';
  /** Servers by address and port, or in the order of the kernel's list (`--nosort`). */
  readonly order: 'sorted' | 'kernel';
}

/** A server of a list; `row` is -1 where the node has no state for it yet. */
interface ServerLine {
  readonly row: number;
  readonly address: number;
  readonly port: number;
  readonly weight: number;
}

/** Version of IPVS in Linux 6.1. */
const VERSION = '1.2.1';

/** Up to which number each unit is used. */
const ABBREVIATIONS: readonly (readonly [below: number, unit: number, letter: string])[] = [
  [1e9, 1e3, 'K'],
  [1e11, 1e6, 'M'],
  [1e14, 1e9, 'G'],
];

const NOTHING: TrafficSums = { conns: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };

/** The list, title lines included; ends with a line feed. */
export function listServices(ipvs: Ipvs, options: ListingOptions): string {
  const lines = [`IP Virtual Server version ${VERSION} (size=${ipvs.chains.count})`, ...titleLines(options)];
  for (const placed of placedServices(ipvs).sort(compareServices)) {
    lines.push(serviceLine(ipvs, placed, options));
    for (const server of serverLines(ipvs, placed, options)) lines.push(serverText(ipvs, server, options));
  }
  return `${lines.join('\n')}\n`;
}

function titleLines({ columns }: ListingOptions): readonly string[] {
  if (columns === 'weights') {
    return [
      'Prot LocalAddress:Port Scheduler Flags',
      '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
    ];
  }
  const names = ['Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes'].map((name) => name.padStart(8)).join(' ');
  return [`${'Prot LocalAddress:Port'.padEnd(33)} ${names}`, '  -> RemoteAddress:Port'];
}

function serviceLine({ services, servers }: Ipvs, placed: PlacedService, { columns }: ListingOptions): string {
  const { definition, slot, own, address } = placed;
  const isMark = definition.protocol === MARK_PROTOCOL;
  const name = isMark
    ? `FWM  ${address}`
    : `${protocolName(definition.protocol).toUpperCase().padEnd(4)} ${formatIpPort(address, definition.port)}`;
  if (columns === 'statistics') {
    const service = services.withState(slot, own);
    return name.padEnd(33) + trafficText(service === undefined ? NOTHING : servers.traffic.ofService(service.id));
  }
  const flags = flagNames(definition);
  const parts = [name, definition.scheduler];
  if (flags.length > 0) parts.push(`(${flags.join(',')})`);
  if (definition.persistenceSeconds > 0) {
    parts.push(`persistent ${definition.persistenceSeconds}`);
    const mask = definition.persistenceMask;
    if (mask !== EVERY_BIT) parts.push(`mask ${!isMark && isIpv6(address) ? mask : formatIpv4(mask)}`);
  }
  if (definition.onePacket === true) parts.push('ops');
  return parts.join(' ');
}

function serverText({ servers }: Ipvs, server: ServerLine, { columns }: ListingOptions): string {
  const { row, address, port, weight } = server;
  const place = `  -> ${formatIpPort(address, port).padEnd(28)}`;
  if (columns === 'statistics') return place + trafficText(trafficOf(servers, row));
  const active = row < 0 ? 0 : servers.active[row]!;
  const inactive = row < 0 ? 0 : servers.inactive[row]!;
  const counts = `${String(active).padEnd(10)} ${String(inactive).padEnd(10)}`;
  return `${place} ${'Masq'.padEnd(7)} ${String(weight).padEnd(6)} ${counts}`;
}

/** The servers of a virtual server, front of the list first or sorted. */
function serverLines({ services, servers }: Ipvs, placed: PlacedService, { order }: ListingOptions): ServerLine[] {
  const service = services.withState(placed.slot, placed.own);
  let lines: ServerLine[];
  if (service === undefined) {
    const { length, address, port } = services.serversOf(placed.definition);
    lines = Array.from({ length }, (_, i) => ({ row: -1, address: address[i]!, port: port[i]!, weight: 1 }));
  } else {
    lines = Array.from(service.order.subarray(0, service.count), (row) => {
      return { row, address: servers.address[row]!, port: servers.port[row]!, weight: servers.weight[row]! };
    });
  }
  // The last one that was added stands at the front.
  lines.reverse();
  if (order === 'kernel') return lines;
  return lines.sort((a, b) => compareAddresses(a.address, b.address) || a.port - b.port);
}

function trafficOf({ traffic }: Servers, row: number): TrafficSums {
  return row < 0 ? NOTHING : traffic.ofServer(row);
}

function trafficText({ conns, inPackets, outPackets, inBytes, outBytes }: TrafficSums): string {
  return [conns, inPackets, outPackets, inBytes, outBytes].map(largeNumber).join('');
}

/** A number in nine columns, large ones in thousands, millions and so on, rounded down. */
function largeNumber(value: number): string {
  if (value < 1e8) return String(value).padStart(9);
  const [, unit, letter] = ABBREVIATIONS.find(([below]) => value < below) ?? [Infinity, 1e12, 'T'];
  return String(Math.floor(value / unit)).padStart(8) + letter;
}

function compareServices(a: PlacedService, b: PlacedService): number {
  const [from, to] = [a.definition, b.definition];
  const [fromMark, toMark] = [from.protocol === MARK_PROTOCOL, to.protocol === MARK_PROTOCOL];
  if (fromMark || toMark)
    return fromMark && toMark ? difference(a.address, b.address) : Number(fromMark) - Number(toMark);
  return from.protocol - to.protocol || compareAddresses(a.address, b.address) || from.port - to.port;
}

/**
 * Orders addresses as libipvs does: by the sign of a 32-bit difference, so that addresses more than half of the range apart stand the
 * other way round (192.168.0.1 before 10.0.0.1).
 */
function compareAddresses(a: number, b: number): number {
  if (isIpv6(a) !== isIpv6(b)) return isIpv6(a) ? 1 : -1;
  if (!isIpv6(a)) return difference(a, b);
  let order = 0;
  for (let word = 0; order === 0 && word < 4; word++) order = difference(ipv6Word(a, word), ipv6Word(b, word));
  return order;
}

function difference(a: number, b: number): number {
  return (a - b) | 0;
}
