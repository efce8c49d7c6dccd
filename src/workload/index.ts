/** The one list of workloads, and the front door of the room: who talks to whom, and what changes meanwhile. */
import { keepalive } from './keepalive.js';
import { newConnection } from './new-connection.js';
import { udp } from './udp.js';
import type { Workload } from './workload.js';

/** All kinds of workload. */
export const workloads: readonly Workload[] = [newConnection, keepalive, udp];

export type { Workload } from './workload.js';
export { Traffic, type TrafficOptions, type SessionRules, type TrafficParts } from './traffic.js';
export { Stations, type StationOptions } from './stations.js';
export { Arrivals, type ArrivalSink } from './arrivals.js';
export { Targets, type TargetChoice } from './targets.js';
export { Churn, type ChurnAction, type ChurnTarget, type PodTiming, type RollingUpdate } from './churn.js';
export { RequestFailure, type Fabric, type TrafficObserver } from './fabric.js';
