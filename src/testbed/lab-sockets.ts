/**
 * Sockets of a laboratory's node: the relay of a proxy that works in user space, and a client that talks to it.
 *
 * A first packet alone does not show whom a relay dials: the handshake with the relay has to be done. The client here does it, at once and in
 * no time, and what the relay then sends to somebody else is caught.
 */
import { Relays, Transport, type Hosts, type Relay } from '../kernel/index.js';
import { Protocol, type IpAddress, type PacketPool } from '../net/index.js';
import type { Simulation, TimerWheels } from '../sim/index.js';
import type { Flow } from './flow-outcome.js';

/** Headers of the packet with which a relay dials. */
export interface Dialled {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

/** What became of a client that talked to the node. */
export interface RelayedFlow {
  /** The port that the client sent from. */
  readonly clientPort: number;
  /** Whom the relay dialled; null when nobody. */
  readonly dialled: Dialled | null;
}

/** Lengths of requests do not matter here. */
const REQUEST_BYTES = 100;

/** The sockets around one node. */
export class LabSockets {
  readonly relay: Relay;
  private readonly relays: Relays;
  private readonly transport: Transport;
  private readonly packets: PacketPool;
  private readonly hosts: Hosts;
  /** The client's host while it talks; -1 else. */
  private client = -1;
  private clientPort = 0;
  private dialled: Dialled | null = null;

  /**
   * @param parts of the node
   * @param send takes a packet to the node: from its own processes, or from the client
   */
  constructor(
    parts: {
      readonly simulation: Simulation;
      readonly wheels: TimerWheels;
      readonly packets: PacketPool;
      readonly hosts: Hosts;
      /** The host that stands for the node. */
      readonly host: number;
      /** Address that the node's processes send from. */
      readonly sourceFor: (destination: IpAddress) => IpAddress;
    },
    send: (packet: number, isClients: boolean) => void,
  ) {
    const { packets, hosts, host } = parts;
    this.packets = packets;
    this.hosts = hosts;
    this.transport = new Transport({
      ...parts,
      output: {
        transmit: (packet, from) => {
          if (from === this.client) this.clientPort = packets.sourcePort[packet]!;
          send(packet, from === this.client);
        },
        sourceFor: (_, destination) => parts.sourceFor(destination),
      },
      user: NOBODY_LISTENS,
      observer: { arrived: () => undefined },
    });
    this.relays = new Relays({ ...parts, transport: this.transport });
    this.relay = this.relays.add(host);
  }

  /** Whether a socket takes a packet to the node's own addresses; the client may have one of them. */
  wants(packet: number, host: number): boolean {
    if (this.packets.flow[packet]! >= 0) return this.transport.wants(packet, this.takerOf(packet, host));
    const { destinationPort, protocol, source } = this.packets;
    return this.hosts.userAt(host, protocol[packet]!, destinationPort[packet]!, source[packet]!) >= 0;
  }

  /** A packet of a conversation has reached the node's sockets. */
  deliver(packet: number, host: number): void {
    this.transport.deliver(packet, this.takerOf(packet, host));
  }

  /** A packet of a conversation leaves the node: for the client, or to somebody whom the relay dials. */
  leave(packet: number): void {
    const { packets } = this;
    // A relay may dial the client itself, which is one of the endpoints then.
    const isAnswer = packets.destinationPort[packet] === this.clientPort;
    if (this.client >= 0 && packets.destination[packet] === this.hosts.address[this.client] && isAnswer) {
      this.transport.deliver(packet, this.client);
      return;
    }
    this.dialled ??= {
      source: packets.source[packet]!,
      sourcePort: packets.sourcePort[packet]!,
      destination: packets.destination[packet]!,
      destinationPort: packets.destinationPort[packet]!,
    };
    packets.release(packet);
  }

  /** Has a client talk to the node, from the handshake to the relay's first packet to somebody else, and break off. */
  talk({ source, destination, destinationPort, protocol }: Flow): RelayedFlow {
    this.dialled = null;
    this.client = this.hosts.add({ address: source, node: -1, core: -1 });
    const handle = this.transport.connect(protocol, this.client, destination, destinationPort, 0);
    if (protocol === Protocol.udp) this.transport.request(handle, 1, REQUEST_BYTES);
    const { dialled } = this;
    this.transport.abort(handle);
    // Nobody answers the relay: it would go on trying.
    this.relays.breakOff(this.relay);
    this.hosts.remove(this.client);
    this.client = -1;
    return { clientPort: this.clientPort, dialled };
  }

  private takerOf(packet: number, host: number): number {
    return this.client >= 0 && this.packets.destinationPort[packet] === this.clientPort ? this.client : host;
  }
}

/** The client hears nothing: it only wants to know whom the relay dials. */
const NOBODY_LISTENS = {
  connected: () => undefined,
  replied: () => undefined,
  failed: () => undefined,
  accepted: () => undefined,
  requested: () => undefined,
  ended: () => undefined,
};
