/**
 * What relays do with sockets, of one protocol. Numbers only, so that no call allocates.
 *
 * A conversation has one handle for both of its ends, as in `Transport`: a relay is the server of its clients' conversations and the client
 * of those that it opens to backends.
 */
import type { IpAddress } from '../../net/index.js';
import type { Transport } from '../transport/transport.js';

/** The part of sockets that relays use. */
export interface RelaySockets {
  /** Address of a client as the node sees it; 0 when its conversation is over. */
  peerAddress(client: number): IpAddress;
  /** See `peerAddress`. */
  peerPort(client: number): number;
  /** Port of the node that a client's conversation came in by; 0 when it is over. */
  localPort(client: number): number;
  /** Size of the client's last message in bytes. */
  requestBytes(client: number): number;
  /** Size of the backend's last message in bytes. */
  answerBytes(backend: number): number;
  /**
   * Work that the relay's process has done for what it sends next: priced with that packet, on the core on which it is sent.
   * @param wakes times that the process had to be woken
   * @param bytes bytes copied between kernel and user space
   */
  spend(wakes: number, bytes: number): void;
  /**
   * What is sent next goes on with what a client has sent: a note for measurers, who take both for one packet.
   * @param client handle of the client's conversation
   * @param leg by `Leg`: its first packet, or its last message
   */
  goOn(client: number, leg: number): void;
  /**
   * Opens a conversation from a node's own network.
   * @param host the host that stands for the node
   * @param address whom to dial
   * @param port whom to dial
   * @param session handed back with every event
   * @returns the handle, or -1 when the node has no source port left
   */
  dial(host: number, address: IpAddress, port: number, session: number): number;
  /** Sends a message to a backend. */
  request(backend: number, sequence: number, bytes: number): void;
  /** Sends a message to a client. */
  respond(client: number, sequence: number, bytes: number): void;
  /** Closes the relay's end of a conversation with a backend, in whatever state; nothing more is heard of it. */
  close(backend: number): void;
  /** Closes the relay's end of a conversation with a client. */
  hangUp(client: number): void;
}

/** The sockets of the run's transport. */
export class TransportSockets implements RelaySockets {
  /** Number under which the transport knows this user of sockets. */
  user = 0;
  private readonly transport: Transport;
  private readonly protocol: number;

  /**
   * @param transport the transport of all hosts
   * @param protocol IP protocol number of what is dialled
   */
  constructor(transport: Transport, protocol: number) {
    this.transport = transport;
    this.protocol = protocol;
  }

  peerAddress(client: number): IpAddress {
    return this.transport.peerAddress(client);
  }

  peerPort(client: number): number {
    return this.transport.peerPort(client);
  }

  localPort(client: number): number {
    return this.transport.localPort(client);
  }

  requestBytes(client: number): number {
    return this.transport.requestBytes(client);
  }

  answerBytes(backend: number): number {
    return this.transport.answerBytes(backend);
  }

  spend(wakes: number, bytes: number): void {
    this.transport.segments.spend(wakes, bytes);
  }

  goOn(client: number, leg: number): void {
    this.transport.segments.goOn(client, leg);
  }

  dial(host: number, address: IpAddress, port: number, session: number): number {
    const backend = this.transport.connect(this.protocol, host, address, port, session, this.user);
    this.done();
    return backend;
  }

  request(backend: number, sequence: number, bytes: number): void {
    this.transport.request(backend, sequence, bytes);
    this.done();
  }

  respond(client: number, sequence: number, bytes: number): void {
    this.transport.respond(client, sequence, bytes);
    this.done();
  }

  close(backend: number): void {
    this.transport.close(backend);
    this.done();
  }

  hangUp(client: number): void {
    this.transport.hangUp(client);
    this.done();
  }

  /** What is sent from now on is not the relay's. */
  private done(): void {
    this.spend(0, 0);
    this.goOn(-1, 0);
  }
}
