/**
 * nftables rules as rows of eight 32-bit cells in one typed array (32 bytes a rule), with what does not fit beside them: prefix
 * lists, marks and interfaces in side tables, the chains of `numgen` in an array of their own (4 bytes an endpoint).
 *
 * A row belongs to a chain; the store hands rows out, clears them and takes them back.
 */
import { grown, invariant } from '../../sim/index.js';
import type { ListedPrefix } from './rule.js';
import { RowAllocator } from '../iptables/row-allocator.js';
import { NFT_ROW, NftBit, NftCell, NftKind } from './rule-cells.js';

/** Matches that few rules have, by number. */
export interface ExtraMatch {
  readonly markValue: number;
  readonly markMask: number;
  /** Empty for none. */
  readonly inputInterface: string;
  /** What the cell `sourceRef` would hold otherwise. */
  readonly sourceRef: number;
}

/** The rows. */
export class NftRows {
  /** All cells; replaced by a longer array when more rows are needed. */
  cells = new Int32Array(256 * NFT_ROW);
  /** Chains of all `numgen` statements. */
  chains = new Int32Array(256);
  private readonly rowRoom = new RowAllocator();
  private readonly chainRoom = new RowAllocator();
  private readonly lists: (readonly ListedPrefix[] | undefined)[] = [];
  private readonly freeLists: number[] = [];
  /** What stands here is never removed: only a handful of different ones exist. */
  private readonly extras: ExtraMatch[] = [];

  /** Takes rows, all matching everything and doing nothing. @returns cell of the first */
  take(rows: number): number {
    const start = this.rowRoom.take(rows) * NFT_ROW;
    const needed = this.rowRoom.top * NFT_ROW;
    if (needed > this.cells.length) this.cells = grown(this.cells, Math.max(needed, this.cells.length * 2));
    this.cells.fill(0, start, start + rows * NFT_ROW);
    return start;
  }

  /** Takes rows back. */
  give(start: number, rows: number): void {
    this.rowRoom.give(start / NFT_ROW, rows);
  }

  /** Makes a row choose one of some chains; counting who holds them is the store's business. */
  setChoice(row: number, chains: ArrayLike<number>): void {
    const start = this.chainRoom.take(chains.length);
    if (this.chainRoom.top > this.chains.length) {
      this.chains = grown(this.chains, Math.max(this.chainRoom.top, this.chains.length * 2));
    }
    for (let i = 0; i < chains.length; i++) this.chains[start + i] = chains[i]!;
    this.cells[row + NftCell.word]! |= NftKind.numgen;
    this.cells[row + NftCell.target] = start;
    this.cells[row + NftCell.argument] = chains.length;
  }

  /** Takes back the room of a `numgen`'s chains. */
  giveChains(start: number, count: number): void {
    this.chainRoom.give(start, count);
  }

  /** The statement of a row. */
  kind(row: number): NftKind {
    return (this.cells[row + NftCell.word]! & 0xf) as NftKind;
  }

  /** Keeps a prefix list. @returns its number */
  addList(prefixes: readonly ListedPrefix[]): number {
    const list = this.freeLists.pop() ?? this.lists.length;
    this.lists[list] = prefixes;
    return list;
  }

  /** A prefix list by its number. */
  list(list: number): readonly ListedPrefix[] {
    const prefixes = this.lists[list];
    invariant(prefixes !== undefined, 'nft-prefix-list', () => `prefix list ${list} does not exist`);
    return prefixes;
  }

  /** Forgets a prefix list. */
  dropList(list: number): void {
    this.lists[list] = undefined;
    this.freeLists.push(list);
  }

  /** Number of matches that few rules have; equal ones have the same. */
  extraNumber(extra: ExtraMatch): number {
    const known = this.extras.findIndex(
      (other) =>
        other.markValue === extra.markValue &&
        other.markMask === extra.markMask &&
        other.inputInterface === extra.inputInterface &&
        other.sourceRef === extra.sourceRef,
    );
    return known >= 0 ? known : this.extras.push(extra) - 1;
  }

  /** The extra matches of a row that has some. */
  extraOf(row: number): ExtraMatch {
    return this.extras[this.cells[row + NftCell.sourceRef]!]!;
  }

  /** Set or prefix list that a row looks the source up in. */
  sourceRef(row: number): number {
    const { cells } = this;
    return (cells[row + NftCell.word]! & NftBit.extra) === 0
      ? cells[row + NftCell.sourceRef]!
      : this.extraOf(row).sourceRef;
  }
}
