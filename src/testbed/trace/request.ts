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
  | { readonly kind: 'node'; readonly name: string; readonly port: number; readonly protocol: number };

/** One trace. */
export interface TraceRequest {
  readonly mode: string;
  readonly from: SourceName;
  readonly to: TargetName;
  /** Family of what is dialled; undefined for that of the address, or else the cluster's first. */
  readonly family: IpFamily | undefined;
  /** Name of the node by which a machine outside comes in; undefined for the first one. */
  readonly via: string | undefined;
  /** Seed of all chance. */
  readonly seed: string;
}
