/**
 * The real servers ("destinations") of all virtual servers of one node, in typed columns.
 *
 * Mirrors struct ip_vs_dest of Linux 6.1: weight, counters, overload mark, and the trash in which a removed server
 * waits while connections still point at it, so that it comes back with its counters when it is added again. Left
 * out: the 2 to 3 minutes for which the kernel keeps an unused one there, since without connections it holds nothing
 * that is seen again but its statistics. Cost: O(1) for all but `takeAside`, which looks through the servers waiting there.
 */
import { grown } from '../../sim/index.js';
import { NO_WATCH, ServerWatches } from './server-watches.js';
import { TrafficCounters } from './traffic-counters.js';

/** No server. */
export const NO_SERVER = -1;

const FIRST_ROWS = 16;

/** Servers of one node; a server is a row number. */
export class Servers {
  address = new Uint32Array(0);
  port = new Uint16Array(0);
  /** Number of the virtual server that it belongs or belonged to. */
  owner = new Int32Array(0);
  /** Weight as set. */
  weight = new Int32Array(0);
  /** Weight as the schedulers see it: 0 while it is marked overloaded. */
  usableWeight = new Int32Array(0);
  /** Weight that it was added with or the last one set since that is not 0 (last_weight). */
  lastWeight = new Int32Array(0);
  /** Connections in an active state, and the others (templates are in neither). */
  active = new Int32Array(0);
  inactive = new Int32Array(0);
  /** Connections and templates that point here. */
  references = new Int32Array(0);
  /** What schedulers remember of it: entries of their caches and tables that keep it aside when it is removed. */
  holds = new Int32Array(0);
  /** Index in `order` of its virtual server while it stands in the list. */
  position = new Int32Array(0);
  /** 1 while it stands in the list of its virtual server. */
  available = new Uint8Array(0);
  /** 1 while a control program waits for its connections to end. */
  draining = new Uint8Array(0);
  /** Thresholds of `ipvsadm -x` and `-y`; 0 for none. */
  upper = new Int32Array(0);
  lower = new Int32Array(0);
  overloaded = new Uint8Array(0);

  /** Schedulers that want to know which servers of theirs have changed. */
  readonly watches = new ServerWatches();

  /** What went through them. */
  readonly traffic = new TrafficCounters();

  /** Number of servers that are draining. */
  drainingCount = 0;

  private readonly newThresholds: boolean;
  private aside: number[] = [];
  private free: number[] = [];
  private made = 0;

  /** @param newThresholds overload marks as in kernels from 6.1.192 and 6.12.117 on */
  constructor(newThresholds: boolean) {
    this.newThresholds = newThresholds;
  }

  /** Number of servers that left their lists and are still pointed at. */
  get asideCount(): number {
    return this.aside.length;
  }

  /** A new server with no connections, not yet in a list. */
  take(owner: number, address: number, port: number): number {
    const server = this.free.pop() ?? this.fresh();
    this.owner[server] = owner;
    this.address[server] = address;
    this.port[server] = port;
    this.active[server] = 0;
    this.inactive[server] = 0;
    this.references[server] = 0;
    this.holds[server] = 0;
    this.upper[server] = 0;
    this.lower[server] = 0;
    this.overloaded[server] = 0;
    this.draining[server] = 0;
    return server;
  }

  /** Takes back a server that waits aside for its connections, or `NO_SERVER`. */
  takeAside(owner: number, address: number, port: number): number {
    const index = this.aside.findIndex(
      (server) => this.owner[server] === owner && this.address[server] === address && this.port[server] === port,
    );
    if (index < 0) return NO_SERVER;
    return this.aside.splice(index, 1)[0]!;
  }

  /** Puts a server that left its list aside, or forgets it when nothing points at it. */
  putAside(server: number): void {
    this.available[server] = 0;
    this.setDraining(server, false);
    this.watches.join(server, NO_WATCH);
    if (this.isPointedAt(server)) this.aside.push(server);
    else this.forget(server);
  }

  /**
   * Sets weight and thresholds.
   * @param added whether they come with an addition to the list, and not with an edit
   */
  set(server: number, weight: number, upper: number, lower: number, added: boolean): void {
    this.weight[server] = weight;
    if (added || weight !== 0) this.lastWeight[server] = weight;
    const changed = upper !== this.upper[server] || lower !== this.lower[server];
    const lifted = upper === 0 || upper > this.upper[server]!;
    this.upper[server] = upper;
    this.lower[server] = lower;
    if (!this.newThresholds && lifted) this.overloaded[server] = 0;
    if (this.newThresholds && changed) {
      this.markIfFull(server);
      this.unmarkIfLight(server);
    }
    this.refresh(server);
  }

  /** Marks a server as draining or not. */
  setDraining(server: number, draining: boolean): void {
    const value = draining ? 1 : 0;
    this.drainingCount += value - this.draining[server]!;
    this.draining[server] = value;
  }

  /** No server is draining any more. */
  forgetDraining(): void {
    this.draining.fill(0);
    this.drainingCount = 0;
  }

  /** A connection (or template) points here from now on; connections start inactive. */
  bind(server: number, template: boolean): void {
    this.references[server]!++;
    if (!template) this.inactive[server]!++;
    if (this.upper[server] !== 0) {
      this.markIfFull(server);
      this.refresh(server);
    }
    this.watches.mark(server);
  }

  /** A connection that counted as inactive counts as active from now on, or the other way round. */
  setActive(server: number, active: boolean): void {
    const by = active ? 1 : -1;
    this.active[server]! += by;
    this.inactive[server]! -= by;
    this.watches.mark(server);
  }

  /** A connection (or template) that pointed here is gone. */
  unbind(server: number, template: boolean, active: boolean): void {
    this.references[server]!--;
    if (!template) {
      if (active) this.active[server]!--;
      else this.inactive[server]!--;
      this.watches.mark(server);
    }
    if (this.overloaded[server] === 1) this.unmarkIfLight(server);
    this.leaveAside(server);
  }

  /** A scheduler remembers a server from now on. */
  hold(server: number): void {
    this.holds[server]!++;
  }

  /** A scheduler has forgotten a server. */
  release(server: number): void {
    this.holds[server]!--;
    this.leaveAside(server);
  }

  private isPointedAt(server: number): boolean {
    return this.references[server]! > 0 || this.holds[server]! > 0;
  }

  /** Forgets a server that waits aside, once nothing points at it. */
  private leaveAside(server: number): void {
    if (this.available[server] === 1 || this.isPointedAt(server)) return;
    this.aside.splice(this.aside.indexOf(server), 1);
    this.forget(server);
  }

  private forget(server: number): void {
    this.traffic.leave(server, this.owner[server]!);
    this.free.push(server);
  }

  private markIfFull(server: number): void {
    const upper = this.upper[server]!;
    if (upper > 0 && this.active[server]! + this.inactive[server]! >= upper) this.overloaded[server] = 1;
  }

  private unmarkIfLight(server: number): void {
    const total = this.active[server]! + this.inactive[server]!;
    const lower = this.lower[server]!;
    const upper = this.upper[server]!;
    let light: boolean;
    if (this.newThresholds) light = upper === 0 || total < (lower > 0 ? lower : upper - (upper >> 2));
    else if (lower > 0) light = total < lower;
    else light = upper === 0 || total * 4 < upper * 3;
    if (!light) return;
    this.overloaded[server] = 0;
    this.refresh(server);
  }

  private refresh(server: number): void {
    this.usableWeight[server] = this.overloaded[server] === 1 ? 0 : this.weight[server]!;
    this.watches.mark(server);
  }

  private fresh(): number {
    if (this.made === this.address.length) this.growTo(Math.max(FIRST_ROWS, this.made * 2));
    return this.made++;
  }

  private growTo(length: number): void {
    this.address = grown(this.address, length);
    this.port = grown(this.port, length);
    this.owner = grown(this.owner, length);
    this.weight = grown(this.weight, length);
    this.usableWeight = grown(this.usableWeight, length);
    this.lastWeight = grown(this.lastWeight, length);
    this.active = grown(this.active, length);
    this.inactive = grown(this.inactive, length);
    this.references = grown(this.references, length);
    this.holds = grown(this.holds, length);
    this.position = grown(this.position, length);
    this.watches.growTo(length);
    this.traffic.growTo(length);
    this.available = grown(this.available, length);
    this.draining = grown(this.draining, length);
    this.upper = grown(this.upper, length);
    this.lower = grown(this.lower, length);
    this.overloaded = grown(this.overloaded, length);
  }
}
