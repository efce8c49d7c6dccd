/**
 * Probes: gathers what the stacks, the sockets and the workloads report, from the end of the warm-up on.
 *
 * The hot ones add to counters; quantities whose distribution matters go into histograms.
 */
import {
  FromClient,
  WorkKind,
  type ArrivalObserver,
  type CostModel,
  type StackObserver,
  type Work,
} from '../kernel/index.js';
import { Histogram } from '../measure/index.js';
import type { PacketPool } from '../net/index.js';
import { grown, type Simulation } from '../sim/index.js';
import { RequestFailure, type TrafficObserver } from '../workload/index.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { first: FROM_CLIENT_FIRST, no: FROM_CLIENT_NO } = FromClient;
const {
  conntrackLookup: WORK_CONNTRACK_LOOKUP,
  ipvsConnectionLookup: WORK_IPVS_CONNECTION_LOOKUP,
  ipvsSchedule: WORK_IPVS_SCHEDULE,
  ipvsServer: WORK_IPVS_SERVER,
  ipvsServiceLookup: WORK_IPVS_SERVICE_LOOKUP,
  matchSet: WORK_MATCH_SET,
  nftLookup: WORK_NFT_LOOKUP,
  nftRule: WORK_NFT_RULE,
  rule: WORK_RULE,
} = WorkKind;

/** Packets of one class: first ones of flows, or later ones of the client. */
class PacketClass {
  readonly rules = new Histogram();
  /** Packets seen on the first node, and their hash lookups there. */
  count = 0;
  probes = 0;
  /** Packets that arrived, and their CPU time on all nodes. */
  arrived = 0;
  cpuNs = 0;
}

/** What ip_vs schedulers decided. */
class Picks {
  count = 0;
  servers = 0;
  serversMax = 0;
  ns = 0;
  nsMax = 0;

  /** One decision: servers looked at, and its price. */
  add(servers: number, ns: number): void {
    this.count++;
    this.servers += servers;
    this.ns += ns;
    if (servers > this.serversMax) this.serversMax = servers;
    if (ns > this.nsMax) this.nsMax = ns;
  }
}

/** All measurements of one run while it runs. */
export class Probes implements StackObserver, TrafficObserver, ArrivalObserver {
  readonly firstPacketLatencyNs = new Histogram();
  readonly connectLatencyNs = new Histogram();
  readonly requestLatencyNs = new Histogram();
  /** First packets of flows, and later ones in the client's direction, on the client's node (outside clients: the node that they dial). */
  readonly first = new PacketClass();
  readonly established = new PacketClass();
  readonly firstPathRules = new Histogram();
  readonly firstServersWalked = new Histogram();
  readonly picks = new Picks();
  /** Requests due in the measured time, by outcome. */
  readonly requests = { scheduled: 0, completed: 0, refused: 0, timedOut: 0, reset: 0, noPort: 0, unresolved: 0 };
  /** Requests answered in the measured time, whenever they were due. */
  answered = 0;
  /** CPU time and number of all packets on all nodes. */
  packets = 0;
  cpuNs = 0;
  /** The measured time: from the end of the warm-up until no more requests are due. */
  readonly fromNs: number;
  readonly untilNs: number;
  /** Requests served, by server. */
  servedBy = new Float64Array(64);

  private readonly simulation: Simulation;
  private readonly pool: PacketPool;
  private readonly work: Work;
  private readonly cost: CostModel;

  /**
   * @param parts clock, pool, the tally that the stacks use and its prices
   * @param fromNs end of the warm-up
   * @param untilNs end of the measured time
   */
  constructor(
    parts: {
      readonly simulation: Simulation;
      readonly packets: PacketPool;
      readonly work: Work;
      readonly cost: CostModel;
    },
    fromNs: number,
    untilNs: number,
  ) {
    this.simulation = parts.simulation;
    this.pool = parts.packets;
    this.work = parts.work;
    this.cost = parts.cost;
    this.fromNs = fromNs;
    this.untilNs = untilNs;
  }

  /** See `StackObserver`. */
  processed(packet: number, first: number, ns: number, outerRules: number): void {
    const counts = this.work.counts;
    const rules = counts[WORK_RULE]! + counts[WORK_NFT_RULE]!;
    let isFirstNode = false;
    if (packet >= 0) {
      isFirstNode = this.pool.nodesCrossed[packet]!++ === 0;
      this.pool.rulesCompared[packet]! += rules;
      this.pool.cpuNs[packet]! += ns;
    }
    if (this.simulation.now < this.fromNs) return;
    this.packets++;
    this.cpuNs += ns;
    if (counts[WORK_IPVS_SCHEDULE]! > 0) this.picks.add(counts[WORK_IPVS_SERVER]!, this.cost.pickDuration(this.work));
    if (first === FROM_CLIENT_NO || !isFirstNode) return;
    const kind = first === FROM_CLIENT_FIRST ? this.first : this.established;
    kind.rules.record(rules - outerRules);
    kind.count++;
    kind.probes +=
      counts[WORK_CONNTRACK_LOOKUP]! +
      counts[WORK_MATCH_SET]! +
      counts[WORK_NFT_LOOKUP]! +
      counts[WORK_IPVS_CONNECTION_LOOKUP]! +
      counts[WORK_IPVS_SERVICE_LOOKUP]!;
    if (first === FROM_CLIENT_FIRST) this.firstServersWalked.record(counts[WORK_IPVS_SERVER]!);
  }

  /** See `ArrivalObserver`. */
  arrived(packet: number): void {
    const first = this.pool.first[packet]!;
    const born = this.pool.birth[packet]!;
    if (born < this.fromNs || first === FROM_CLIENT_NO) return;
    const kind = first === FROM_CLIENT_FIRST ? this.first : this.established;
    kind.arrived++;
    kind.cpuNs += this.pool.cpuNs[packet]!;
    if (first !== FROM_CLIENT_FIRST) return;
    this.firstPacketLatencyNs.record(this.simulation.now - born);
    this.firstPathRules.record(this.pool.rulesCompared[packet]!);
  }

  /** See `TrafficObserver`. */
  scheduled(at: number): void {
    if (at >= this.fromNs) this.requests.scheduled++;
  }

  /** See `TrafficObserver`. */
  connected(scheduledAt: number): void {
    if (scheduledAt >= this.fromNs) this.connectLatencyNs.record(this.simulation.now - scheduledAt);
  }

  /** See `TrafficObserver`. */
  completed(scheduledAt: number): void {
    const { now } = this.simulation;
    if (now >= this.fromNs && now < this.untilNs) this.answered++;
    if (scheduledAt < this.fromNs) return;
    this.requests.completed++;
    this.requestLatencyNs.record(now - scheduledAt);
  }

  /** See `TrafficObserver`. */
  failed(scheduledAt: number, failure: number): void {
    if (scheduledAt < this.fromNs) return;
    if (failure === RequestFailure.refused) this.requests.refused++;
    else if (failure === RequestFailure.timedOut) this.requests.timedOut++;
    else if (failure === RequestFailure.reset) this.requests.reset++;
    else if (failure === RequestFailure.noPort) this.requests.noPort++;
    else this.requests.unresolved++;
  }

  /** See `TrafficObserver`. */
  served(server: number): void {
    if (this.simulation.now < this.fromNs) return;
    if (server >= this.servedBy.length)
      this.servedBy = grown(this.servedBy, Math.max(server + 1, this.servedBy.length * 2));
    this.servedBy[server]!++;
  }

  /** Length of the measured time in seconds. */
  get measuredSeconds(): number {
    return (this.untilNs - this.fromNs) / 1e9;
  }
}
