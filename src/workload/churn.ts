/**
 * Churn: what happens to the cluster while traffic runs, at its times.
 *
 * Each action is one event; what it does is the cluster's business, reached through an interface that the testbed fills.
 */
import type { IpAddress } from '../net/index.js';
import { EventClass, type Simulation } from '../sim/index.js';

/** How long pods take to come and to go, in nanoseconds, and how far one may be from that, as a fraction. */
export interface PodTiming {
  readonly startupNs: number;
  readonly terminationNs: number;
  readonly spread: number;
}

/** How a rolling update goes about it. */
export interface RollingUpdate extends PodTiming {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Pods that stop answering, in nanoseconds. */
export interface PodFailure {
  readonly pods: number;
  readonly lastsNs: number;
  /** What notices. */
  readonly probe: {
    readonly periodNs: number;
    readonly timeoutNs: number;
    readonly failureThreshold: number;
    readonly successThreshold: number;
  };
}

/** What somebody writes into Endpoints. */
export interface WrittenAddresses {
  readonly ready: readonly IpAddress[];
  readonly notReady: readonly IpAddress[];
}

/** One thing that happens to the cluster. */
export type ChurnAction =
  | ({ readonly kind: 'scale'; readonly atNs: number; readonly service: number; readonly replicas: number } & PodTiming)
  | ({ readonly kind: 'rolling-update'; readonly atNs: number; readonly service: number } & RollingUpdate)
  /** All pods come or go in one instant. */
  | { readonly kind: 'sudden-scale'; readonly atNs: number; readonly service: number; readonly replicas: number }
  /** Pods go one after the other, each with a ready one in its place at the same instant. */
  | {
      readonly kind: 'sudden-replace';
      readonly atNs: number;
      readonly service: number;
      readonly pods: number;
      readonly intervalNs: number;
    }
  /** Pods stop answering for a time, and their readiness probes notice. */
  | ({ readonly kind: 'pod-failure'; readonly atNs: number; readonly service: number } & PodFailure)
  /** kube-proxy ends on some nodes (by index) and is started again after `downNs`. */
  | {
      readonly kind: 'proxy-restart';
      readonly atNs: number;
      readonly nodes: readonly number[];
      readonly downNs: number;
    }
  /** kube-proxy starts on nodes that have had none. */
  | { readonly kind: 'node-join'; readonly atNs: number; readonly nodes: readonly number[] }
  /** Somebody writes other addresses into the Endpoints of a service. */
  | ({ readonly kind: 'endpoints-edit'; readonly atNs: number; readonly service: number } & WrittenAddresses)
  /** Routers with several next hops have these nodes from now on. */
  | { readonly kind: 'next-hops'; readonly atNs: number; readonly nodes: readonly number[] };

/** What can be done to the cluster; services by number, in the order in which they were made. */
export interface ChurnTarget {
  /** Sets the number of pods behind a service. */
  scale(service: number, replicas: number, timing: PodTiming): void;
  /** Replaces all pods behind a service. */
  rollingUpdate(service: number, options: RollingUpdate): void;
  /** Sets the number of pods behind a service, all in one instant. */
  scaleSuddenly(service: number, replicas: number): void;
  /** Replaces pods behind a service one after the other. */
  replaceSuddenly(service: number, options: { readonly pods: number; readonly intervalNs: number }): void;
  /** Has pods behind a service not answer for a time. */
  failPods(service: number, failure: PodFailure): void;
  /** Ends kube-proxy on some nodes and starts it again after a time. */
  restartProxies(nodes: readonly number[], downNs: number): void;
  /** Starts kube-proxy on nodes that have had none so far. */
  joinNodes(nodes: readonly number[]): void;
  /** Writes addresses into the Endpoints of a service. */
  editEndpoints(service: number, addresses: WrittenAddresses): void;
  /** Gives routers these nodes as next hops. */
  setNextHops(nodes: readonly number[]): void;
}

/** The nodes without a kube-proxy at the beginning: those that join during the run. */
export function nodesToJoin(actions: readonly ChurnAction[]): ReadonlySet<number> {
  return new Set(actions.flatMap((action) => (action.kind === 'node-join' ? action.nodes : [])));
}

/** Schedules the actions of a run. */
export class Churn {
  private readonly actions: readonly ChurnAction[];
  private readonly target: ChurnTarget;

  /**
   * @param simulation clock and events
   * @param actions what happens, in any order
   * @param target the cluster
   */
  constructor(simulation: Simulation, actions: readonly ChurnAction[], target: ChurnTarget) {
    this.actions = actions;
    this.target = target;
    const kind = simulation.register('churn', EventClass.control, this);
    actions.forEach((action, index) => simulation.schedule(action.atNs, kind, index));
  }

  /** An action's time has come. */
  fire(index: number): void {
    const action = this.actions[index]!;
    if (action.kind === 'proxy-restart') this.target.restartProxies(action.nodes, action.downNs);
    else if (action.kind === 'node-join') this.target.joinNodes(action.nodes);
    else if (action.kind === 'next-hops') this.target.setNextHops(action.nodes);
    else if (action.kind === 'endpoints-edit') this.target.editEndpoints(action.service, action);
    else if (action.kind === 'scale') this.target.scale(action.service, action.replicas, action);
    else if (action.kind === 'sudden-scale') this.target.scaleSuddenly(action.service, action.replicas);
    else if (action.kind === 'pod-failure') this.target.failPods(action.service, action);
    else if (action.kind === 'sudden-replace') this.target.replaceSuddenly(action.service, action);
    else this.target.rollingUpdate(action.service, action);
  }
}
