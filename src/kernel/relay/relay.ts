/**
 * The relay of one node: a process that accepts connections on local ports, dials somebody for each, and copies bytes between the two.
 *
 * Mirrors kube-proxy's userspace mode (pkg/proxy/userspace, v1.20) as the node's kernel sees it: which ports are listened on, in either
 * family, who waits to be accepted, and which UDP clients have a backend socket. What happens to a connection stands in `TcpRelay` and
 * `UdpRelay`, which all nodes share. Cost: nothing for ports that nobody uses.
 */
import { AddressMap, isIpv6, type IpAddress, type IpFamily } from '../../net/index.js';
import type { RelayTable } from './relay-table.js';

/** Who is told that a relay's ports have changed. */
export interface RelayWatcher {
  /**
   * A relay has got a new table.
   * @param isGone whether it is none: the process has ended
   */
  tableChanged(relay: Relay, isGone: boolean): void;
}

/** One node's relay. A listener here is that of a table and, in the lowest bit, its family. */
export class Relay {
  /** The host that stands for the node itself among the hosts of the run. */
  readonly host: number;
  /** By listener: the last TCP session in line; the first one is being dialled. */
  readonly line = new AddressMap();
  /** By listener: sessions of UDP clients by `clientKey`. */
  readonly clients = new Map<number, Map<number, number>>();
  private ipv4: RelayTable | null = null;
  private ipv6: RelayTable | null = null;
  private readonly watcher: RelayWatcher;

  /**
   * @param watcher the run's relays
   * @param host the host that stands for the node itself
   */
  constructor(watcher: RelayWatcher, host: number) {
    this.watcher = watcher;
    this.host = host;
  }

  /**
   * Opens and closes ports of a family: from now on those of the table are open. TCP connections that are relayed already go on, UDP sessions
   * through closed ports are over.
   * @param table null when the process ends, and with it everything that it relays
   */
  install(family: IpFamily, table: RelayTable | null): void {
    if (family === 4) this.ipv4 = table;
    else this.ipv6 = table;
    this.watcher.tableChanged(this, table === null);
  }

  /** The ports that are open for clients of an address's family; null where no proxy relays. */
  tableFor(address: IpAddress): RelayTable | null {
    return isIpv6(address) ? this.ipv6 : this.ipv4;
  }

  /** The listener behind a local port for clients of an address's family, or -1. */
  listener(protocol: number, port: number, address: IpAddress): number {
    const listener = this.tableFor(address)?.listenerAt(protocol, port) ?? -1;
    return listener < 0 ? -1 : listener * 2 + (isIpv6(address) ? 1 : 0);
  }

  /** Forgets where a client went last, on whichever port. */
  forgetClient(client: IpAddress): void {
    this.tableFor(client)?.forgetClient?.(client);
  }

  /** Whether a listener is open. */
  isOpen(listener: number): boolean {
    const table = (listener & 1) === 1 ? this.ipv6 : this.ipv4;
    return table?.isOpen(listener >> 1) ?? false;
  }
}

/** A UDP client as a number: its address and port, exact in a double. */
export function clientKey(address: IpAddress, port: number): number {
  return address * 65536 + port;
}
