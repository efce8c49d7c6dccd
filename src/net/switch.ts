/**
 * A learning switch that has learned everything: the underlay to which all nodes and outside hosts are plugged.
 *
 * A frame goes out of the port of the host that it is addressed to (`nextHop`), at once: the delay stands in the links.
 */
import { AddressMap } from './address-map.js';
import type { IpAddress } from './address.js';
import { DropCause, type DropSink, type Link, type PacketSink } from './link.js';
import type { PacketPool } from './packet.js';

/** The switch of the underlay. */
export class Switch implements PacketSink {
  private readonly packets: PacketPool;
  private readonly drops: DropSink;
  private readonly portOf = new AddressMap();
  private readonly ports: Link[] = [];

  /**
   * @param packets the pool
   * @param drops who is told of frames to nobody
   */
  constructor(packets: PacketPool, drops: DropSink) {
    this.packets = packets;
    this.drops = drops;
  }

  /** Plugs in a host: frames for `address` go out over `link`. */
  plug(address: IpAddress, link: Link): void {
    this.portOf.set(address, this.ports.length);
    this.ports.push(link);
  }

  /** Passes a frame on. */
  receive(packet: number): void {
    const port = this.portOf.get(this.packets.nextHop[packet]!);
    if (port < 0) this.drops.drop(packet, DropCause.noRoute);
    else this.ports[port]!.send(packet);
  }
}
