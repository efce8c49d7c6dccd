/**
 * What the sets and maps of one node hold, and how they are asked: by hash, or, for the reference, by looking at one element after the
 * other.
 *
 * The contents of sets and maps are versions that nodes share; dynamic sets are the node's own. Cost: O(1) a question by hash.
 */
import { grown, type Nanoseconds } from '../../sim/index.js';
import { inPrefix, type IpAddress } from '../../net/index.js';
import { DynamicSets } from './dynamic-sets.js';
import type { NftSets } from './nft-sets.js';
import type { ListedPrefix } from './rule.js';

/** The sets and maps of one node. */
export class NodeSets {
  readonly dynamic = new DynamicSets();
  private readonly sets: NftSets;
  private readonly scans: boolean;
  /** Versions of the contents, by handle; 0 where it is empty. */
  private versions = new Int32Array(0);

  /**
   * @param sets what the run has declared
   * @param scans whether elements are looked at one after the other
   */
  constructor(sets: NftSets, scans: boolean) {
    this.sets = sets;
    this.scans = scans;
  }

  /** The version in place of a set's or map's content. */
  version(set: number): number {
    return set < this.versions.length ? this.versions[set]! : 0;
  }

  /** Puts a version in place and holds it. */
  setVersion(set: number, version: number): void {
    if (set >= this.versions.length) this.versions = grown(this.versions, this.sets.count);
    const before = this.versions[set]!;
    if (before === version) return;
    const content = this.sets.contentOf(set);
    content.retain(version);
    this.versions[set] = version;
    content.release(before);
  }

  /** Whether a map is looked up by an address, besides protocol and port. */
  hasAddress(map: number): boolean {
    return this.sets.spec(map).key !== 'proto.port';
  }

  /** Value of an element, 0 for none. */
  valueIn(set: number, address: IpAddress, service: number): number {
    const content = this.sets.contentOf(set);
    const version = this.version(set);
    return this.scans ? content.scan(version, address, service) : content.get(version, address, service);
  }

  /** Whether a set, dynamic or not, holds an address. */
  holds(set: number, address: IpAddress, now: Nanoseconds): boolean {
    if (set >= 0) return this.valueIn(set, address, 0) !== 0;
    return this.scans
      ? this.dynamic.scan(set, address, now)
      : this.dynamic.has(set, this.sets.groupOf(set), address, now);
  }

  /** Adds an address to a dynamic set, or renews it. */
  update(set: number, address: IpAddress, now: Nanoseconds, timeoutNs: Nanoseconds): void {
    this.dynamic.update(set, this.sets.groupOf(set), address, now, timeoutNs);
  }
}

/** Whether an address lies in one of some prefixes. */
export function inList(prefixes: readonly ListedPrefix[], address: IpAddress): boolean {
  for (let i = 0; i < prefixes.length; i++) {
    if (inPrefix(address, prefixes[i]!.address, prefixes[i]!.bits)) return true;
  }
  return false;
}
