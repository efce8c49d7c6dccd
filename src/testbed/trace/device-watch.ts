/**
 * Takes frames at the devices of a node while it works on a packet.
 *
 * A packet of a pod for another pod of the node stays on the bridge, where br_netfilter shows it to the hooks, and cni0 itself does not see it.
 */
import { Device, Hook, Origin, type IpPath } from '../../kernel/index.js';
import type { IpAddress } from '../../net/index.js';
import { tunnelDevice } from './frame-log.js';
import type { Sight } from './sight.js';
import { momentOf, type Watching } from './watching.js';

/** The first hook is behind the packet: a pod's packet that is not for a pod of the node comes up through cni0. */
export function seeComingUp(watching: Watching, path: IpPath, row: number, hook: Hook): void {
  const { passage, world, packets, frames } = watching;
  if (hook !== Hook.prerouting || row !== passage.row || passage.origin !== Origin.pod) return;
  const record = packets.at(row);
  const destination = world.base.packets.destination[row]!;
  const isOwn = path.addresses.has(destination);
  if (record === undefined || (!isOwn && deviceTo(path, destination) === Device.bridge)) return;
  passage.isRouted = true;
  const ends = [record.lastHop, path.parts.bridgeAddress] as const;
  frames.see(record, sightOf(watching, 'cni0', false), ends);
}

/** The last hook is behind the packet, and it leaves by the device with that address: cni0 when that is the bridge's. */
export function seeGoingDown(watching: Watching, path: IpPath, row: number, address: IpAddress): void {
  const { passage, world, packets, frames } = watching;
  const record = packets.at(row);
  if (record === undefined || address !== path.parts.bridgeAddress) return;
  const isBridged = row === passage.row && passage.origin === Origin.pod && !passage.isRouted;
  if (isBridged) return;
  record.lastHop = address;
  const ends = [address, world.base.packets.destination[row]!] as const;
  frames.see(record, sightOf(watching, 'cni0', true), ends);
}

/** A packet of the node to itself goes over loopback. */
export function seeLoopback(watching: Watching, row: number): void {
  const { packets, frames } = watching;
  const record = packets.at(row);
  if (record !== undefined) frames.seeLoopback(record, sightOf(watching, 'lo', true));
}

/** A packet is about to enter the tunnel, or has just left it. */
export function seeInTunnel(watching: Watching, path: IpPath, row: number, isSent: boolean): void {
  const { packets, frames } = watching;
  const record = packets.at(row);
  const sight = sightOf(watching, tunnelDevice(path.parts.address), isSent);
  if (record !== undefined) frames.seeInTunnel(record, sight);
}

function sightOf(watching: Watching, device: string, isSent: boolean): Sight {
  return { timeNs: momentOf(watching), device: `${watching.passage.node}/${device}`, isSent };
}

/** The device by which a destination is reached. */
export function deviceTo({ parts: { routes } }: IpPath, destination: IpAddress): number {
  const route = routes.lookup(destination);
  return route === -1 ? Device.local : routes.device(route);
}
