/** Links to nowhere in particular: what arrives and what is lost is noted. */
import { Links, PacketPool, type Link, type LinkSpec } from '../../src/net/index.js';
import { EventClass, Simulation } from '../../src/sim/index.js';

/** Links with one place where all that arrives or is lost is noted as [time, packet]. */
export class Wires {
  readonly simulation = new Simulation();
  readonly packets = new PacketPool();
  readonly arrived: [number, number][] = [];
  readonly lost: [time: number, packet: number, cause: number][] = [];
  readonly links = new Links(this.simulation, this.packets, {
    drop: (packet, cause) => this.lost.push([this.simulation.now, packet, cause]),
  });

  /** Lays a link. */
  lay(spec: LinkSpec): Link {
    return this.links.add(spec, { receive: (packet) => this.arrived.push([this.simulation.now, packet]) });
  }

  /** A packet whose frame has that many bytes on the wire, without preamble, check sequence and gap. */
  frame(bytes: number): number {
    const packet = this.packets.take(0);
    this.packets.length[packet] = bytes - 14;
    return packet;
  }

  /** Sends packets at their times; arrivals of the same moment come first. */
  sendAt(link: Link, sends: readonly (readonly [time: number, packet: number])[]): void {
    const kind = this.simulation.register('send', EventClass.traffic, { fire: (n) => link.send(sends[n]![1]) });
    sends.forEach(([time], n) => this.simulation.schedule(time, kind, n));
  }
}
