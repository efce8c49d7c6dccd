/**
 * The own chains that a sync leaves without use, and those that large clusters leave lying around for a while.
 *
 * Mirrors the end of syncProxyRules (pkg/proxy/iptables/proxier.go, 1.34): chains that no service port needs any more are deleted in the
 * same restore, but above 1000 endpoints only if the last such clean-up is longer ago than syncPeriod. A stale chain
 * holds its rules until then; nothing leads to it. Cost: O(own chains of the service ports that changed).
 */
import { endpointChainName, serviceChainName, type ServiceChainPrefix } from './chain-name.js';
import type { PortPlan } from '../../port-plan.js';
import { externalRules, firewallRules, ownChains, policyRules } from './port-plan.js';
import { placeOf } from './revision-view.js';
import { endpointKey, type ServiceChains } from './service-chains.js';
import type { TableVersion } from './table-version.js';

/** One own chain of a service port. */
export interface OwnChain {
  readonly name: string;
  readonly rules: number;
}

/** Stale chains that stay; never changed once made, so that nodes in step share them. */
export interface StaleChains {
  /** Tells one such object from others. */
  readonly id: number;
  /** By name: the rules that it holds. */
  readonly rules: ReadonlyMap<string, number>;
}

/** Before anything was left. */
export const NO_STALE_CHAINS: StaleChains = { id: 0, rules: new Map() };

/** Own chains of one service port before and after a sync. */
export interface OwnChange {
  readonly before: ServiceChains | undefined;
  readonly after: ServiceChains | undefined;
}

/**
 * The service ports whose own chains differ between two versions.
 * @param keys those that can differ at all; null to compare everything
 */
export function ownChanges(
  before: TableVersion | null,
  after: TableVersion,
  keys: readonly number[] | null,
): OwnChange[] {
  const changes: OwnChange[] = [];
  const compare = (a: ServiceChains | undefined, b: ServiceChains | undefined): void => {
    if (a !== b) changes.push({ before: a, after: b });
  };
  if (keys !== null) {
    for (const key of keys) compare(ownOf(before, key), ownOf(after, key));
    return changes;
  }
  let at = 0;
  const oldKeys = before?.view.keys ?? [];
  after.view.keys.forEach((key, place) => {
    for (; at < oldKeys.length && oldKeys[at]! < key; at++) compare(before?.own[at], undefined);
    compare(oldKeys[at] === key ? before?.own[at++] : undefined, after.own[place]);
  });
  for (; at < oldKeys.length; at++) compare(before?.own[at], undefined);
  return changes;
}

/** Own chains, by name, that a change leaves without use: their number. */
export function goneCount({ before, after }: OwnChange): number {
  if (before === undefined) return 0;
  const was = before.plan;
  const is = after?.plan;
  // The display name and the protocol, which names are made of, never change under one key.
  if (is === undefined) return ownChains(was);
  const gone = (had: boolean, has: boolean): number => (had && !has ? 1 : 0);
  return (
    goneEndpoints(was, is).length +
    gone(was.cluster !== null, is.cluster !== null) +
    gone(was.local !== null, is.local !== null) +
    gone(was.hasExternal, is.hasExternal) +
    gone(was.hasFirewall, is.hasFirewall)
  );
}

/** Own chains of a service port in a version, named: KUBE-EXT, KUBE-FW, KUBE-SVC, KUBE-SVL, KUBE-SEP. */
export function namedChains({ writer }: TableVersion, { plan }: ServiceChains): OwnChain[] {
  const { port, cluster, local, choice } = plan;
  const { masquerade, detector } = writer.shape;
  const inLocal = port.internalLocal ? masquerade : 0;
  const chains: OwnChain[] = [];
  const add = (prefix: ServiceChainPrefix, rules: number): void => {
    if (rules > 0) chains.push({ name: serviceChainName(prefix, port.displayName, port.protocol), rules });
  };
  add('KUBE-EXT-', externalRules(plan, detector));
  add('KUBE-FW-', firewallRules(plan));
  add('KUBE-SVC-', policyRules(plan, cluster, masquerade - inLocal));
  add('KUBE-SVL-', policyRules(plan, local, inLocal));
  const { address, port: ports, length } = choice.reachable;
  for (let i = 0; i < length; i++) {
    chains.push({ name: endpointChainName(port.displayName, port.protocol, address[i]!, ports[i]!), rules: 2 });
  }
  return chains;
}

/** Endpoints, by place, that a service port had chains for and has no more. */
export function goneEndpoints(was: PortPlan, is: PortPlan | undefined): number[] {
  const before = was.choice.reachable;
  const after = is?.choice.reachable;
  if (before === after) return [];
  const kept = new Set<number>();
  for (let i = 0; after !== undefined && i < after.length; i++) kept.add(endpointKey(after, i));
  const gone: number[] = [];
  for (let i = 0; i < before.length; i++) if (!kept.has(endpointKey(before, i))) gone.push(i);
  return gone;
}

/** Own chains that changes leave without use, named. */
export function goneChains(before: TableVersion, after: TableVersion, changes: readonly OwnChange[]): OwnChain[] {
  return changes.flatMap((change) => {
    if (change.before === undefined || goneCount(change) === 0) return [];
    const kept = new Set(change.after === undefined ? [] : namedChains(after, change.after).map(({ name }) => name));
    return namedChains(before, change.before).filter(({ name }) => !kept.has(name));
  });
}

/** Keeps count of what is left. */
export class StaleChainSets {
  private made = 0;

  /**
   * What is stale after a sync that deletes nothing.
   * @param stale what was before it
   * @param gone what it leaves
   * @param active chains that it writes, which are in use again if they were stale
   */
  after(stale: StaleChains, gone: readonly OwnChain[], active: () => readonly OwnChain[]): StaleChains {
    const again = stale.rules.size === 0 ? [] : active().filter(({ name }) => stale.rules.has(name));
    if (gone.length === 0 && again.length === 0) return stale;
    const rules = new Map(stale.rules);
    for (const { name } of again) rules.delete(name);
    for (const { name, rules: count } of gone) rules.set(name, count);
    return rules.size === 0 ? NO_STALE_CHAINS : { id: ++this.made, rules };
  }
}

function ownOf(version: TableVersion | null, key: number): ServiceChains | undefined {
  if (version === null) return undefined;
  const place = placeOf(version.view.keys, key);
  return place < 0 ? undefined : version.own[place];
}
