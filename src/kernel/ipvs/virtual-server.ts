/**
 * One virtual server on one node: its list of real servers and its scheduler's state.
 *
 * Mirrors struct ip_vs_service and the edits of net/netfilter/ipvs/ip_vs_ctl.c (Linux 6.1): a new server goes to the
 * FRONT of the list, an edit keeps the place, and a server that was removed while connections point at it comes back
 * with its counters. Cost: O(1) an addition; edits and removals look the server up in the list.
 */
import { grown, invariant, type RandomStream } from '../../sim/index.js';
import type { Work } from '../work.js';
import type { ServerColumns, VirtualServerDefinition } from './definition.js';
import { schedulerOf } from './schedulers/index.js';
import { ListChange, type Scheduler, type ServerList } from './schedulers/scheduler.js';
import { NO_SERVER, type Servers } from './servers.js';

/** What a virtual server needs of its node. */
export interface NodeParts {
  readonly servers: Servers;
  readonly work: Work;
  readonly loadActiveFactor: number;
  readonly simulation: { readonly now: number };
  readonly random: RandomStream;
  readonly lookup: 'index' | 'walk';
}

/** One virtual server of one node. */
export class VirtualServer implements ServerList {
  /** Its number on the node. */
  readonly id: number;
  readonly servers: Servers;
  readonly work: Work;
  readonly loadActiveFactor: number;
  readonly simulation: { readonly now: number };
  readonly random: RandomStream;
  readonly lookup: 'index' | 'walk';
  /** Servers in the list; the FRONT of the list is at `count - 1`. */
  order = new Int32Array(4);
  count = 0;
  /** Bits of `SchedulerFlag`. */
  flags: number;
  /** What the control program wants; the list may also hold draining servers. */
  definition: VirtualServerDefinition;
  /** The servers that it means on this node. */
  wanted: ServerColumns;
  private scheduler: Scheduler;

  /**
   * @param id its number on the node
   * @param definition what it is
   * @param wanted its servers; they are not added
   * @param parts of the node
   */
  constructor(id: number, definition: VirtualServerDefinition, wanted: ServerColumns, parts: NodeParts) {
    this.id = id;
    this.definition = definition;
    this.wanted = wanted;
    this.flags = definition.flags;
    this.servers = parts.servers;
    this.work = parts.work;
    this.loadActiveFactor = parts.loadActiveFactor;
    this.simulation = parts.simulation;
    this.random = parts.random;
    this.lookup = parts.lookup;
    this.scheduler = schedulerOf(definition.scheduler).make(this);
  }

  /** Asks the scheduler for a server, or `NO_SERVER`. */
  pick(source: number, sourcePort: number, destination: number): number {
    return this.scheduler.pick(source, sourcePort, destination);
  }

  /** Puts another scheduler to work, whose state starts from nothing; servers and counters stay. */
  setScheduler(name: string, flags: number): void {
    this.end();
    this.flags = flags;
    this.scheduler = schedulerOf(name).make(this);
  }

  /** The virtual server goes: its scheduler gives back what it holds of the node. */
  end(): void {
    this.scheduler.end?.();
  }

  /** The server at an address and port, or `NO_SERVER`. */
  find(address: number, port: number): number {
    const { servers, order } = this;
    for (let i = this.count - 1; i >= 0; i--) {
      const server = order[i]!;
      if (servers.address[server] === address && servers.port[server] === port) return server;
    }
    return NO_SERVER;
  }

  /**
   * Adds a server at the front of the list. That there is none yet at this address and port is the caller's part.
   * @returns its row
   */
  add(address: number, port: number, weight: number, upper = 0, lower = 0): number {
    const { servers } = this;
    let server = servers.takeAside(this.id, address, port);
    if (server === NO_SERVER) server = servers.take(this.id, address, port);
    servers.available[server] = 1;
    servers.traffic.join(server, this.id);
    servers.set(server, weight, upper, lower, true);
    if (this.count === this.order.length) this.order = grown(this.order, this.count * 2);
    servers.position[server] = this.count;
    this.order[this.count++] = server;
    this.scheduler.listChanged(ListChange.added, this.count - 1);
    return server;
  }

  /** Changes the weight (and thresholds) of a server in the list. */
  edit(server: number, weight: number, upper = 0, lower = 0): void {
    const position = this.position(server);
    this.servers.set(server, weight, upper, lower, false);
    this.scheduler.listChanged(ListChange.edited, position);
  }

  /** Takes a server out of the list; it waits aside while connections point at it. */
  remove(server: number): void {
    const position = this.position(server);
    const { order, servers } = this;
    order.copyWithin(position, position + 1, this.count);
    this.count--;
    for (let i = position; i < this.count; i++) servers.position[order[i]!] = i;
    servers.putAside(server);
    this.scheduler.listChanged(ListChange.removed, position);
  }

  private position(server: number): number {
    const position = this.servers.position[server]!;
    const isListed = position < this.count && this.order[position] === server;
    invariant(isListed, 'server-listed', () => `virtual server ${this.id} has no server in row ${server}`);
    return position;
  }
}
