/**
 * What an ip_vs scheduler is: it picks a server of one virtual server for a new connection.
 *
 * Mirrors struct ip_vs_scheduler (Linux 6.1). The list of servers is an array whose LAST element is the front of the
 * kernel's list, so that adding at the front is a push: schedulers walk it from the end down to 0.
 */
import type { RandomStream } from '../../../sim/index.js';
import type { Work } from '../../work.js';
import type { Servers } from '../servers.js';

/** What a scheduler sees of its virtual server. */
export interface ServerList {
  /** Columns of the servers. */
  readonly servers: Servers;
  /** Row numbers of the servers in the list; the front of the list is at `count - 1`. */
  readonly order: Int32Array;
  readonly count: number;
  /** Bits of `SchedulerFlag`. */
  readonly flags: number;
  /** Load formula: load = factor x active + inactive (256, or 257 in newer kernels). */
  readonly loadActiveFactor: number;
  /** The clock, in nanoseconds. */
  readonly simulation: { readonly now: number };
  /** Where draws come from. */
  readonly random: RandomStream;
  /** Whether servers compared with each other are found through an index, or by walking the list. */
  readonly lookup: 'index' | 'walk';
  /** Where servers looked at are counted. */
  readonly work: Work;
}

/** Scheduler flags of a virtual server, by the kernel's bits (IP_VS_SVC_F_SCHED1 and 2). */
export const SchedulerFlag = {
  /** `sh-fallback`, `mh-fallback`: look for another server when the hash's own is not usable. */
  fallback: 8,
  /** `sh-port`, `mh-port`: hash the client's port too. */
  port: 16,
} as const;

/** What happened to the list. */
export const ListChange = { added: 0, removed: 1, edited: 2 } as const;

/** A scheduler at work for one virtual server of one node. */
export interface Scheduler {
  /**
   * Picks a server, or `NO_SERVER`.
   * @param source client's address
   * @param sourcePort client's port
   * @param destination address that the client asked for
   */
  pick(source: number, sourcePort: number, destination: number): number;
  /**
   * Told after each change of the list.
   * @param change one of `ListChange`
   * @param position index in `order`; for a removed server the one that it had
   */
  listChanged(change: number, position: number): void;
  /** Another scheduler takes over, or the virtual server goes: gives back what it holds of the node. */
  end?(): void;
}

/** The name that a scheduler gives one of its flag bits. */
export interface NamedFlag {
  /** As `ipvsadm -b` takes it. */
  readonly name: string;
  /** One of `SchedulerFlag`. */
  readonly bit: number;
}

/** A scheduler as it stands in the list of schedulers. */
export interface SchedulerKind {
  /** Name as `ipvsadm -s` and kube-proxy's `--ipvs-scheduler` take it. */
  readonly name: string;
  /** One sentence for `--help` and the documentation. */
  readonly doc: string;
  /** What a decision costs in the kernel. */
  readonly cost: string;
  /** What its two flag bits are called (`ipvsadm -b`); empty for most. */
  readonly flags: readonly NamedFlag[];
  /** Starts it for one virtual server; the list is empty or complete. */
  make(list: ServerList): Scheduler;
}
