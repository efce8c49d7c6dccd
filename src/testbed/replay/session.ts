/**
 * One TCP connection through the director: a client and a server that speak just enough of it.
 *
 * Both ends react at once, as kernels and processes that wait for nothing else do. Left out: retransmission, since an attempt of a client
 * lasts no longer than its step, and sequence numbers, since nothing is lost on the way but what ip_vs drops.
 */
import { IpvsVerdict } from '../../kernel/index.js';
import { Protocol, TcpFlag } from '../../net/index.js';
import { samePlace, type CloseBy, type SocketPlace } from '../../scenario/index.js';
import type { Director } from './director.js';
import type { Network } from './network.js';

/** What a session goes through. */
export interface SessionSetup {
  readonly director: Director;
  readonly network: Network;
  readonly client: SocketPlace;
  /** The virtual address and port that the client knows. */
  readonly place: SocketPlace;
  /** Firewall mark of the client's packets, 0 for none. */
  readonly mark: number;
}

/** How an attempt to connect ended. */
export interface Attempt {
  readonly server: SocketPlace | null;
  readonly outcome: 'open' | 'refused' | 'timeout';
}

/** A TCP connection. */
export class Session {
  private readonly setup: SessionSetup;
  /** The server that took it; null until then. */
  private server: SocketPlace | null = null;
  /** Which end has sent its FIN, and whether the connection is no more at an end. */
  private clientFin = false;
  private serverFin = false;
  private clientGone = true;
  private serverGone = true;
  /** What the client's socket says to its next call, and to every later one. */
  private nextError: string | null = null;
  private lastError = 'EBADF';

  constructor(setup: SessionSetup) {
    this.setup = setup;
  }

  /** The client's handshake. */
  connect(): Attempt {
    const { verdict, to } = this.fromClient(TcpFlag.syn);
    if (verdict === IpvsVerdict.dropped) return { server: null, outcome: 'timeout' };
    if (verdict !== IpvsVerdict.forwarded) return { server: null, outcome: 'refused' };
    const manner = this.setup.network.manner(to);
    if (manner === 'silent') return { server: to, outcome: 'timeout' };
    const isTaken = manner === 'answers';
    const isHeard = this.fromServer(to, isTaken ? TcpFlag.syn | TcpFlag.ack : TcpFlag.rst | TcpFlag.ack);
    if (!isHeard) return { server: to, outcome: 'timeout' };
    if (!isTaken) return { server: to, outcome: 'refused' };
    this.server = to;
    this.clientGone = false;
    this.serverGone = false;
    this.fromClient(TcpFlag.ack);
    return { server: to, outcome: 'open' };
  }

  /**
   * One byte of the client.
   * @returns `delivered`, `timeout`, or the name of the error that the client's socket gives
   */
  data(): string {
    if (this.clientGone) {
      const error = this.nextError ?? this.lastError;
      this.nextError = null;
      return error;
    }
    if (this.clientFin) return 'EPIPE';
    const { verdict, to } = this.fromClient(TcpFlag.psh | TcpFlag.ack, 1);
    if (verdict === IpvsVerdict.notOurs) return this.reset();
    if (verdict !== IpvsVerdict.forwarded || this.server === null) return 'timeout';
    if (samePlace(to, this.server) && !this.serverGone) {
      return this.fromServer(to, TcpFlag.ack) ? 'delivered' : 'timeout';
    }
    if (this.setup.network.manner(to) === 'silent') return 'timeout';
    // A server that knows nothing of the connection.
    return this.fromServer(to, TcpFlag.rst) ? this.reset() : 'timeout';
  }

  /** Ends it, or one direction of it. What is closed already stays so. */
  close(by: CloseBy): void {
    if (this.server === null) return;
    switch (by) {
      case 'client':
      case 'server':
        this.closeBoth(by === 'client');
        break;
      case 'half':
        if (this.clientFinish()) this.fromServer(this.server, TcpFlag.ack);
        break;
      case 'half-server':
        if (this.serverFinish(this.server)) this.fromClient(TcpFlag.ack);
        break;
      case 'rst':
        this.clientAbort();
        break;
      case 'server-rst':
        this.serverAbort(this.server);
        break;
    }
  }

  /** Both ends close, one after the other, whether the first FIN arrives or not. */
  private closeBoth(clientFirst: boolean): void {
    const { server } = this;
    if (server === null) return;
    // The second FIN acknowledges the first one.
    if (clientFirst) {
      this.clientFinish();
      if (this.serverFinish(server)) this.fromClient(TcpFlag.ack);
    } else {
      this.serverFinish(server);
      if (this.clientFinish()) this.fromServer(server, TcpFlag.ack);
    }
    this.clientGone = true;
    this.serverGone = true;
  }

  /** The client's FIN. @returns whether the server has it */
  private clientFinish(): boolean {
    if (this.clientGone || this.clientFin) return false;
    this.clientFin = true;
    const { verdict, to } = this.fromClient(TcpFlag.fin | TcpFlag.ack);
    // The director itself answers with RST.
    if (verdict === IpvsVerdict.notOurs) this.clientGone = true;
    return verdict === IpvsVerdict.forwarded && this.isServer(to);
  }

  /** The server's FIN. @returns whether the client has it */
  private serverFinish(server: SocketPlace): boolean {
    if (this.serverGone || this.serverFin) return false;
    this.serverFin = true;
    return this.fromServer(server, TcpFlag.fin | TcpFlag.ack) && !this.clientGone;
  }

  private clientAbort(): void {
    if (this.clientGone) return;
    this.clientGone = true;
    const { verdict, to } = this.fromClient(TcpFlag.rst | TcpFlag.ack);
    if (verdict === IpvsVerdict.forwarded && this.isServer(to)) this.serverGone = true;
  }

  private serverAbort(server: SocketPlace): void {
    if (this.serverGone) return;
    this.serverGone = true;
    if (this.fromServer(server, TcpFlag.rst | TcpFlag.ack) && !this.clientGone) this.nextError = this.reset();
  }

  /** The client has got a RST: its socket is still there, and says so once. */
  private reset(): string {
    this.clientGone = true;
    this.lastError = 'EPIPE';
    return 'ECONNRESET';
  }

  private isServer(to: SocketPlace): boolean {
    return this.server !== null && samePlace(to, this.server);
  }

  private fromClient(flags: number, bytes = 0) {
    const { director, client, place, mark } = this.setup;
    return director.fromClient({ protocol: Protocol.tcp, from: client, to: place, flags, bytes }, mark);
  }

  /** @returns whether the client takes the packet for one of this connection: it seems to come from where it had connected to */
  private fromServer(server: SocketPlace, flags: number): boolean {
    const { director, client, place } = this.setup;
    const source = director.fromServer({ protocol: Protocol.tcp, from: server, to: client, flags, bytes: 0 });
    return samePlace(source, place);
  }
}
