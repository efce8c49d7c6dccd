/**
 * Relayed UDP: a backend socket for each client address and port, until nothing has been sent either way for a while.
 *
 * Mirrors udpProxySocket (pkg/proxy/userspace proxysocket.go, v1.20). Connecting a UDP socket sends nothing and does not fail, so the first
 * backend chosen is kept while the client goes on; an ICMP error ends the session, as does the closing of the port.
 */
import { Protocol } from '../../net/index.js';
import { MILLISECOND, type Nanoseconds, type Simulation, type TimerWheel } from '../../sim/index.js';
import type { SocketUser } from '../transport/events.js';
import { Porter } from './porter.js';
import { clientKey, type Relay } from './relay.js';
import { SessionState } from './sessions.js';
import type { RelayParts } from './tcp-relay.js';

/** How long a client's backend socket is kept without traffic (--udp-timeout). */
export const UDP_IDLE: Nanoseconds = 250 * MILLISECOND;

const { udp: PROTOCOL_UDP } = Protocol;

/** UDP sessions of all relays. */
export class UdpRelay implements SocketUser {
  readonly porter: Porter;
  private readonly simulation: Simulation;
  /** By session: the end of its idle time. */
  private readonly timers: TimerWheel;
  private readonly idleNs: Nanoseconds;

  /** No sessions yet. */
  constructor(parts: RelayParts, idleNs: Nanoseconds = UDP_IDLE) {
    this.porter = new Porter(parts.sockets, parts.relays);
    this.simulation = parts.simulation;
    this.timers = parts.wheels.add(MILLISECOND, this);
    this.idleNs = idleNs;
  }

  /** See `ServerEvents`: nothing is told of UDP. */
  accepted(): void {
    // Nothing to do.
  }

  /** See `ServerEvents`. */
  requested(client: number, host: number, sequence: number): void {
    const known = this.porter.ofClient.get(client);
    const session = known >= 0 ? known : this.find(client, host, sequence);
    if (session < 0) return;
    const s = this.porter.sessions;
    s.asked[session] = sequence;
    s.waitingBytes[session] = this.porter.sockets.requestBytes(client);
    this.stay(session);
    this.porter.forward(session);
  }

  /** See `ServerEvents`: UDP has no end. */
  ended(): void {
    // Nothing to do.
  }

  /** See `ClientEvents`: UDP has no handshake. */
  connected(): void {
    // Nothing to do.
  }

  /** See `ClientEvents`. */
  replied(_backend: number, session: number, sequence: number): void {
    this.stay(session);
    this.porter.answer(session, sequence);
  }

  /** See `ClientEvents`: an ICMP error. */
  failed(_backend: number, session: number): void {
    this.porter.sessions.backend[session] = -1;
    this.end(session);
  }

  /** A session has been idle for too long. */
  expire(session: number): void {
    this.end(session);
  }

  /**
   * Ends sessions of a relay.
   * @param all every one; false: those whose port is closed, or serves another purpose than before
   */
  endAll(relay: Relay, all: boolean): void {
    for (const [listener, clients] of relay.clients) {
      if (!all && relay.isOpen(listener)) continue;
      for (const session of clients.values()) this.end(session);
    }
  }

  private end(session: number): void {
    const { porter } = this;
    const { host, listener, clientAddress, clientPort } = porter.sessions;
    const { clients } = porter.relays[host[session]!]!;
    const ofListener = clients.get(listener[session]!);
    ofListener?.delete(clientKey(clientAddress[session]!, clientPort[session]!));
    if (ofListener?.size === 0) clients.delete(listener[session]!);
    this.timers.cancel(session);
    porter.end(session);
  }

  private stay(session: number): void {
    this.timers.arm(session, this.simulation.now + this.idleNs);
  }

  /** The session of a client whose conversation has none; -1 when there is nobody to talk to. */
  private find(client: number, host: number, sequence: number): number {
    const { sockets, relays } = this.porter;
    const relay = relays[host];
    const address = sockets.peerAddress(client);
    const listener = relay?.listener(PROTOCOL_UDP, sockets.localPort(client), address) ?? -1;
    if (relay === undefined || listener < 0) return -1;
    const key = clientKey(address, sockets.peerPort(client));
    const present = relay.clients.get(listener)?.get(key);
    return present === undefined ? this.meet(client, relay, listener, key) : this.rejoin(client, present, sequence);
  }

  /** The client has a new conversation behind the same address and port: its session goes on. */
  private rejoin(client: number, session: number, sequence: number): number {
    const { ofClient, sessions } = this.porter;
    const sent = sessions.sent[session]!;
    // Numbers towards a backend only rise, also where the new conversation begins with 1 again.
    sessions.before[session] = sequence > sent ? 0 : sent;
    ofClient.delete(sessions.client[session]!);
    ofClient.set(client, session);
    sessions.client[session] = client;
    return session;
  }

  private meet(client: number, relay: Relay, listener: number, key: number): number {
    const { porter } = this;
    const { sessions: s } = porter;
    const session = porter.begin(client, relay, listener);
    s.state[session] = SessionState.open;
    if (!porter.dial(session, this.simulation.now) || s.backend[session]! < 0) {
      porter.end(session);
      return -1;
    }
    const clients = relay.clients.get(listener);
    if (clients === undefined) relay.clients.set(listener, new Map([[key, session]]));
    else clients.set(key, session);
    return session;
  }
}
