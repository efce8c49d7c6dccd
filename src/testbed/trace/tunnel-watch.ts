/** Watches a node's end of the tunnel: what is put in and taken out, and between which uplinks. */
import type { IpPath } from '../../kernel/index.js';
import { VXLAN_PORT, formatIp, formatIpPort, type PacketPool } from '../../net/index.js';
import { seeInTunnel } from './device-watch.js';
import { tunnelDevice } from './frame-log.js';
import type { StepEnd } from './step-builder.js';
import type { Watching } from './watching.js';

/** Watches the tunnel. */
export function watchTunnel(watching: Watching, path: IpPath): void {
  const { steps, world, packets } = watching;
  const { tunnel, parts } = path;
  const device = tunnelDevice(parts.address);
  const pool = world.base.packets;
  const enter = tunnel.enter.bind(tunnel);
  const leave = tunnel.leave.bind(tunnel);
  tunnel.enter = (packet, gateway) => {
    const record = packets.at(packet);
    if (record !== undefined) record.tunnel = [parts.tunnelAddress, gateway];
    seeInTunnel(watching, path, packet, true);
    steps.enter('encapsulate', `into ${device}`, packet, { device });
    const cause = enter(packet, gateway);
    steps.leave(cause < 0 ? outerWords(pool, packet, `into ${device} to ${formatIp(gateway)}`) : {});
    return cause;
  };
  tunnel.leave = (packet) => {
    steps.enter('decapsulate', `out of ${device}`, packet, { device });
    const words = outerWords(pool, packet, `out of ${device}`);
    const cause = leave(packet);
    steps.leave(words);
    if (cause < 0) seeInTunnel(watching, path, packet, false);
    return cause;
  };
}

/** The outer headers of a packet in the tunnel. */
function outerWords(pool: PacketPool, packet: number, what: string): StepEnd {
  const outerSource = formatIpPort(pool.outerSource[packet]!, pool.outerSourcePort[packet]!);
  const outerDestination = formatIpPort(pool.outerDestination[packet]!, VXLAN_PORT);
  return { title: `${what}: VXLAN ${outerSource} -> ${outerDestination}`, facts: { outerSource, outerDestination } };
}
