/**
 * Hosts: whatever has addresses and sockets of its own - pods, machines outside of the cluster, and each node's own network, in which
 * the node's processes and host-network pods share one host.
 *
 * A host is a small integer into typed columns. The first port that it listens on stands in a column, further ones beside it. A port belongs
 * to a user of sockets (see `Transport.join`); user 0 is whoever the transport was made for. A user may also answer for ports that
 * change too often to be listed (`delegate`). Cost: O(1) for a host with one port, a look at each further entry else.
 */
import { familyOf, type IpAddress } from '../../net/index.js';
import { grown } from '../../sim/index.js';

/** A host, as it is made. */
export interface HostSpec {
  readonly address: IpAddress;
  /** Address of the other family, in a dual-stack cluster. */
  readonly secondAddress?: IpAddress;
  /** Node that it is on; -1 for a machine outside. */
  readonly node: number;
  /** Core of that node on which its processes run; -1 outside. */
  readonly core: number;
  /** Whether it stands for the node itself: it has all of the node's addresses, and routes choose the one that it sends from. */
  readonly isNode?: boolean;
}

/** Who answers for ports that change too often to be listed. */
export interface PortOwner {
  /**
   * Whether a port is listened on at present.
   * @param peer address of who asks, which tells the family
   */
  listens(protocol: number, port: number, peer: IpAddress): boolean;
}

interface Listener {
  readonly user: number;
  /** IP protocol number; 0 for every protocol. */
  readonly protocol: number;
  readonly port: number;
}

interface Delegate {
  readonly user: number;
  readonly owner: PortOwner;
}

/** Protocol of a port that is listened on in every protocol. */
const ANY = 0;
const NONE: readonly never[] = [];
/** `userAt` found nobody. */
export const NOBODY = -1;

/** All hosts of one run. */
export class Hosts {
  /** Primary address, and that of the other family (0 without), by host. */
  address = new Uint32Array(64);
  secondAddress = new Uint32Array(64);
  /** Node that a pod runs on; -1 for a machine outside. */
  node = new Int32Array(64);
  /** 1 for a host that stands for its node. */
  isNode = new Uint8Array(64);
  /** First port on which it listens; 0 for none. */
  private listenPort = new Uint16Array(64);
  private readonly more = new Map<number, Listener[]>();
  private readonly delegates = new Map<number, Delegate[]>();
  /** 1 while it is there; a pod that is gone neither sends nor receives. */
  alive = new Uint8Array(64);
  /** Core of its node on which its process runs; -1 outside. */
  core = new Int32Array(64);
  private made = 0;

  /** Number of hosts made so far, gone ones included. */
  get count(): number {
    return this.made;
  }

  /**
   * Adds a host.
   * @returns its number
   */
  add(host: HostSpec): number {
    if (this.made === this.address.length) this.growTo(this.made * 2);
    const id = this.made++;
    this.address[id] = host.address;
    this.secondAddress[id] = host.secondAddress ?? 0;
    this.node[id] = host.node;
    this.core[id] = host.core;
    this.isNode[id] = host.isNode === true ? 1 : 0;
    this.listenPort[id] = 0;
    this.alive[id] = 1;
    return id;
  }

  /** The address of a host in the family of a destination; 0 if it has none. For hosts that are no nodes. */
  addressTowards(host: number, destination: IpAddress): IpAddress {
    const first = this.address[host]!;
    return familyOf(first) === familyOf(destination) ? first : this.secondAddress[host]!;
  }

  /**
   * The host listens on a port from now on.
   * @param protocol IP protocol number; 0 for every protocol
   * @param user who is told of what comes in (`Transport.join`)
   */
  listen(host: number, port: number, protocol: number = ANY, user = 0): void {
    if (this.userAt(host, protocol, port, 0) === user) return;
    if (this.listenPort[host] === 0 && protocol === ANY && user === 0) {
      this.listenPort[host] = port;
      return;
    }
    this.more.set(host, [...(this.more.get(host) ?? []), { user, protocol, port }]);
  }

  /** The host no longer listens on a port. */
  unlisten(host: number, port: number, protocol: number = ANY): void {
    if (protocol === ANY && this.listenPort[host] === port) this.listenPort[host] = 0;
    const more = this.more.get(host);
    if (more === undefined) return;
    const left = more.filter((listener) => listener.port !== port || listener.protocol !== protocol);
    if (left.length > 0) this.more.set(host, left);
    else this.more.delete(host);
  }

  /** Has a user asked about every port of a host that nobody listens on by `listen`. */
  delegate(host: number, user: number, owner: PortOwner): void {
    this.delegates.set(host, [...(this.delegates.get(host) ?? []), { user, owner }]);
  }

  /** Whether a host listens on a port. */
  listens(host: number, port: number, protocol: number = ANY): boolean {
    return this.userAt(host, protocol, port, 0) !== NOBODY;
  }

  /**
   * The user of sockets that listens on a port of a host, or `NOBODY`.
   * @param peer address of who asks; 0 where it does not matter
   */
  userAt(host: number, protocol: number, port: number, peer: IpAddress): number {
    if (this.listenPort[host] === port && port !== 0) return 0;
    const more = this.more.size > 0 ? this.more.get(host) : undefined;
    for (const entry of more ?? NONE) {
      if (entry.port === port && (entry.protocol === ANY || entry.protocol === protocol)) return entry.user;
    }
    const delegates = this.delegates.size > 0 ? this.delegates.get(host) : undefined;
    for (const { owner, user } of delegates ?? NONE) if (owner.listens(protocol, port, peer)) return user;
    return NOBODY;
  }

  /** The host is gone. */
  remove(host: number): void {
    this.alive[host] = 0;
    this.listenPort[host] = 0;
    this.more.delete(host);
    this.delegates.delete(host);
  }

  private growTo(length: number): void {
    this.address = grown(this.address, length);
    this.secondAddress = grown(this.secondAddress, length);
    this.node = grown(this.node, length);
    this.isNode = grown(this.isNode, length);
    this.listenPort = grown(this.listenPort, length);
    this.alive = grown(this.alive, length);
    this.core = grown(this.core, length);
  }
}
