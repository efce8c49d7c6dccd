/**
 * Tries flows out on a laboratory's node, one first packet at a time, and clears up behind itself.
 *
 * What is read is the packet behind the last hook. Where it has gone to a relay, a client talks to the relay, and what is read is the packet with
 * which that dials.
 */
import { Origin, WorkKind } from '../kernel/index.js';
import { DropCause, Protocol, TcpFlag } from '../net/index.js';
import type { Flow, FlowOutcome } from './flow-outcome.js';
import { rulesIn, type LabBench, type Passage } from './lab-bench.js';
import type { LabPods } from './lab-pods.js';

/** Source port of a flow that names none. */
export const SOURCE_PORT = 40_000;
/** First chunk of an SCTP association: INIT. */
const SCTP_INIT = 1;
const HIGHEST_PORT = 65_535;

/** How a flow is tried out. */
export interface ProbeOptions {
  /** What `statistic` and `numgen` draw, 0 to 2^32 - 1; default: chance. */
  readonly draw?: number;
  /** Whether what the packet leaves behind is kept; of what has reached a relay, the affinity of its source alone. */
  readonly keep?: boolean;
}

/** Tries flows out on one node. */
export class LabProber {
  /** Draws asked for by the last probe. */
  drawn = 0;
  /** Whether the last probe has reached a relay. */
  relayed = false;
  private readonly bench: LabBench;
  private readonly pods: LabPods;
  /** The next draw; undefined for chance. */
  private draw: number | undefined;

  /**
   * From now on the node draws what probes say, where they say something.
   * @param bench the node
   * @param pods its pods
   */
  constructor(bench: LabBench, pods: LabPods) {
    this.bench = bench;
    this.pods = pods;
    const { hooks } = bench.path;
    const chance = hooks.picks;
    hooks.picks = {
      uint32: () => {
        this.drawn++;
        return this.draw ?? chance.uint32();
      },
    };
  }

  /** Takes the first packet of a new connection through the node. */
  probe(flow: Flow, { draw, keep = false }: ProbeOptions = {}): FlowOutcome {
    this.draw = draw;
    this.drawn = 0;
    const passage = this.pass(flow);
    const { relay } = this.bench;
    this.relayed = passage.delivered && relay.listener(flow.protocol, passage.destinationPort, flow.source) >= 0;
    if (this.relayed) this.forgetEntries(flow);
    if (!keep) this.forget(flow);
    return this.relayed ? this.talk(flow, passage, keep) : outcomeOf(flow, passage);
  }

  /** The same flow from another port: the `turn`-th one behind its own. */
  fromNextPort(flow: Flow, turn: number): Flow {
    const port = (flow.sourcePort ?? SOURCE_PORT) + turn;
    return { ...flow, sourcePort: port > HIGHEST_PORT ? (port % (HIGHEST_PORT - 1024)) + 1024 : port };
  }

  /** Forgets what a flow has left behind: its entries in conntrack and ip_vs, and all affinity of its source. */
  forget(flow: Flow): void {
    const { source } = flow;
    const { netfilter, nftables } = this.bench.kernel;
    this.forgetEntries(flow);
    netfilter.recent.forgetSource(source);
    nftables.forgetSource(source);
    this.bench.relay.forgetClient(source);
  }

  private forgetEntries(flow: Flow): void {
    const { source, destination, destinationPort, protocol, sourcePort = SOURCE_PORT } = flow;
    const { ipvs } = this.bench.kernel;
    if (ipvs.active) {
      const { connections } = ipvs;
      const row = connections.find(protocol, source, sourcePort, destination, destinationPort);
      const template = row < 0 ? -1 : connections.table.control[row]!;
      if (row >= 0) connections.remove(row);
      if (template >= 0 && connections.table.controlled[template] === 0) connections.remove(template);
    }
    this.bench.stack.conntrack.forget(source, destination, sourcePort, destinationPort, protocol);
  }

  /** The packet has reached the relay: whom it dials shows when a client talks to it. */
  private talk(flow: Flow, passage: Passage, keep: boolean): FlowOutcome {
    const { clientPort, dialled } = this.bench.talk(flow, Origin[flow.via ?? this.wayOf(flow)]);
    const client = { ...flow, sourcePort: clientPort };
    if (keep) this.forgetEntries(client);
    else this.forget(client);
    const entered = outcomeOf(flow, passage);
    // A relay with nobody to dial closes a connection, and says nothing to a datagram.
    if (dialled === null) return { ...entered, kind: flow.protocol === Protocol.udp ? 'drop' : 'reject' };
    this.forgetEntries({ ...dialled, protocol: flow.protocol });
    const { destination: address, destinationPort: port, source } = dialled;
    return { ...entered, kind: 'endpoint', address, port, source, masquerade: true };
  }

  private pass(flow: Flow): Passage {
    const { packets, simulation } = this.bench;
    const packet = packets.take(simulation.now);
    packets.source[packet] = flow.source;
    packets.sourcePort[packet] = flow.sourcePort ?? SOURCE_PORT;
    packets.destination[packet] = flow.destination;
    packets.destinationPort[packet] = flow.destinationPort;
    packets.protocol[packet] = flow.protocol;
    packets.flags[packet] = openingFlags(flow.protocol);
    packets.length[packet] = 60;
    return this.bench.pass(packet, Origin[flow.via ?? this.wayOf(flow)]);
  }

  private wayOf({ source }: Flow): keyof typeof Origin {
    if (this.bench.path.addresses.has(source)) return 'node';
    return this.pods.has(source) ? 'pod' : 'wire';
  }
}

function openingFlags(protocol: number): number {
  if (protocol === Protocol.tcp) return TcpFlag.syn;
  return protocol === Protocol.sctp ? SCTP_INIT : 0;
}

function outcomeOf(flow: Flow, passage: Passage): FlowOutcome {
  return {
    kind: kindOf(flow, passage),
    address: passage.destination,
    port: passage.destinationPort,
    source: passage.source,
    masquerade: passage.work[WorkKind.masquerade]! > 0,
    rules: rulesIn(passage.work),
    work: passage.work,
  };
}

function kindOf(flow: Flow, { cause, delivered, destination, destinationPort }: Passage): FlowOutcome['kind'] {
  if (cause === DropCause.ruleDrop || cause === DropCause.ipvsDrop) return 'drop';
  if (cause === DropCause.rejected) return 'reject';
  if (destination !== flow.destination || destinationPort !== flow.destinationPort) return 'endpoint';
  return delivered ? 'accept' : 'none';
}
