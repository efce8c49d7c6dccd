/** Endpoints (v1), the older kind: all endpoints of one Service in one object, kept in step beside its slices. */
import type { IpAddress } from '../net/index.js';
import type { EndpointPort, ObjectMeta } from './api.js';

/** An address of an Endpoints object. */
export interface EndpointAddress {
  readonly address: IpAddress;
  /** As in `Endpoint`. */
  readonly node: number;
  readonly target: string;
  readonly targetUid?: string;
  readonly hostname?: string;
}

/** A number of addresses; an array is one. */
export interface Addresses extends Iterable<EndpointAddress> {
  readonly length: number;
}

/** Addresses that offer the same ports. */
export interface EndpointAddresses {
  readonly ports: readonly EndpointPort[];
  readonly ready: Addresses;
  readonly notReady: Addresses;
}

/** An Endpoints object (v1): all endpoints of one Service, in one object. */
export interface Endpoints {
  readonly metadata: ObjectMeta;
  readonly subsets: readonly EndpointAddresses[];
  /** Annotation endpoints.kubernetes.io/over-capacity: truncated. */
  readonly truncated: boolean;
  /** As in `EndpointSlice`. */
  readonly triggerNs?: number;
}
