/** Flows and what becomes of their first packets, in words that hold for every proxy mode. */
import type { IpAddress } from '../net/index.js';

/** The first packet of a new connection. */
export interface Flow {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  /** IP protocol number: TCP, UDP or SCTP. */
  readonly protocol: number;
  /** Default: 40000. */
  readonly sourcePort?: number;
  /**
   * By which way it reaches the node's kernel: from a pod of the node, off the wire, or from a process of the node. Default: from a process
   * when the source is one of the node's own addresses, else from a pod when it is an endpoint here or, by the proxy's own detector, a pod;
   * else off the wire.
   */
  readonly via?: 'pod' | 'wire' | 'node';
}

/** What became of a flow's first packet. */
export interface FlowOutcome {
  /**
   * `endpoint`: it goes on to another address or port than it was sent to. `reject`: its sender is told that it is refused. `drop`: it vanishes.
   * `accept`: a process of the node itself takes it. `none`: the proxy leaves it as it is.
   */
  readonly kind: 'endpoint' | 'reject' | 'drop' | 'accept' | 'none';
  /** Where it is bound for when the node has done with it. */
  readonly address: IpAddress;
  readonly port: number;
  /** Whom it seems to come from then. */
  readonly source: IpAddress;
  /** Whether its source was rewritten (MASQUERADE, also where that leaves the address as it was). */
  readonly masquerade: boolean;
  /** Rules compared, of iptables and nftables together. */
  readonly rules: number;
  /** Units of the node's work, indexed by `WorkKind`. */
  readonly work: Float64Array;
}

/** One of the outcomes that a flow may have. */
export interface LikelyOutcome {
  readonly outcome: FlowOutcome;
  /** 0 to 1; the probabilities of a flow add up to 1. */
  readonly probability: number;
}

/** All outcomes that a flow may have. */
export interface Exploration {
  /** Each kind, address, port and masquerade once, in the order in which the choices lead to them. */
  readonly outcomes: readonly LikelyOutcome[];
}

/** A text that two outcomes have in common exactly when packets fare alike, whatever the work was. */
export function outcomeKey({ kind, address, port, masquerade }: FlowOutcome): string {
  return kind === 'endpoint' ? `${kind} ${address} ${port} ${masquerade}` : kind;
}
