/**
 * The seam between workloads and the world: what clients and servers can do, and what they are told.
 *
 * The testbed fills it from the hosts' sockets. Workloads know clients, targets and servers by number; they never learn
 * which proxy mode runs. Numbers only, so that no call allocates.
 */

/** What clients can do. */
export interface ClientFabric {
  /**
   * Opens a TCP connection or UDP socket to a target.
   * @param client number of the client
   * @param target number of the target
   * @param owner handed back with every event
   * @returns a handle, or -1 when the client has no source port left
   */
  connect(client: number, target: number, owner: number): number;
  /** Sends request `sequence` (from 1, rising) of a number of bytes. */
  request(handle: number, sequence: number, bytes: number): void;
  /** Closes in good order; nothing more is heard of the handle. */
  close(handle: number): void;
  /** Gives up at once; nothing more is heard of the handle. */
  abort(handle: number): void;
}

/** What servers can do. */
export interface ServerFabric {
  /** Answers a request. */
  respond(handle: number, sequence: number, bytes: number): void;
}

/** What clients and servers can do. */
export interface Fabric extends ClientFabric, ServerFabric {}

/** What clients are told of their conversations; `owner` is what they gave to `connect`. */
export interface ConversationEvents {
  /** A connection is up; nothing is told of UDP. */
  connected(handle: number, owner: number): void;
  /** An answer to request `sequence` is there. */
  replied(handle: number, owner: number, sequence: number): void;
  /** The conversation broke, by `RequestFailure`; the handle is no longer valid. */
  failed(handle: number, owner: number, failure: number): void;
}

/** Why a request failed. `unresolved`: its name was not found, or nobody said where it is. */
export const RequestFailure = { refused: 0, timedOut: 1, reset: 2, noPort: 3, unresolved: 4 } as const;

/** What is measured of traffic; times in nanoseconds of simulated time. */
export interface TrafficObserver {
  /** A request was due at that time. */
  scheduled(at: number): void;
  /** A connection needed for a request due at `scheduledAt` is up. */
  connected(scheduledAt: number): void;
  /** A request due at `scheduledAt` is answered. */
  completed(scheduledAt: number): void;
  /** A request due at `scheduledAt` failed, by `RequestFailure`. */
  failed(scheduledAt: number, failure: number): void;
  /** A server has finished a request. */
  served(server: number): void;
}
