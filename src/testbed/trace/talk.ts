/** The conversation of a trace: one request, one answer, and goodbye. Whoever is asked answers at once. */
import { Failure, type SocketUser, type Transport } from '../../kernel/index.js';
import type { IpAddress } from '../../net/index.js';
import type { Simulation } from '../../sim/index.js';

/** Who served the request. */
export interface Served {
  readonly host: number;
  /** Address and port that the client has come in by. */
  readonly address: IpAddress;
  readonly port: number;
  /** The client as the server sees it. */
  readonly peer: IpAddress;
  readonly peerPort: number;
}

const FAILURES = { [Failure.refused]: 'refused', [Failure.timedOut]: 'lost', [Failure.reset]: 'reset' } as const;

/** Both ends of the conversation. */
export class Talk implements SocketUser {
  /** Number under which the transport knows this user of sockets. */
  readonly user: number;
  /** When the connection was up and when the answer was there; -1 before. */
  connectedNs = -1;
  answeredNs = -1;
  /** How it failed; undefined while it has not. */
  failure: 'refused' | 'lost' | 'reset' | undefined;
  served: Served | null = null;
  private readonly transport: Transport;
  private readonly simulation: Simulation;
  private readonly bytes: { readonly request: number; readonly answer: number };

  /**
   * Joins the transport.
   * @param bytes sizes of request and answer
   */
  constructor(
    transport: Transport,
    simulation: Simulation,
    bytes: { readonly request: number; readonly answer: number },
  ) {
    this.transport = transport;
    this.simulation = simulation;
    this.bytes = bytes;
    this.user = transport.join(this);
  }

  /** Whether nothing more will come of it by itself. */
  get isOver(): boolean {
    return this.answeredNs >= 0 || this.failure !== undefined;
  }

  /**
   * Opens the connection; over UDP the request goes out at once.
   * @returns false when the client has no address to send from
   */
  open(protocol: number, host: number, address: IpAddress, port: number, isDatagram: boolean): boolean {
    const handle = this.transport.connect(protocol, host, address, port, 0, this.user);
    if (handle >= 0 && isDatagram) this.transport.request(handle, 1, this.bytes.request);
    return handle >= 0;
  }

  /** See `ClientEvents`. */
  connected(handle: number): void {
    this.connectedNs = this.simulation.now;
    this.transport.request(handle, 1, this.bytes.request);
  }

  /** See `ClientEvents`. */
  replied(handle: number): void {
    this.answeredNs = this.simulation.now;
    this.transport.close(handle);
  }

  /** See `ClientEvents`. */
  failed(_handle: number, _owner: number, failure: number): void {
    this.failure = FAILURES[failure as keyof typeof FAILURES];
  }

  /** See `ServerEvents`. */
  accepted(handle: number, host: number): void {
    this.note(handle, host);
  }

  /** See `ServerEvents`. */
  requested(handle: number, host: number, sequence: number): void {
    this.note(handle, host);
    this.transport.respond(handle, sequence, this.bytes.answer);
  }

  /** See `ServerEvents`: the server has nothing more to do. */
  ended(): void {
    return undefined;
  }

  private note(handle: number, host: number): void {
    const { transport } = this;
    this.served ??= {
      host,
      address: transport.localAddress(handle),
      port: transport.localPort(handle),
      peer: transport.peerAddress(handle),
      peerPort: transport.peerPort(handle),
    };
  }
}
