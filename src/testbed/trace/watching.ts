/** What all who watch a trace share: the world, where steps, frames and packets are written down, and the passage at hand. */
import { Meter, type IpPath } from '../../kernel/index.js';
import { ConnectionLog } from './connection-log.js';
import { FrameLog } from './frame-log.js';
import { PacketLog } from './packet-log.js';
import { StepBuilder } from './step-builder.js';
import type { Stop, StopRule } from './trace.js';
import type { TraceWorld } from './trace-world.js';

/** The passage at hand: nodes work one after the other, so there is at most one. */
export interface PassageAtHand {
  /** Row of the packet that the node took up; -1 between passages. */
  row: number;
  /** Where it came from, of `Origin`. */
  origin: number;
  /** The node, and the way of the packet's family through it. */
  node: string;
  path: IpPath | null;
  /** Whether it has left the bridge for the node's own network. */
  isRouted: boolean;
  /** The rule that turned a packet away; null as long as none did. */
  rule: StopRule | null;
  /** What ip_vs said when it turned a packet away. */
  ipvs: string;
  /** Number of the packet that the node has made in answer; 0 for none. */
  answer: number;
}

/** What a trace is written down with. */
export interface Watching {
  readonly world: TraceWorld;
  readonly meter: Meter;
  readonly steps: StepBuilder;
  readonly frames: FrameLog;
  readonly packets: PacketLog;
  readonly passage: PassageAtHand;
  /** What stopped a packet last; null as long as nothing did. */
  stop: Stop | null;
  /** Node on which a relay of kube-proxy's has taken a packet; empty as long as none has. */
  relay: string;
  /** The ingress proxy that has taken a packet; null as long as none has. */
  proxy: WatchedProxy | null;
}

/** An ingress proxy at work. */
export interface WatchedProxy {
  readonly host: number;
  /** Of its pod. */
  readonly name: string;
  /** Number of the client's connection; later ones from this host are its own. */
  readonly connection: number;
}

/** Everything empty; nobody watches yet. */
export function watchingOf(world: TraceWorld): Watching {
  const { underlay, packets, streams } = world.base;
  const { work, cost, mesh } = underlay;
  const meter = new Meter(work, cost);
  return {
    world,
    meter,
    steps: new StepBuilder(meter, cost, packets),
    frames: new FrameLog(packets, mesh),
    packets: new PacketLog(packets, new ConnectionLog(streams.stream('trace/sequence'))),
    passage: { row: -1, origin: 0, node: '', path: null, isRouted: false, rule: null, ipvs: '', answer: 0 },
    stop: null,
    relay: '',
    proxy: null,
  };
}

/** The moment within the passage at hand: its beginning and the CPU time spent so far. */
export function momentOf({ world, meter }: Watching): number {
  return world.base.simulation.now + meter.read().ns;
}
