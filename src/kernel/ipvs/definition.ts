/**
 * Virtual servers as a control program wants them: shared by all nodes that are told the same.
 *
 * A definition never changes; a new one takes its place. A node makes state of its own only for those that it is
 * asked about.
 */

/** The address of a virtual server that stands on each of a node's own addresses (a node port). */
export const OWN_ADDRESS = 0;

/** The protocol of a virtual server found by a packet's firewall mark; `address` holds the mark, `port` is 0. */
export const MARK_PROTOCOL = 0;

/** The port of FTP's control connections: its virtual servers take data connections too. */
export const FTP_PORT = 21;

/** The port from which FTP's servers open active data connections. */
export const FTP_DATA_PORT = 20;

/** `persistenceMask` of a virtual server that tells all clients apart. */
export const EVERY_BIT = 0xffffffff;

/** Servers in typed columns, in the order in which they were added. */
export interface ServerColumns {
  readonly length: number;
  readonly address: Uint32Array;
  readonly port: Uint16Array;
}

/** One virtual server. */
export interface VirtualServerDefinition {
  /** IP protocol number, or `MARK_PROTOCOL`. */
  readonly protocol: number;
  /** Address, `OWN_ADDRESS`, or the mark. */
  readonly address: number;
  readonly port: number;
  /** Name in the list of schedulers. */
  readonly scheduler: string;
  /** Bits of `SchedulerFlag`. */
  readonly flags: number;
  /** Timeout of `ipvsadm -p` in seconds; 0 without persistence. */
  readonly persistenceSeconds: number;
  /** What persistence looks at of a client's address: a mask, for IPv6 a prefix length; `EVERY_BIT` for all of it. */
  readonly persistenceMask: number;
  /** One-packet scheduling (`ipvsadm -o`): UDP datagrams are scheduled one by one, and nothing of them is stored. */
  readonly onePacket?: boolean;
  /** Whether the address is bound to the dummy device, so that packets to it are delivered locally. */
  readonly bound: boolean;
  /**
   * The servers, each with weight 1, of all nodes alike. A later definition of the same virtual server keeps the order of those that
   * stay and appends the new ones.
   */
  readonly servers: ServerColumns;
  /** Number of the list that a node may bring itself (`OwnServers`) in place of `servers`. */
  readonly ownList?: number;
}

/** Lists of servers that a node has of its own, by number. */
export interface OwnServers {
  /** The servers in the order in which they were added, the same object as long as nothing changes; undefined for those of all nodes. */
  list(number: number): ServerColumns | undefined;
}

/** What tells two lists of servers apart: indices into the older and into the newer one. */
export interface ServerChanges {
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

/**
 * Compares two lists of servers of one virtual server.
 * A server that went and came again between the two stands at the newer list's end; it counts as unchanged.
 * Cost: one pass over both lists.
 */
export function serverChanges(from: ServerColumns, to: ServerColumns): ServerChanges {
  const removed: number[] = [];
  let j = 0;
  for (let i = 0; i < from.length; i++) {
    if (j < to.length && from.address[i] === to.address[j] && from.port[i] === to.port[j]) j++;
    else removed.push(i);
  }
  const added: number[] = [];
  for (; j < to.length; j++) added.push(j);
  if (removed.length === 0 || added.length === 0) return { removed, added };
  const gone = new Set(removed.map((i) => serverKey(from, i)));
  const come = new Set(added.map((i) => serverKey(to, i)));
  return {
    removed: removed.filter((i) => !come.has(serverKey(from, i))),
    added: added.filter((i) => !gone.has(serverKey(to, i))),
  };
}

function serverKey(servers: ServerColumns, index: number): number {
  return servers.address[index]! * 65536 + servers.port[index]!;
}
