/**
 * The sets and maps that rules of a run name. Their content is another matter: versions of an `ElementMap` for those that a
 * program fills, which nodes share, and a node's `DynamicSets` for those that packets fill.
 *
 * Handles: 0 and up for sets and maps, -1 and down for dynamic sets.
 */
import { invariant } from '../../sim/index.js';
import { ElementMap, type ChainHolder } from './element-map.js';

/** What the keys of a set or map are made of; `addr` is an address of the table's family. */
export type NftKey = 'addr' | 'addr.proto.port' | 'proto.port';

/** A set or map as declared. */
export interface NftSetSpec {
  /** Table that it belongs to. */
  readonly table: string;
  readonly name: string;
  readonly key: NftKey;
  /** Whether it is a verdict map. */
  readonly isMap: boolean;
  readonly comment?: string;
}

/** A dynamic set as declared. */
export interface DynamicSetSpec {
  readonly table: string;
  /** The name, or what makes it when somebody prints. */
  readonly name: string | (() => string);
  /** Sets of one group are looked up together; rules that ask one after the other should ask sets of one group. */
  readonly group: number;
}

/** The declared sets of one run. */
export class NftSets {
  private readonly specs: NftSetSpec[] = [];
  private readonly contents: ElementMap[] = [];
  private readonly dynamic: DynamicSetSpec[] = [];
  private readonly chains: ChainHolder;

  /** @param chains where chains of map elements are held */
  constructor(chains: ChainHolder) {
    this.chains = chains;
  }

  /** Number of sets and maps, dynamic ones aside. */
  get count(): number {
    return this.specs.length;
  }

  /** Declares a set or map. @returns its handle */
  declare(spec: NftSetSpec): number {
    this.contents.push(new ElementMap(this.chains));
    return this.specs.push(spec) - 1;
  }

  /** Declares a dynamic set. @returns its handle, below 0 */
  declareDynamic(spec: DynamicSetSpec): number {
    return -this.dynamic.push(spec);
  }

  /** A set or map as declared. */
  spec(handle: number): NftSetSpec {
    const spec = this.specs[handle];
    invariant(spec !== undefined, 'nft-set', () => `set ${handle} does not exist`);
    return spec;
  }

  /** A dynamic set as declared. */
  dynamicSpec(handle: number): DynamicSetSpec {
    const spec = this.dynamic[-1 - handle];
    invariant(spec !== undefined, 'nft-set', () => `dynamic set ${handle} does not exist`);
    return spec;
  }

  /** Group of a dynamic set. */
  groupOf(handle: number): number {
    return this.dynamic[-1 - handle]!.group;
  }

  /** The versions of a set's or map's content. */
  contentOf(handle: number): ElementMap {
    return this.contents[handle]!;
  }

  /** Name of any set or map. */
  name(handle: number): string {
    if (handle >= 0) return this.spec(handle).name;
    const { name } = this.dynamicSpec(handle);
    return typeof name === 'string' ? name : name();
  }
}
