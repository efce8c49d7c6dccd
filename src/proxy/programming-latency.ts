/**
 * Network programming latency as kube-proxy measures it (kubeproxy_network_programming_duration_seconds): from what triggered a change of a Service's
 * endpoints until a node's proxy has programmed it, one sample for each trigger time and node.
 *
 * Mirrors what each node's EndpointsChangeTracker holds and its proxier observes (1.34-era): a sync takes all times that were pending when it began, and
 * they are observed when its rules are written, before stale connections are looked for. Times that are not later than the start of the proxy are
 * left out, those of a proxy that ends are lost. The log is one for all nodes; here are two numbers a node.
 * Left out: the whole seconds in which the API keeps a pod's conditions. Cost: O(log n + samples) a sync.
 */
import type { Nanoseconds } from '../sim/index.js';
import type { TriggerLog } from './trigger-log.js';

/** Before every trigger: of proxies that were there when the run began. */
const LONG_AGO = -1;

/** What all nodes of a family have programmed, and how long it took. */
export class ProgrammingLatency {
  private readonly log: TriggerLog;
  private readonly observe: (latencyNs: Nanoseconds) => void;
  /** By node: revision whose triggers have been taken (Infinity: no proxy), and when the tracker was made. */
  private readonly taken: Float64Array;
  private readonly startedNs: Float64Array;
  private takes = 0;

  /**
   * @param log the ledger's
   * @param observe told of each sample
   * @param nodes their number; each is as if its proxy had been up for long, with everything up to `revision` synced
   */
  constructor(log: TriggerLog, observe: (latencyNs: Nanoseconds) => void, nodes: number, revision: number) {
    this.log = log;
    this.observe = observe;
    this.taken = new Float64Array(nodes).fill(revision);
    this.startedNs = new Float64Array(nodes).fill(LONG_AGO);
  }

  /** Whether a node has yet to program some change. */
  get isPending(): boolean {
    const { newestRevision } = this.log;
    return this.taken.some((revision) => revision < newestRevision);
  }

  /** A node's proxy has ended, or has not been there yet. */
  leave(node: number): void {
    this.taken[node] = Infinity;
  }

  /**
   * A node's proxy was started.
   * @param revision what it listed, which is no change to it
   * @param startedNs when its tracker was made
   */
  start(node: number, revision: number, startedNs: Nanoseconds = LONG_AGO): void {
    this.taken[node] = revision;
    this.startedNs[node] = startedNs;
  }

  /** A node has programmed all changes up to a revision. */
  programmed(node: number, revision: number, now: Nanoseconds): void {
    const from = this.taken[node]!;
    if (revision > from) {
      this.log.forEach(from, revision, this.startedNs[node]!, (time) => this.observe(now - time));
      this.taken[node] = revision;
    }
    if (++this.takes % this.taken.length === 0) this.forget();
  }

  /** Drops what no node will ask for. */
  private forget(): void {
    let oldest = Infinity;
    for (const revision of this.taken) if (revision < oldest) oldest = revision;
    this.log.forgetThrough(oldest);
  }
}
