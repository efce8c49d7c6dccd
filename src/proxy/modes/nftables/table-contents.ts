/**
 * What the table's sets and maps hold: one version of the content of each, changed by the elements of a service port at a time.
 *
 * Mirrors the calls of ensureElem in syncProxyRules (pkg/proxy/nftables/proxier.go, 1.34). Where two service ports want the same
 * key of a map (an external address and port that both name), kube-proxy keeps that of the one its random order visits last; here the
 * one made first has it, as in iptables mode. Cost: O(elements changed); O(service ports) for a key that two of them want.
 */
import { ElementMap } from '../../../kernel/nftables/element-map.js';
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import { ELEMENT_SHIFT, ElementKind } from '../../../kernel/nftables/rule-cells.js';
import type { FixedTable } from './fixed-table.js';
import type { PortChains } from './port-chains.js';
import { Refusal } from '../../port-plan.js';
import { outsideAddresses } from './port-plan.js';
import { TableSet, TABLE_SETS } from './table-names.js';

/** An element of one of the table's maps, for a service port. */
export interface TableElement {
  readonly set: TableSet;
  readonly address: number;
  /** Protocol << 16 | port. */
  readonly service: number;
  /** As `ElementMap` keeps it. */
  readonly value: number;
}

/** Versions of the contents by `TableSet`; held until `release`. */
export interface TableContents {
  readonly versions: readonly number[];
  /** How many service ports want each key. */
  readonly claims: number;
}

/** The maps whose elements service ports bring. */
const MAPS = [
  TableSet.noEndpointServices,
  TableSet.noEndpointNodePorts,
  TableSet.firewallIps,
  TableSet.serviceIps,
  TableSet.serviceNodePorts,
] as const;

/** A key that more than one service port wants, or wanted. */
interface Contested {
  readonly address: number;
  readonly service: number;
}

/** Where a plan's elements lead to. */
export type ElementTargets = Pick<PortChains, 'plan' | 'service' | 'local' | 'external' | 'firewall'>;

/** Elements of the maps for a service port's chains; of two with one key the later counts. */
export function elementsOf(chains: ElementTargets, reject: number): TableElement[] {
  const { plan, service, local, external, firewall } = chains;
  const { port, choice } = plan;
  const key = (port.protocol << 16) | port.port;
  const elements: TableElement[] = [];
  const add = (set: TableSet, address: number, value: number, serviceKey = key): void => {
    elements.push({ set, address, service: serviceKey, value });
  };
  const refused = (refusal: Refusal): number => (refusal === Refusal.reject ? goTo(reject) : ElementKind.drop);
  if (plan.internal === Refusal.none) {
    add(TableSet.serviceIps, port.clusterIp, goTo(port.internalLocal ? local : service));
  } else add(TableSet.noEndpointServices, port.clusterIp, refused(plan.internal));
  for (const address of outsideAddresses(port)) {
    if (choice.hasAny) add(TableSet.serviceIps, address, goTo(external));
    if (plan.external !== Refusal.none) add(TableSet.noEndpointServices, address, refused(plan.external));
  }
  if (plan.hasFirewall) for (const address of port.loadBalancerVips) add(TableSet.firewallIps, address, goTo(firewall));
  if (port.nodePort === 0) return elements;
  const nodePort = (port.protocol << 16) | port.nodePort;
  if (choice.hasAny) add(TableSet.serviceNodePorts, 0, goTo(external), nodePort);
  if (plan.external !== Refusal.none) add(TableSet.noEndpointNodePorts, 0, refused(plan.external), nodePort);
  return elements;
}

/** Makes and changes contents. */
export class ContentWriter {
  private readonly store: NftStore;
  private readonly fixed: FixedTable;
  private readonly claimed: ElementMap;
  private readonly versions = new Array<number>(TABLE_SETS).fill(0);
  private claims = 0;
  private readonly contested = new Map<string, Contested>();

  constructor(store: NftStore, fixed: FixedTable) {
    this.store = store;
    this.fixed = fixed;
    this.claimed = new ElementMap(store);
  }

  /** Begins with what a version holds; null for nothing. */
  begin(base: TableContents | null): void {
    for (let set = 0; set < TABLE_SETS; set++) {
      this.versions[set] = base?.versions[set] ?? 0;
      this.map(set).retain(this.versions[set]!);
    }
    this.claims = base?.claims ?? 0;
    this.claimed.retain(this.claims);
  }

  /** Replaces the elements of a service port; null where it was not there, or is gone. */
  replace(before: PortChains | null, after: PortChains | null): void {
    const old = before === null ? [] : elementsOf(before, this.fixed.reject);
    const next = after === null ? [] : elementsOf(after, this.fixed.reject);
    if (before?.plan.port.clusterIp !== after?.plan.port.clusterIp) {
      if (before !== null) this.countClusterIp(before.plan.port.clusterIp, -1);
      if (after !== null) this.countClusterIp(after.plan.port.clusterIp, 1);
    }
    for (const { address, service } of distinctKeys(old, next)) {
      const had = holds(old, address, service) ? 1 : 0;
      const has = holds(next, address, service) ? 1 : 0;
      const claims = this.claimed.get(this.claims, address, service) >>> ELEMENT_SHIFT;
      if (had !== has) this.setClaims(address, service, claims + has - had);
      if (claims > had || claims + has - had > 1) {
        this.contested.set(`${address} ${service}`, { address, service });
      } else for (const set of MAPS) this.set(set, address, service, valueOf(next, set, address, service));
    }
  }

  /**
   * Ends, and hands the contents over.
   * @param all all service ports' chains, by ascending key
   */
  end(all: () => Iterable<PortChains>): TableContents {
    if (this.contested.size > 0) this.settle(all());
    return { versions: this.versions.slice(), claims: this.claims };
  }

  /** Lets contents go. */
  release({ versions, claims }: TableContents): void {
    versions.forEach((version, set) => this.map(set).release(version));
    this.claimed.release(claims);
  }

  /** Gives contested keys to the first that wants them, map by map. */
  private settle(all: Iterable<PortChains>): void {
    const wanted = new Map<string, TableElement[]>();
    for (const chains of all) {
      const elements = elementsOf(chains, this.fixed.reject);
      for (const { address, service } of distinctKeys(elements, [])) {
        const key = `${address} ${service}`;
        if (!this.contested.has(key)) continue;
        const list = wanted.get(key) ?? [];
        wanted.set(key, list);
        for (const set of MAPS) {
          const value = valueOf(elements, set, address, service);
          if (value !== 0 && !list.some((other) => other.set === set)) list.push({ set, address, service, value });
        }
      }
    }
    for (const [key, { address, service }] of this.contested) {
      const winners = wanted.get(key) ?? [];
      for (const set of MAPS) this.set(set, address, service, valueOf(winners, set, address, service));
    }
    this.contested.clear();
  }

  private countClusterIp(address: number, change: number): void {
    const count = this.map(TableSet.clusterIps).get(this.versions[TableSet.clusterIps]!, address, 0) >>> ELEMENT_SHIFT;
    this.set(TableSet.clusterIps, address, 0, counted(count + change));
  }

  private setClaims(address: number, service: number, claims: number): void {
    this.claims = this.claimed.with(this.claims, address, service, counted(claims));
  }

  private set(set: number, address: number, service: number, value: number): void {
    this.versions[set] = this.map(set).with(this.versions[set]!, address, service, value);
  }

  private map(set: number): ElementMap {
    return this.store.sets.contentOf(this.fixed.sets[set]!);
  }
}

function goTo(chain: number): number {
  return (chain << ELEMENT_SHIFT) | ElementKind.goto;
}

function counted(count: number): number {
  return count === 0 ? 0 : (count << ELEMENT_SHIFT) | ElementKind.member;
}

function holds(elements: readonly TableElement[], address: number, service: number): boolean {
  return elements.some((element) => element.address === address && element.service === service);
}

/** Value of the last element with a key in a map, or 0. */
function valueOf(elements: readonly TableElement[], set: TableSet, address: number, service: number): number {
  for (let i = elements.length - 1; i >= 0; i--) {
    const element = elements[i]!;
    if (element.set === set && element.address === address && element.service === service) return element.value;
  }
  return 0;
}

function distinctKeys(a: readonly TableElement[], b: readonly TableElement[]): TableElement[] {
  const keys: TableElement[] = [];
  for (const element of [...a, ...b]) if (!holds(keys, element.address, element.service)) keys.push(element);
  return keys;
}
