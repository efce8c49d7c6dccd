/** Turns the entries of a checked scenario's `churn` into those of a case: nodes counted out, `all` as a number. Cost: O(nodes) an entry. */
import type { ChurnOptions } from './churn-case.js';
import type { Spec } from './schema.js';

/** More pods than a cluster has. */
const ALL_PODS = 2 ** 31;

/** One entry. @param nodes of the cluster */
export function churnOf(change: Spec['churn'][number], nodes: number): ChurnOptions {
  if (change.kind === 'proxy-restart' || change.kind === 'node-join' || change.kind === 'next-hops') {
    const where = change.nodes === 'all' ? Array.from({ length: nodes }, (_, index) => index) : change.nodes;
    const { kind, at } = change;
    return kind === 'proxy-restart'
      ? { kind, atNs: at, downNs: change.down, nodes: where }
      : { kind, atNs: at, nodes: where };
  }
  if (change.kind === 'sudden-scale') {
    return { kind: 'sudden-scale', atNs: change.at, service: change.service, replicas: change.replicas };
  }
  if (change.kind === 'sudden-replace') {
    const pods = change.pods === 'all' ? ALL_PODS : change.pods;
    return { kind: 'sudden-replace', atNs: change.at, service: change.service, pods, intervalNs: change.interval };
  }
  if (change.kind === 'pod-failure') return podFailureOf(change);
  if (change.kind === 'endpoints-edit') {
    return {
      kind: 'endpoints-edit',
      atNs: change.at,
      service: change.service,
      ready: change.ready,
      notReady: change.notReady,
    };
  }
  const { at: atNs, service, startup: startupNs, termination: terminationNs, spread } = change;
  const common = { atNs, service, startupNs, terminationNs, spread };
  if (change.kind === 'scale') return { kind: 'scale', replicas: change.replicas, ...common };
  const { maxSurge, maxUnavailable } = change;
  return { kind: 'rolling-update', maxSurge, maxUnavailable, ...common };
}

function podFailureOf(change: Extract<Spec['churn'][number], { kind: 'pod-failure' }>): ChurnOptions {
  const { at: atNs, service, pods, lasts: lastsNs, period: periodNs, timeout: timeoutNs, ...thresholds } = change;
  const { failureThreshold, successThreshold } = thresholds;
  const probe = { periodNs, timeoutNs, failureThreshold, successThreshold };
  return { kind: 'pod-failure', atNs, service, pods: pods === 'all' ? ALL_PODS : pods, lastsNs, probe };
}
