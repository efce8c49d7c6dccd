/**
 * Virtual servers as the text that `ipvsadm -Sn` prints and `ipvsadm -R` reads (ipvsadm 1.31).
 *
 * Virtual servers are sorted by protocol, address and port, marks last as ipvsadm has them. Servers stand in the order of their addition and
 * not by address, so that restoring the text gives the same list, and with it the same picks. Cost: O(virtual servers and servers).
 */
import { compareIp, formatIpPort, formatIpv4, isIpv6, Protocol } from '../../net/index.js';
import { EVERY_BIT, MARK_PROTOCOL, OWN_ADDRESS, type VirtualServerDefinition } from './definition.js';
import type { Ipvs } from './ipvs.js';
import { SchedulerFlag, schedulerOf } from './schedulers/index.js';

/** A virtual server as it stands on a node. */
export interface PlacedService {
  readonly definition: VirtualServerDefinition;
  /** Number of its slot, and which of the node's own addresses it stands on (0 where it stands on a shared one). */
  readonly slot: number;
  readonly own: number;
  /** The address that it stands on. */
  readonly address: number;
}

/** A server as it stands in a list. */
export interface PlacedServer {
  readonly address: number;
  readonly port: number;
  readonly weight: number;
  /** Connections in an active state, and the others. */
  readonly active: number;
  readonly inactive: number;
}

/** In the order of ipvsadm's numbers for flags without a name. */
const FLAG_BITS = [SchedulerFlag.fallback, SchedulerFlag.port];

/** Everything in place on a node; ends with a line feed unless there is nothing. */
export function printIpvs(ipvs: Ipvs): string {
  const lines: string[] = [];
  for (const placed of placedServices(ipvs)) {
    lines.push(serviceLine('-A', placed));
    for (const server of placedServers(ipvs, placed)) lines.push(serverLine('-a', placed, server, server.weight));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The virtual servers of a node: by protocol, address and port, marks last. */
export function placedServices({ services }: Ipvs): PlacedService[] {
  const { table, ownAddresses } = services;
  const placed: PlacedService[] = [];
  for (let slot = 0; slot < table.registry.slotCount; slot++) {
    const definition = table.registry.definition(slot, table.version);
    if (definition === null) continue;
    if (definition.address !== OWN_ADDRESS || definition.protocol === MARK_PROTOCOL) {
      placed.push({ definition, slot, own: 0, address: definition.address });
    } else {
      ownAddresses.forEach((address, own) => placed.push({ definition, slot, own, address }));
    }
  }
  return placed.sort(comparePlaced);
}

/** The servers of a virtual server in the order of their addition; those that drain have weight 0. */
export function placedServers({ services, servers }: Ipvs, { definition, slot, own }: PlacedService): PlacedServer[] {
  const service = services.withState(slot, own);
  if (service === undefined) {
    const { length, address, port } = services.serversOf(definition);
    return Array.from({ length }, (_, i) => {
      return { address: address[i]!, port: port[i]!, weight: 1, active: 0, inactive: 0 };
    });
  }
  return Array.from(service.order.subarray(0, service.count), (row) => ({
    address: servers.address[row]!,
    port: servers.port[row]!,
    weight: servers.weight[row]!,
    active: servers.active[row]!,
    inactive: servers.inactive[row]!,
  }));
}

/** One line about a virtual server: added, edited or deleted (`-D`, which takes no options). */
export function serviceLine(command: '-A' | '-E' | '-D', placed: PlacedService): string {
  const { definition } = placed;
  const parts = [command, placeText(placed)];
  if (command !== '-D') {
    parts.push(`-s ${definition.scheduler}`);
    if (definition.persistenceSeconds > 0) parts.push(`-p ${definition.persistenceSeconds}${maskText(placed)}`);
    if (definition.onePacket === true) parts.push('-o');
    const flags = flagNames(definition);
    if (flags.length > 0) parts.push(`-b ${flags.join(',')}`);
  }
  return parts.join(' ');
}

/** One line about a server: added, edited or deleted (`-d`); forwarding by masquerade. */
export function serverLine(
  command: '-a' | '-e' | '-d',
  placed: PlacedService,
  server: { readonly address: number; readonly port: number },
  weight: number,
): string {
  const line = `${command} ${placeText(placed)} -r ${formatIpPort(server.address, server.port)}`;
  return command === '-d' ? line : `${line} -m -w ${weight}`;
}

function placeText({ definition, address }: PlacedService): string {
  if (definition.protocol === MARK_PROTOCOL) return `-f ${address}`;
  const place = formatIpPort(address, definition.port);
  switch (definition.protocol) {
    case Protocol.tcp:
      return `-t ${place}`;
    case Protocol.udp:
      return `-u ${place}`;
    default:
      return `--sctp-service ${place}`;
  }
}

function maskText({ definition, address }: PlacedService): string {
  const mask = definition.persistenceMask;
  if (mask === EVERY_BIT) return '';
  return ` -M ${isIpv6(address) ? mask : formatIpv4(mask)}`;
}

/** The names of a virtual server's scheduler flags, as ipvsadm shows them: the scheduler's own, else numbers. */
export function flagNames({ scheduler, flags }: VirtualServerDefinition): string[] {
  const own = schedulerOf(scheduler).flags;
  return FLAG_BITS.flatMap((bit, i) =>
    (flags & bit) === 0 ? [] : [own.find((flag) => flag.bit === bit)?.name ?? `flag-${i + 1}`],
  );
}

function comparePlaced(a: PlacedService, b: PlacedService): number {
  return (
    Number(a.definition.protocol === MARK_PROTOCOL) - Number(b.definition.protocol === MARK_PROTOCOL) ||
    a.definition.protocol - b.definition.protocol ||
    compareIp(a.address, b.address) ||
    a.definition.port - b.definition.port
  );
}
