/** What the users of sockets are told; numbers only, so that no event allocates. */

/** Why a conversation ended before its time. */
export const Failure = { refused: 0, timedOut: 1, reset: 2 } as const;

/** What clients are told. */
export interface ClientEvents {
  /** A TCP connection is up; the third packet of the handshake is on its way. */
  connected(handle: number, owner: number): void;
  /** The answer to request `sequence` is there. */
  replied(handle: number, owner: number, sequence: number): void;
  /** It is over, by one of `Failure`; the handle is no longer valid. */
  failed(handle: number, owner: number, failure: number): void;
}

/** What servers are told. */
export interface ServerEvents {
  /** A request has come in and is to be answered through `respond`. */
  requested(handle: number, host: number, sequence: number): void;
}

/** What is told of packets in the client's direction when they reach a server. */
export interface ArrivalObserver {
  /** A packet is there; its columns are still valid. */
  arrived(packet: number): void;
}
