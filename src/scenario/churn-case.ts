/** The part of a case that says what happens to the cluster while traffic runs. */
import type { ReadinessProbe } from '../kube/controllers/readiness-probes.js';
import type { IpAddress } from '../net/index.js';

/** How long pods take to come and to go. */
export interface PodTimes {
  /** From the Pod's creation to Ready, in the mean. */
  readonly startupNs: number;
  /** From deletion to the end of the process, in the mean: it goes on serving until then. */
  readonly terminationNs: number;
  /** Each pod's times lie between 1 - spread and 1 + spread times these; 0 to 1. */
  readonly spread: number;
}

/** One thing that happens to the pods behind a Service. */
export type PodChurnOptions = PodTimes & { readonly atNs: number; readonly service: number } & (
    | { readonly kind: 'scale'; readonly replicas: number }
    | {
        readonly kind: 'rolling-update';
        /** Fractions of the replicas, as in a Deployment's strategy. */
        readonly maxSurge: number;
        readonly maxUnavailable: number;
      }
  );

/** kube-proxy ends and is started again; its rules stay meanwhile. */
export interface ProxyRestart {
  readonly kind: 'proxy-restart';
  readonly atNs: number;
  /** From its end to its start. */
  readonly downNs: number;
  /** Indices of the nodes on which it happens, ascending. */
  readonly nodes: readonly number[];
}

/** kube-proxy starts on nodes that have had none: there are no rules of it before. */
export interface NodeJoin {
  readonly kind: 'node-join';
  readonly atNs: number;
  /** Indices of the nodes, ascending. */
  readonly nodes: readonly number[];
}

/** Routers that send the Services' range to several nodes (ECMP) get other next hops. */
export interface NextHopChange {
  readonly kind: 'next-hops';
  readonly atNs: number;
  /** Indices of the nodes that are next hops from then on, ascending. */
  readonly nodes: readonly number[];
}

/** Pods behind a Service that come or go in one instant, without start-up and termination. */
export type SuddenChange = { readonly atNs: number; readonly service: number } & (
  | { readonly kind: 'sudden-scale'; readonly replicas: number }
  | {
      readonly kind: 'sudden-replace';
      /** How many pods, one after the other; more than there are: all. */
      readonly pods: number;
      readonly intervalNs: number;
    }
);

/** Pods behind a Service, the oldest ones, that stop answering for a time: their readiness probes take them out of the endpoints, and in again. */
export interface PodFailure {
  readonly kind: 'pod-failure';
  readonly atNs: number;
  readonly service: number;
  /** How many; more than there are: all. */
  readonly pods: number;
  /** How long they do not answer. */
  readonly lastsNs: number;
  readonly probe: ReadinessProbe;
}

/** Somebody writes other addresses into the Endpoints of a Service without selector; its ports stay. */
export interface EndpointsEdit {
  readonly kind: 'endpoints-edit';
  readonly atNs: number;
  readonly service: number;
  /** Addresses as the manifests have them. */
  readonly ready: readonly IpAddress[];
  readonly notReady: readonly IpAddress[];
}

/** One thing that happens to the cluster during the run. */
export type ChurnOptions =
  PodChurnOptions | SuddenChange | PodFailure | ProxyRestart | NodeJoin | NextHopChange | EndpointsEdit;
