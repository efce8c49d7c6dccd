/** What is to be traced: from whom, to whom, in which mode. Names are not resolved yet. */
import type { IpAddress, IpFamily } from '../../net/index.js';

/** Who opens the connection. */
export type SourceName =
  /** Some pod of the first node that does not serve the target. */
  | { readonly kind: 'any pod' }
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }
  /** A pod's, a node's, or that of a machine outside of the cluster. */
  | { readonly kind: 'address'; readonly address: IpAddress };

/** What it dials. */
export type TargetName =
  /** A Service's cluster address; the port by number or name, empty for the only one; protocol 0 for TCP, or what the port has. */
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      readonly port: string;
      readonly protocol: number;
    }
  | { readonly kind: 'address'; readonly address: IpAddress; readonly port: number; readonly protocol: number }
  | { readonly kind: 'node'; readonly name: string; readonly port: number; readonly protocol: number }
  | IngressAsked;

/** A host and path that Ingresses are asked for. */
export interface IngressAsked {
  readonly kind: 'ingress';
  /** Empty for the one host that there is. */
  readonly host: string;
  /** 0 for the one at which the proxies are reached. */
  readonly port: number;
  /** Begins with a slash. */
  readonly path: string;
}

/** One trace. */
export interface TraceRequest {
  readonly mode: string;
  readonly from: SourceName;
  readonly to: TargetName;
  /** Family of what is dialled; undefined for that of the address, or else the cluster's first. */
  readonly family: IpFamily | undefined;
  /**
   * How a machine outside comes in: a node's name, `ecmp` or `load-balancer`; undefined for the first node, and for the balancer where proxies of
   * Ingresses are behind one. Where those are dialled at a node, that node.
   */
  readonly via: string | undefined;
  /** Seed of all chance. */
  readonly seed: string;
}
