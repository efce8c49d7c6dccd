/**
 * What TCP and UDP sessions of relays have in common: they begin with a client's conversation, carry messages both ways, and end.
 *
 * Every message is copied into user space and out of it again, and wakes the process once; so does the end of a conversation.
 */
import { AddressMap } from '../../net/index.js';
import { Leg } from '../transport/legs.js';
import type { Relay } from './relay.js';
import type { RelaySockets } from './relay-sockets.js';
import type { DialTarget } from './relay-table.js';
import { RelaySessions, SessionState } from './sessions.js';

/** Carries messages between clients and backends, of one protocol. */
export class Porter {
  readonly sessions = new RelaySessions();
  readonly sockets: RelaySockets;
  /** By host. */
  readonly relays: readonly (Relay | undefined)[];
  /** Session of a client's conversation, by handle. */
  readonly ofClient = new AddressMap();
  private readonly target: DialTarget = { address: 0, port: 0 };

  /**
   * @param sockets the nodes' sockets
   * @param relays by host
   */
  constructor(sockets: RelaySockets, relays: readonly (Relay | undefined)[]) {
    this.sockets = sockets;
    this.relays = relays;
  }

  /** A session for a client's conversation. */
  begin(client: number, relay: Relay, listener: number): number {
    const { sessions: s, sockets } = this;
    const session = s.take();
    s.host[session] = relay.host;
    s.listener[session] = listener;
    s.clientAddress[session] = sockets.peerAddress(client);
    s.clientPort[session] = sockets.peerPort(client);
    s.client[session] = client;
    this.ofClient.set(client, session);
    return session;
  }

  /**
   * Dials whom the relay's table names.
   * @returns false when the table names nobody; otherwise the session's backend is its handle, or -1 for want of a source port
   */
  dial(session: number, nowNs: number): boolean {
    const { sessions: s, sockets, target } = this;
    const client = s.clientAddress[session]!;
    const host = s.host[session]!;
    const table = this.relays[host]!.tableFor(client);
    // The lowest bit of a listener is its family; see `Relay.listener`.
    const service = s.listener[session]! >> 1;
    if (table?.choose(service, client, s.tries[session]! > 0, nowNs, target) !== true) return false;
    this.spend(session, 0);
    sockets.goOn(s.client[session]!, Leg.opening);
    s.backend[session] = sockets.dial(host, target.address, target.port, session);
    return true;
  }

  /** Carries the client's last message to the backend. */
  forward(session: number): void {
    const { sessions: s, sockets } = this;
    const bytes = s.waitingBytes[session]!;
    s.waitingBytes[session] = -1;
    this.spend(session, bytes);
    sockets.goOn(s.client[session]!, Leg.message);
    const number = s.before[session]! + s.asked[session]!;
    s.sent[session] = number;
    sockets.request(s.backend[session]!, number, bytes);
  }

  /**
   * Carries a message of the backend to the client.
   * @param sequence the message of the client that it answers, by its number towards the backend
   */
  answer(session: number, sequence: number): void {
    const { sessions: s, sockets } = this;
    const number = sequence - s.before[session]!;
    // An answer to a conversation that is over: whoever has its port now does not wait for it.
    if (number <= 0) return;
    const bytes = sockets.answerBytes(s.backend[session]!);
    this.spend(session, bytes);
    sockets.respond(s.client[session]!, number, bytes);
  }

  /** Closes what a session has open at either end. */
  end(session: number): void {
    const { sessions: s, sockets } = this;
    const client = s.client[session]!;
    if (this.ofClient.get(client) === session) this.ofClient.delete(client);
    this.spend(session, 0);
    if (s.backend[session]! >= 0) sockets.close(s.backend[session]!);
    if (s.clientGone[session] === 0) sockets.hangUp(client);
    s.release(session);
  }

  /** The client's conversation of a session; -1 when the session has another backend by now. */
  clientOf(session: number, backend: number): number {
    const { sessions: s } = this;
    return s.backend[session] === backend ? s.client[session]! : -1;
  }

  /** Whether a session is relayed. */
  isOpen(session: number): boolean {
    return this.sessions.state[session] === SessionState.open;
  }

  private spend(session: number, bytes: number): void {
    const { owedWakes } = this.sessions;
    this.sockets.spend(1 + owedWakes[session]!, 2 * bytes);
    owedWakes[session] = 0;
  }
}
