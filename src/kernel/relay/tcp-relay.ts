/**
 * Relayed TCP connections: accepted one after the other, dialled with up to four tries, then open until either side closes.
 *
 * Mirrors tcpProxySocket (pkg/proxy/userspace proxysocket.go, v1.20): a port's loop accepts a connection, dials for it, and only then accepts the
 * next one, so that a backend which does not answer holds up everybody who comes to that port of that node. Each try has a
 * timeout of its own and asks for another backend. Whoever closes or resets first, both connections are closed: no half-open ones.
 * Left out: the limits of open files and of the accept queue.
 */
import { Protocol } from '../../net/index.js';
import {
  MILLISECOND,
  SECOND,
  type Nanoseconds,
  type Simulation,
  type TimerWheel,
  type TimerWheels,
} from '../../sim/index.js';
import type { SocketUser } from '../transport/events.js';
import { Porter } from './porter.js';
import type { Relay } from './relay.js';
import type { RelaySockets } from './relay-sockets.js';
import { SessionState } from './sessions.js';

/** How long each try to reach a backend may take (endpointDialTimeout). */
export const DIAL_TIMEOUTS: readonly Nanoseconds[] = [250 * MILLISECOND, 500 * MILLISECOND, SECOND, 2 * SECOND];

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { dialling: STATE_DIALLING, free: STATE_FREE, open: STATE_OPEN } = SessionState;
const { tcp: PROTOCOL_TCP } = Protocol;

/** What relays are made of. */
export interface RelayParts {
  readonly simulation: Simulation;
  readonly wheels: TimerWheels;
  readonly sockets: RelaySockets;
  /** By host. */
  readonly relays: readonly (Relay | undefined)[];
}

/** TCP sessions of all relays. */
export class TcpRelay implements SocketUser {
  readonly porter: Porter;
  private readonly simulation: Simulation;
  /** By session: the end of a try. */
  private readonly timers: TimerWheel;

  /** No sessions yet. */
  constructor(parts: RelayParts) {
    this.porter = new Porter(parts.sockets, parts.relays);
    this.simulation = parts.simulation;
    this.timers = parts.wheels.add(MILLISECOND, this);
  }

  /** See `ServerEvents`. */
  accepted(client: number, host: number): void {
    const { porter } = this;
    const { sockets } = porter;
    const relay = porter.relays[host];
    const listener = relay?.listener(PROTOCOL_TCP, sockets.localPort(client), sockets.peerAddress(client)) ?? -1;
    if (relay === undefined || listener < 0) return;
    const session = porter.begin(client, relay, listener);
    const last = relay.line.get(listener);
    relay.line.set(listener, session);
    if (last >= 0) porter.sessions.next[last] = session;
    else if (!this.dial(session)) this.acceptNext(session);
  }

  /** See `ServerEvents`. */
  requested(client: number, _host: number, sequence: number): void {
    const session = this.porter.ofClient.get(client);
    if (session < 0) return;
    const s = this.porter.sessions;
    s.asked[session] = sequence;
    s.waitingBytes[session] = this.porter.sockets.requestBytes(client);
    if (s.state[session] === STATE_OPEN) this.porter.forward(session);
  }

  /** See `ServerEvents`. A reset that comes to another node than its connection ends nothing there. */
  ended(client: number, host: number): void {
    const session = this.porter.ofClient.get(client);
    const { clientGone, host: hosts } = this.porter.sessions;
    if (session < 0 || hosts[session] !== host) return;
    clientGone[session] = 1;
    // A connection that is closed before it is accepted is accepted and dialled all the same.
    if (this.porter.isOpen(session)) this.porter.end(session);
  }

  /** See `ClientEvents`. */
  connected(_backend: number, session: number): void {
    const s = this.porter.sessions;
    this.timers.cancel(session);
    s.state[session] = STATE_OPEN;
    s.owedWakes[session] = 1;
    if (s.waitingBytes[session]! >= 0) this.porter.forward(session);
    this.acceptNext(session);
    if (s.clientGone[session] === 1) this.porter.end(session);
  }

  /** See `ClientEvents`. */
  replied(_backend: number, session: number, sequence: number): void {
    if (this.porter.sessions.sent[session] === sequence) this.porter.answer(session, sequence);
  }

  /** See `ClientEvents`. */
  failed(_backend: number, session: number): void {
    this.porter.sessions.backend[session] = -1;
    if (this.porter.isOpen(session)) this.porter.end(session);
    else this.tryNext(session);
  }

  /** A try has taken too long. */
  expire(session: number): void {
    const s = this.porter.sessions;
    this.porter.sockets.close(s.backend[session]!);
    s.backend[session] = -1;
    this.tryNext(session);
  }

  /**
   * Ends sessions of a relay.
   * @param all every one; false: those for whose family no process is there any more
   */
  endAll(relay: Relay, all: boolean): void {
    const { sessions: s } = this.porter;
    for (let session = 0; session < s.count; session++) {
      if (s.state[session] === STATE_FREE || s.host[session] !== relay.host) continue;
      if (!all && relay.tableFor(s.clientAddress[session]!) !== null) continue;
      this.timers.cancel(session);
      relay.line.delete(s.listener[session]!);
      this.porter.end(session);
    }
  }

  private tryNext(session: number): void {
    this.porter.sessions.tries[session]!++;
    if (!this.dial(session)) this.acceptNext(session);
  }

  /** Dials until a handshake is under way; false when nobody is left to dial and the connection is closed. */
  private dial(session: number): boolean {
    const { porter, simulation, timers } = this;
    const s = porter.sessions;
    s.state[session] = STATE_DIALLING;
    while (s.tries[session]! < DIAL_TIMEOUTS.length && porter.dial(session, simulation.now)) {
      if (s.backend[session]! >= 0) {
        timers.arm(session, simulation.now + DIAL_TIMEOUTS[s.tries[session]!]!);
        return true;
      }
      s.tries[session]!++;
    }
    timers.cancel(session);
    porter.end(session);
    return false;
  }

  /** The first session in a line is dealt with: the next one is accepted, and those behind it as long as nobody is dialled. */
  private acceptNext(session: number): void {
    const s = this.porter.sessions;
    let first = session;
    do {
      const next = s.next[first]!;
      if (next < 0) {
        this.porter.relays[s.host[first]!]!.line.delete(s.listener[first]!);
        return;
      }
      first = next;
    } while (!this.dial(first));
  }
}
