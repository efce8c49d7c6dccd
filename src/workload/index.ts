/** The one list of workloads, and the front door of the room: who talks to whom, and what changes meanwhile. */
import { dns } from './dns.js';
import { keepalive } from './keepalive.js';
import { newConnection } from './new-connection.js';
import { udp } from './udp.js';
import type { Workload } from './workload.js';

/** All kinds of workload. */
export const workloads: readonly Workload[] = [newConnection, keepalive, udp, dns];

export type { Workload } from './workload.js';
export { Traffic, type TrafficOptions, type SessionRules, type TrafficParts } from './traffic.js';
export { Stations, type StationKind, type StationOptions } from './stations.js';
export { Arrivals, type ArrivalSink } from './arrivals.js';
export { Targets, type TargetChoice } from './targets.js';
export { Churn, nodesToJoin, type ChurnAction, type ChurnTarget, type PodTiming, type RollingUpdate } from './churn.js';
export {
  RequestFailure,
  type ClientFabric,
  type ConversationEvents,
  type Fabric,
  type ServerFabric,
  type TrafficObserver,
} from './fabric.js';
export {
  EndpointChoice,
  IngressProxies,
  ProxyError,
  type AskedFor,
  type ProxyObserver,
  type ProxyParts,
  type ProxySockets,
} from './ingress/index.js';
export { Messages } from './dns/messages.js';
export { Lookups } from './dns/lookups.js';
export type { LookupEnd, LookupObserver, LookupSockets } from './dns/lookup-parts.js';
export { LookupRequests } from './dns/lookup-requests.js';
export { NamedConnections } from './dns/named-connections.js';
export { NameServer, type NameServerOptions } from './dns/name-server.js';
