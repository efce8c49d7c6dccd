/**
 * Graceful termination of servers: weight 0 now, removal when the last connection is gone.
 *
 * Mirrors kube-proxy's queue (pkg/proxy/ipvs/graceful_termination.go, v1.30): tried again every minute, without an
 * upper limit. It stands here because the state of a node's virtual servers does. The minutes are those of simulated
 * time. How long each server took is kept. Cost: nothing while nothing drains.
 */
import { SECOND, type Simulation, type TimerOwner, type TimerWheel, type TimerWheels } from '../../sim/index.js';
import type { Servers } from './servers.js';

/** Interval of the attempts (rsCheckDeleteInterval). */
const INTERVAL_NS = 60 * SECOND;

/** Who can take a server out of its list. */
export interface ServerRemover {
  /** Takes a server out of the list of its virtual server. */
  removeServer(server: number): void;
}

/** The servers of one node that wait for their connections to end. */
export class Drainer implements TimerOwner {
  private readonly simulation: Simulation;
  private readonly wheels: TimerWheels;
  private readonly servers: Servers;
  private readonly remover: ServerRemover;
  private wheel: TimerWheel | null = null;
  /** Since when it waits, by server. */
  private readonly since = new Map<number, number>();
  /** How long the servers took that were taken out in the end, in nanoseconds. */
  readonly durationsNs: number[] = [];

  constructor(simulation: Simulation, wheels: TimerWheels, servers: Servers, remover: ServerRemover) {
    this.simulation = simulation;
    this.wheels = wheels;
    this.servers = servers;
    this.remover = remover;
  }

  /** Waits for a server's connections from now on. Its weight is the caller's part. */
  add(server: number): void {
    this.servers.setDraining(server, true);
    this.since.set(server, this.simulation.now);
    this.arm(server);
  }

  /** Forgets whom it waits for: they stay in their lists, with weight 0. */
  forget(): void {
    this.servers.forgetDraining();
    this.since.clear();
  }

  /** One attempt: the server goes when it has no connections left. */
  expire(id: number): void {
    if (this.servers.draining[id] === 0) {
      this.since.delete(id);
    } else if (this.servers.active[id]! + this.servers.inactive[id]! > 0) {
      this.arm(id);
    } else {
      this.durationsNs.push(this.simulation.now - (this.since.get(id) ?? this.simulation.now));
      this.since.delete(id);
      this.remover.removeServer(id);
    }
  }

  private arm(server: number): void {
    this.wheel ??= this.wheels.add(INTERVAL_NS, this);
    this.wheel.arm(server, this.simulation.now + 1);
  }
}
