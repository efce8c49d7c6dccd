/**
 * What all nodes' stacks of one run share: clock, packets, prices, the mesh, the pods' places, and who is told.
 */
import type { AddressMap, DropSink, PacketPool, VxlanMesh } from '../../net/index.js';
import type { Simulation, TimerWheels } from '../../sim/index.js';
import type { CostModel } from '../cost.js';
import type { Cores } from '../cpu.js';
import type { Hosts } from '../transport/hosts.js';
import type { Work } from '../work.js';
import type { StackObserver } from './observer.js';

/** Who takes packets that have reached a host. */
export interface HostSink {
  /**
   * Whether a socket of a host takes a packet: one that listens on its port, or one of a connection that it belongs to. Asked about
   * packets to a node's own addresses only.
   */
  wants(packet: number, host: number): boolean;
  /**
   * A packet reaches a host's socket layer.
   * @param packet number in the pool; the sink gives it back
   * @param host the host
   */
  deliver(packet: number, host: number): void;
}

/** Shared by all nodes' stacks. */
export interface Underlay {
  readonly simulation: Simulation;
  readonly wheels: TimerWheels;
  readonly packets: PacketPool;
  readonly work: Work;
  readonly cost: CostModel;
  readonly cores: Cores;
  readonly mesh: VxlanMesh;
  readonly hosts: Hosts;
  /** Host of a pod address. */
  readonly podAt: AddressMap;
  readonly drops: DropSink;
  readonly hostSink: HostSink;
  readonly observer: StackObserver;
  /** Packet row in which the outer header of an encapsulated packet meets the rules. */
  readonly outer: number;
}
