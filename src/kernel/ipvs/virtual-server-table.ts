/**
 * The virtual servers of a run, in every version still in use, and one version as a node is given it.
 *
 * A control program compiles version after version into one registry; nodes hold a version each and share all the
 * rest. What the kernel calls a service is here a slot: one number for (protocol, address, port) for the whole run.
 * Cost: O(1) a lookup, O(1) and one definition a change, whatever the number of virtual servers.
 */
import { invariant } from '../../sim/index.js';
import {
  FTP_PORT,
  OWN_ADDRESS,
  serverChanges,
  type ServerChanges,
  type ServerColumns,
  type VirtualServerDefinition,
} from './definition.js';
import { KeyMap } from './key-map.js';
import { ServiceChains } from './service-chains.js';
import { Timeline } from './timeline.js';

interface ComparedPair {
  readonly from: ServerColumns;
  readonly to: ServerColumns;
  readonly changes: ServerChanges;
}

/** Numbers of things in one version. */
export interface TableCounts {
  /** Virtual servers on shared addresses, and on each of a node's own addresses. */
  readonly sharedServices: number;
  readonly ownServices: number;
  /** Their real servers, those that nodes bring themselves not counted. */
  readonly sharedServers: number;
  readonly ownServers: number;
  /** Addresses bound to the dummy device. */
  readonly boundAddresses: number;
  /** Virtual servers of the FTP port, and of port 0 (those found by a mark included). */
  readonly ftpServices: number;
  readonly portZeroServices: number;
}

const NOTHING: TableCounts = {
  sharedServices: 0,
  ownServices: 0,
  sharedServers: 0,
  ownServers: 0,
  boundAddresses: 0,
  ftpServices: 0,
  portZeroServices: 0,
};

/** All versions. */
export class VirtualServerRegistry {
  /** Order of the virtual servers in the kernel's chains. */
  readonly chains = new ServiceChains();
  private readonly slots = new KeyMap();
  private readonly definitions: Timeline<VirtualServerDefinition | null>[] = [];
  private readonly ranks: number[] = [];
  private readonly pairs: (ComparedPair | undefined)[] = [];
  private readonly addresses = new KeyMap();
  private readonly bindings: Timeline<number>[] = [];
  private version = 0;
  private counts = NOTHING;

  /**
   * Starts the next version; `put` and `delete` belong to it until the next call.
   * @param version greater than the one before
   */
  advance(version: number): void {
    invariant(version > this.version, 'versions-ascend', `virtual servers: version ${version} after ${this.version}`);
    this.version = version;
  }

  /** Adds a virtual server to the present version, or puts a definition in place of an older one. */
  put(definition: VirtualServerDefinition): void {
    const { protocol, address, port } = definition;
    let slot = this.slots.get((protocol << 16) | port, address);
    if (slot < 0) {
      slot = this.definitions.length;
      this.slots.set((protocol << 16) | port, address, slot);
      this.definitions.push(new Timeline<VirtualServerDefinition | null>(null));
      this.ranks.push(0);
    }
    const old = this.definitions[slot]!.latest;
    this.definitions[slot]!.set(this.version, definition);
    if (old === null) this.ranks[slot] = this.chains.add(protocol, address, port);
    this.count(old, -1);
    this.count(definition, 1);
  }

  /** Takes a virtual server out of the present version. */
  delete(protocol: number, address: number, port: number): void {
    const slot = this.slots.get((protocol << 16) | port, address);
    const old = slot < 0 ? null : this.definitions[slot]!.latest;
    if (old === null) return;
    this.definitions[slot]!.set(this.version, null);
    this.chains.remove(protocol, address, port, this.ranks[slot]!);
    this.count(old, -1);
  }

  /** The present version, for nodes. */
  table(): VirtualServerTable {
    return new VirtualServerTable(this, this.version, this.counts);
  }

  /** Drops what only versions before `version` need. Touches every virtual server: for use once in a while. */
  forgetBefore(version: number): void {
    for (const definition of this.definitions) definition.forgetBefore(version);
    for (const binding of this.bindings) binding.forgetBefore(version);
    this.pairs.length = 0;
  }

  /** Slot of a virtual server that exists in some version, or -1. */
  slot(protocol: number, address: number, port: number): number {
    return this.slots.get((protocol << 16) | port, address);
  }

  /** Slots given out so far: 0 up to, not including, this. */
  get slotCount(): number {
    return this.definitions.length;
  }

  /** Creation rank of a slot, for `chains`. */
  rank(slot: number): number {
    return this.ranks[slot]!;
  }

  /** A virtual server as it is in a version, or null. */
  definition(slot: number, version: number): VirtualServerDefinition | null {
    return this.definitions[slot]!.at(version);
  }

  /** Whether an address is bound to the dummy device in a version. */
  isBound(address: number, version: number): boolean {
    const row = this.addresses.get(0, address);
    return row >= 0 && this.bindings[row]!.at(version) > 0;
  }

  /** What tells two lists of servers of a slot apart; kept for the next node that asks. */
  changes(slot: number, from: ServerColumns, to: ServerColumns): ServerChanges {
    const pair = this.pairs[slot];
    if (pair?.from === from && pair.to === to) return pair.changes;
    const changes = serverChanges(from, to);
    this.pairs[slot] = { from, to, changes };
    return changes;
  }

  private count(definition: VirtualServerDefinition | null, by: number): void {
    if (definition === null) return;
    const { address, bound, port } = definition;
    const servers = definition.servers.length * by;
    const { counts } = this;
    const isOwn = address === OWN_ADDRESS;
    this.counts = {
      sharedServices: counts.sharedServices + (isOwn ? 0 : by),
      ownServices: counts.ownServices + (isOwn ? by : 0),
      sharedServers: counts.sharedServers + (isOwn ? 0 : servers),
      ownServers: counts.ownServers + (isOwn ? servers : 0),
      boundAddresses: counts.boundAddresses + (bound ? this.bind(address, by) : 0),
      ftpServices: counts.ftpServices + (port === FTP_PORT ? by : 0),
      portZeroServices: counts.portZeroServices + (port === 0 ? by : 0),
    };
  }

  /** Counts the virtual servers on an address, and returns by how much the number of bound addresses changes. */
  private bind(address: number, by: number): number {
    let row = this.addresses.get(0, address);
    if (row < 0) {
      row = this.bindings.length;
      this.addresses.set(0, address, row);
      this.bindings.push(new Timeline<number>(0));
    }
    const before = this.bindings[row]!.latest;
    this.bindings[row]!.set(this.version, before + by);
    return (before + by > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
  }
}

/** One version. */
export class VirtualServerTable {
  readonly registry: VirtualServerRegistry;
  readonly version: number;
  readonly counts: TableCounts;

  /** Made by `VirtualServerRegistry.table`. */
  constructor(registry: VirtualServerRegistry, version: number, counts: TableCounts) {
    this.registry = registry;
    this.version = version;
    this.counts = counts;
  }

  /** Whether there is any virtual server. */
  get isEmpty(): boolean {
    return this.counts.sharedServices + this.counts.ownServices === 0;
  }

  /** The virtual server at (protocol, address, port) in this version, or null. */
  find(protocol: number, address: number, port: number): VirtualServerDefinition | null {
    const slot = this.registry.slot(protocol, address, port);
    return slot < 0 ? null : this.registry.definition(slot, this.version);
  }

  /** Whether an address is bound to the dummy device. */
  isBound(address: number): boolean {
    return this.registry.isBound(address, this.version);
  }
}
