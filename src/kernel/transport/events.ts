/** What the users of sockets are told; numbers only, so that no event allocates. */

/** Why a conversation ended before its time. */
export const Failure = { refused: 0, timedOut: 1, reset: 2 } as const;

/** What clients are told. */
export interface ClientEvents {
  /** A connection is up (TCP: the third packet of the handshake is on its way). Nothing is told of UDP. */
  connected(handle: number, owner: number): void;
  /** The answer to request `sequence` is there; `Transport.answerBytes` says how long it is. */
  replied(handle: number, owner: number, sequence: number): void;
  /** It is over, by one of `Failure`; the handle is no longer valid. */
  failed(handle: number, owner: number, failure: number): void;
}

/** What servers are told. */
export interface ServerEvents {
  /**
   * A connection has come in: its handshake is done. Nothing is told of UDP, where the first request is the beginning.
   * By which port and from whom: `Transport.localPort`, `peerAddress`, `peerPort`.
   */
  accepted(handle: number, host: number): void;
  /** A request has come in and is to be answered through `respond`; `Transport.requestBytes` says how long it is. */
  requested(handle: number, host: number, sequence: number): void;
  /** The client has closed or reset the connection. Not told of UDP, which has no end. */
  ended(handle: number, host: number): void;
}

/**
 * A program that uses sockets, of however many hosts: what it dials and what it listens on. Which conversation an event is about is the
 * handle; a client's `owner` is its own note, given to `connect`.
 */
export interface SocketUser extends ClientEvents, ServerEvents {}

/** What is told of packets in the client's direction when they reach a server. */
export interface ArrivalObserver {
  /** A packet is there; its columns are still valid. */
  arrived(packet: number): void;
}
