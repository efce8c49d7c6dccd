/**
 * What a relay is told by the proxy that it works for: the local ports that it listens on, and who is behind them.
 *
 * One node's relay has one table a family at a time. A table answers from what all nodes share, so that giving a relay a new one costs
 * nothing for the ports that nobody uses.
 */
import type { IpAddress } from '../../net/index.js';
import type { Nanoseconds } from '../../sim/index.js';

/** An address and port to dial; written by `RelayTable.choose`. */
export interface DialTarget {
  address: IpAddress;
  port: number;
}

/** The ports of one node's relay in one family. */
export interface RelayTable {
  /**
   * The listening socket behind a local port.
   * @returns its number, which is never used again for another one once it is closed; -1 when nobody listens there
   */
  listenerAt(protocol: number, port: number): number;
  /** Whether a listening socket is open. */
  isOpen(listener: number): boolean;
  /**
   * Chooses whom to dial for a client.
   * @param listener the socket by which it came, of this table or an earlier one of the node
   * @param client address of the client as the relay sees it
   * @param again whether a choice for this connection has failed already, so that the client's habit is not followed
   * @param nowNs simulated time
   * @param target takes the choice
   * @returns false when there is nobody to dial
   */
  choose(listener: number, client: IpAddress, again: boolean, nowNs: Nanoseconds, target: DialTarget): boolean;
  /** Forgets where a client went last; absent where nobody remembers. */
  forgetClient?(client: IpAddress): void;
}
