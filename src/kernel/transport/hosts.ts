/**
 * Hosts: whatever has an address and sockets of its own, pods and machines outside of the cluster alike.
 *
 * A host is a small integer into typed columns. The first port that it listens on stands in a column, further ones beside it.
 */
import { grown } from '../../sim/index.js';

/** All hosts of one run. */
export class Hosts {
  /** Address, by host. */
  address = new Uint32Array(64);
  /** Node that a pod runs on; -1 for a machine outside. */
  node = new Int32Array(64);
  /** First port on which it listens; 0 for none. */
  private listenPort = new Uint16Array(64);
  private readonly morePorts = new Map<number, number[]>();
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
  add(host: { readonly address: number; readonly node: number; readonly core: number }): number {
    if (this.made === this.address.length) this.growTo(this.made * 2);
    const id = this.made++;
    this.address[id] = host.address;
    this.node[id] = host.node;
    this.core[id] = host.core;
    this.listenPort[id] = 0;
    this.alive[id] = 1;
    return id;
  }

  /** The host listens on a port from now on. */
  listen(host: number, port: number): void {
    if (this.listens(host, port)) return;
    if (this.listenPort[host] === 0) this.listenPort[host] = port;
    else this.morePorts.set(host, [...(this.morePorts.get(host) ?? []), port]);
  }

  /** Whether a host listens on a port. */
  listens(host: number, port: number): boolean {
    if (this.listenPort[host] === port) return true;
    return this.morePorts.size > 0 && (this.morePorts.get(host)?.includes(port) ?? false);
  }

  /** The host is gone. */
  remove(host: number): void {
    this.alive[host] = 0;
    this.listenPort[host] = 0;
    this.morePorts.delete(host);
  }

  private growTo(length: number): void {
    this.address = grown(this.address, length);
    this.node = grown(this.node, length);
    this.listenPort = grown(this.listenPort, length);
    this.alive = grown(this.alive, length);
    this.core = grown(this.core, length);
  }
}
