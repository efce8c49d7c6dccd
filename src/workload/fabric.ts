/**
 * The seam between workloads and the world: what clients and servers can do, and what they are told.
 *
 * The testbed fills it from the hosts' sockets. Workloads know clients, targets and servers by number; they never learn
 * which proxy mode runs. Numbers only, so that no call allocates.
 */

/** What clients and servers can do. */
export interface Fabric {
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
  /** Answers a request. */
  respond(handle: number, sequence: number, bytes: number): void;
  /** Closes in good order; nothing more is heard of the handle. */
  close(handle: number): void;
  /** Gives up at once; nothing more is heard of the handle. */
  abort(handle: number): void;
}

/** Why a request failed. */
export const RequestFailure = { refused: 0, timedOut: 1, reset: 2, noPort: 3 } as const;

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
