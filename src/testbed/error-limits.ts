/**
 * The rate limits on ICMP errors of all network namespaces of a run: every node's own, and every pod's, which a pod has of its own.
 *
 * The limits of a pod are made when it first has to send an error: a datagram to a port on which nobody listens.
 */
import { IcmpLimits, LINUX_ICMP, type IcmpSettings } from '../kernel/index.js';
import type { IpAddress } from '../net/index.js';
import type { RandomStreams, Simulation } from '../sim/index.js';

/** Limits by namespace. */
export class ErrorLimits {
  private readonly settings: IcmpSettings;
  private readonly simulation: Simulation;
  private readonly streams: RandomStreams;
  private readonly nodes: IcmpLimits[] = [];
  private readonly pods = new Map<number, IcmpLimits>();

  /**
   * @param simulation the clock
   * @param streams chance
   * @param settings of every namespace; default: Linux's own
   */
  constructor(simulation: Simulation, streams: RandomStreams, settings: IcmpSettings = LINUX_ICMP) {
    this.simulation = simulation;
    this.streams = streams;
    this.settings = settings;
  }

  /** Errors that were not sent, by all nodes and pods together. */
  get suppressed(): number {
    let sum = 0;
    for (const limits of [...this.nodes, ...this.pods.values()]) sum += limits.suppressed;
    return sum;
  }

  /** Makes the limits of the next node. */
  addNode(): IcmpLimits {
    const limits = this.make(`node/${this.nodes.length}/icmp`);
    this.nodes.push(limits);
    return limits;
  }

  /**
   * Whether a pod sends an error to an address now.
   * @param host the pod's
   */
  podMayTell(host: number, address: IpAddress): boolean {
    let limits = this.pods.get(host);
    if (limits === undefined) this.pods.set(host, (limits = this.make(`host/${host}/icmp`)));
    return limits.allows(address);
  }

  private make(stream: string): IcmpLimits {
    return new IcmpLimits(this.settings, this.simulation, this.streams.stream(stream));
  }
}
