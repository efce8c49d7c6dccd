/**
 * A trace: one connection as its packets went, each through the nodes that it crossed, step by step.
 *
 * Everything is text and plain numbers, so that programs can read it as it stands. Times are simulated nanoseconds since the first packet was
 * sent; an address with a port is written as in a URL (`10.0.0.1:80`, `[fd00::1]:80`).
 */
import type { ChainVisit, Effort, RuleVisit } from '../../kernel/index.js';
import type { IpFamily } from '../../net/index.js';
import type { TracedIngress } from './ingress-told.js';
import type { Entry, Place } from './place.js';
import type { TracedFrame } from './sight.js';

/** Kinds of steps; what they mean stands in docs/TRACE.md. */
export type StepKind =
  | 'send'
  | 'receive'
  | 'relay'
  | 'hook'
  | 'conntrack'
  | 'table'
  | 'nat'
  | 'ipvs'
  | 'route'
  | 'bridge'
  | 'encapsulate'
  | 'decapsulate'
  | 'answer'
  | 'drop'
  | 'other';

/** One thing that a node did for a packet; its effort includes that of the steps below it. */
export interface TraceStep {
  readonly kind: StepKind;
  readonly title: string;
  /** What the title says, for programs. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly effort: Effort;
  /** Units of work by the names of the cost profile; those that are 0 left out. */
  readonly work: Readonly<Record<string, number>>;
  /** Of a table: the base chains passed. */
  readonly chains: readonly ChainVisit[];
  readonly steps: readonly TraceStep[];
}

/** A packet's way through one node. The efforts of its steps add up to `effort`, and that is what its core was busy for. */
export interface Passage {
  readonly node: string;
  /** When it reached the node, when a core took it up, and when that was done with it. */
  readonly arrivedNs: number;
  readonly startedNs: number;
  readonly leftNs: number;
  readonly effort: Effort;
  readonly steps: readonly TraceStep[];
  /** Where it went: `pod`, `node` (a process of this node), `wire`, or `lost`; for a packet answered by the node, where the answer went. */
  readonly to: 'pod' | 'node' | 'wire' | 'lost';
  /** Number of the packet that the node made in answer; 0 for none. */
  readonly answer: number;
}

/** How a packet ended. */
export interface PacketEnd {
  readonly kind: 'delivered' | 'lost' | 'under way';
  readonly timeNs: number;
  /** Who took it, or where it was lost; empty while it is under way. */
  readonly at: string;
  /** Why it was lost, by the names of the metrics; else empty. */
  readonly cause: string;
  /** Its headers then. */
  readonly source: string;
  readonly destination: string;
}

/** One packet, from its sender to its end. */
export interface TracedPacket {
  /** From 1, in the order of sending. */
  readonly number: number;
  /** From 1; a relay opens one of its own. */
  readonly connection: number;
  /** Whether it goes the way of the connection's first packet. */
  readonly isForward: boolean;
  /** What it is, such as `SYN`, `request` or `port unreachable`. */
  readonly kind: string;
  /** Number of the packet that it answers without a socket's doing: a reset or an ICMP error; else 0. */
  readonly inAnswerTo: number;
  /** Its sender, and its headers as that wrote them. */
  readonly from: string;
  readonly source: string;
  readonly destination: string;
  /** Length of the IP packet. */
  readonly bytes: number;
  readonly sentNs: number;
  readonly passages: readonly Passage[];
  readonly effort: Effort;
  readonly end: PacketEnd;
}

/** A rule that turned a packet away. */
export interface StopRule
  extends Pick<ChainVisit, 'tool' | 'table'>, Pick<RuleVisit, 'chain' | 'position' | 'text' | 'result'> {
  /** The rules that led there, the one of the base chain first. */
  readonly reachedBy: readonly string[];
}

/** What stopped a connection. */
export interface Stop {
  /** Number of the packet. */
  readonly packet: number;
  /** Name of the node, of the machine outside, or `the wire`. */
  readonly place: string;
  /** By the names of the metrics, such as `rejected`, and in words that follow on the place. */
  readonly cause: string;
  readonly words: string;
  /** What ip_vs said to the packet, where it was ip_vs; else empty. */
  readonly ipvs: string;
  /** The rule that said so; null where none did. */
  readonly rule: StopRule | null;
}

/** What became of the connection. */
export interface TraceOutcome {
  /** `answered`: the server's answer came back. `refused`, `reset`: the client was told. `lost`: a packet vanished, and nobody was told. */
  readonly kind: 'answered' | 'refused' | 'reset' | 'lost' | 'no address';
  /** Who served it; null when nobody was reached. */
  readonly server: (Place & { readonly address: string; readonly seesClient: string }) | null;
  /** What stopped it; null where nothing did, or nothing that the network had to do with. */
  readonly stop: Stop | null;
  /** Node on which a relay of kube-proxy's took the connection (userspace mode); empty where none did. */
  readonly relay: string;
  /** From the first packet until the connection was up, and until the answer was there; 0 where it did not come to that. */
  readonly connectNs: number;
  readonly answerNs: number;
}

/** A whole trace. */
export interface Trace {
  readonly mode: string;
  readonly family: IpFamily;
  readonly protocol: string;
  readonly seed: string;
  readonly from: Place;
  /** What was dialled, and what that is, such as `default/web:http cluster IP`. */
  readonly to: { readonly name: string; readonly address: string };
  /** How a machine outside came in; absent for who is inside, and for what is dialled at a node's own address. */
  readonly entry?: Entry & { readonly node: string };
  /** The way through an Ingress; absent for other ways. */
  readonly ingress?: TracedIngress;
  readonly outcome: TraceOutcome;
  readonly packets: readonly TracedPacket[];
  /** What devices saw, in the order of time. */
  readonly frames: readonly TracedFrame[];
}
