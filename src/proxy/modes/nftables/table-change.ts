/**
 * What differs between two versions of the table: elements, and chains and affinity sets that one has and the other has not.
 *
 * Things are compared by name, as kube-proxy and the kernel do: a chain that is written anew is still the same chain.
 * Cost: O(endpoints of the service ports compared).
 */
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import { ELEMENT_MASK, ELEMENT_SHIFT, ElementKind } from '../../../kernel/nftables/rule-cells.js';
import type { FixedTable } from './fixed-table.js';
import { endpointNameBase } from './chain-name.js';
import { ownChainNames, type PortChains } from './port-chains.js';
import type { PortIdentities } from './port-identities.js';
import { elementsOf } from './table-contents.js';
import { TableSet } from './table-names.js';
import { chainsOf, type LedgerView, type TableVersion } from './table-version.js';

/** A chain of a service port, by name. */
export interface OwnChain {
  /** Tells chains of different names apart. */
  readonly id: string;
  /** Its name; costs a hash. */
  name(): string;
}

/** An element that differs; values as `ElementMap` keeps them, 0 for none. */
export interface ElementChange {
  readonly set: TableSet;
  readonly address: number;
  readonly service: number;
  readonly before: number;
  readonly after: number;
}

/** What comparing needs. */
export interface ChangeSetup {
  readonly ledger: LedgerView;
  readonly store: NftStore;
  readonly fixed: FixedTable;
  readonly identities: PortIdentities;
}

/** Two versions, and the keys of the service ports that may differ; no version at all before the first sync. */
export class TableChange {
  /** Keys to compare, ascending. */
  readonly keys: readonly number[];
  private readonly setup: ChangeSetup;
  private readonly before: TableVersion | null;
  private readonly after: TableVersion;

  constructor(setup: ChangeSetup, before: TableVersion | null, after: TableVersion) {
    this.setup = setup;
    this.before = before;
    this.after = after;
    this.keys = this.keysToCompare();
  }

  /** Elements that differ, each once. */
  *elements(): Generator<ElementChange> {
    const seen = new Set<string>();
    for (const key of this.keys) {
      const [old, next] = this.ofKey(key);
      if (old === next) continue;
      for (const { set, address, service } of [...this.placesOf(old), ...this.placesOf(next)]) {
        const place = `${set} ${address} ${service}`;
        if (seen.has(place)) continue;
        seen.add(place);
        const change = { set, address, service, before: this.valueIn(this.before, set, address, service) };
        const after = this.valueIn(this.after, set, address, service);
        if (!this.sameValue(change.before, after)) yield { ...change, after };
      }
    }
  }

  /** Chains that the second version has no use for. */
  gone(): OwnChain[] {
    const gone = new Map<string, OwnChain>();
    for (const key of this.keys) {
      const [old, next] = this.ofKey(key);
      if (old !== undefined && old !== next) for (const chain of this.chainsOf(old)) gone.set(chain.id, chain);
    }
    if (gone.size === 0) return [];
    for (const key of this.keys) {
      const [old, next] = this.ofKey(key);
      if (next !== undefined && old !== next) for (const { id } of this.chainsOf(next)) gone.delete(id);
    }
    return [...gone.values()];
  }

  /** Names of the chains that the second version uses, of the service ports compared. */
  active(): Set<string> {
    const active = new Set<string>();
    for (const key of this.keys) {
      const next = this.ofKey(key)[1];
      if (next !== undefined) for (const { id } of this.chainsOf(next)) active.add(id);
    }
    return active;
  }

  /** Affinity sets that the second version has no use for. */
  goneSets(): number[] {
    const gone = new Set<number>();
    for (const key of this.keys) this.ofKey(key)[0]?.affinity?.forEach((set) => gone.add(set));
    if (gone.size === 0) return [];
    for (const key of this.keys) this.ofKey(key)[1]?.affinity?.forEach((set) => gone.delete(set));
    return [...gone];
  }

  /** The chains of a service port. */
  chainsOf(chains: PortChains): OwnChain[] {
    const { port, choice } = chains.plan;
    const identity = this.setup.identities.of(port);
    const own: OwnChain[] = ownChainTags(chains).map((tag, i) => ({
      id: `${identity} ${tag}`,
      name: () => ownChainNames(chains)[i]!,
    }));
    const { length, address, port: ports } = choice.reachable;
    for (let i = 0; i < length; i++) {
      const name = (): string => `endpoint-${endpointNameBase(port, address[i]!, ports[i]!)}`;
      own.push({ id: `${identity} ${address[i]!}:${ports[i]!}`, name });
    }
    return own;
  }

  private keysToCompare(): readonly number[] {
    const { before, after } = this;
    if (before === null) return after.shared.keys;
    const [from, to] = [before.shared.revision, after.shared.revision];
    const changed = from === to ? [] : this.setup.ledger.changedBetween(Math.min(from, to), Math.max(from, to));
    if (before.others.size === 0 && after.others.size === 0) return changed;
    const keys = new Set([...changed, ...before.others.keys(), ...after.others.keys()]);
    return [...keys].sort((a, b) => a - b);
  }

  private ofKey(key: number): [PortChains | undefined, PortChains | undefined] {
    return [this.before === null ? undefined : chainsOf(this.before, key), chainsOf(this.after, key)];
  }

  /** Sets, addresses and services of a service port's elements, its cluster address included. */
  private placesOf(chains: PortChains | undefined): { set: TableSet; address: number; service: number }[] {
    if (chains === undefined) return [];
    const clusterIp = { set: TableSet.clusterIps, address: chains.plan.port.clusterIp, service: 0 };
    return [clusterIp, ...elementsOf(chains, this.setup.fixed.reject)];
  }

  private valueIn(version: TableVersion | null, set: TableSet, address: number, service: number): number {
    if (version === null) return 0;
    const content = this.setup.store.sets.contentOf(this.setup.fixed.sets[set]!);
    return content.get(version.contents.versions[set]!, address, service);
  }

  /** Whether two values say the same; how often an element of a set is wanted does not matter. */
  private sameValue(a: number, b: number): boolean {
    if (a === b) return true;
    const kind = a & ELEMENT_MASK;
    if (a === 0 || b === 0 || kind !== (b & ELEMENT_MASK)) return false;
    if (kind !== ElementKind.goto) return true;
    const { store } = this.setup;
    const identity = store.identity(a >>> ELEMENT_SHIFT);
    return identity >= 0 && identity === store.identity(b >>> ELEMENT_SHIFT);
  }
}

function ownChainTags({ service, local, external, firewall }: PortChains): string[] {
  const tags: string[] = [];
  if (service >= 0) tags.push('service');
  if (local >= 0) tags.push('local');
  if (external >= 0) tags.push('external');
  if (firewall >= 0) tags.push('firewall');
  return tags;
}
