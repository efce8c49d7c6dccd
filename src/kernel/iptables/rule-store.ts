/**
 * All chains and rules of a run, shared by its nodes: a chain is a small integer that names a range of rows and never
 * changes once written. Nodes with the same rules name the same chains, and a new version of a table shares every chain that did not
 * change.
 *
 * References are counted: a jump holds its target, a node's table holds its base chains, and whoever keeps a chain for
 * later holds it with `retain`. A new chain is held by nobody; it goes when its last holder lets go, and its rows and
 * number are used again. Chains must not jump in circles (the kernel refuses that too).
 * Lists of `recent` matches are named here as well, because all nodes with the same rules name the same lists.
 * Cost: about 20 ns a rule written; 32 bytes a rule and 32 a chain.
 */
import { grown, invariant } from '../../sim/index.js';
import type { RuleSpec } from './rule.js';
import { buildChainIndex, SHORTEST_RUN, type ChainIndex, type CumulativeCache } from './chain-index.js';
import { PlainText, type ChainText } from './chain-text.js';
import { RowAllocator } from './row-allocator.js';
import { ROW_CELLS, TargetKind } from './rule-bits.js';
import { readRule, writeRule } from './rule-codec.js';
import { listsBelow } from './rule-graph.js';
import { RuleRows } from './rule-rows.js';

/** What is kept of a chain, in four neighbouring cells: first row, number of rules, holders, tag. */
const Field = { start: 0, count: 1, holders: 2, tag: 3 } as const;
const FIELDS = 4;

/** The chains of one run. */
export class RuleStore {
  /** The rules. Write rows only of a chain fresh from `newChain`. */
  readonly rows = new RuleRows();
  private chains = new Int32Array(256 * FIELDS);
  private readonly texts: (ChainText | undefined)[] = [];
  /** By chain: undefined is not made yet, null has no run worth an index. */
  private readonly indexes: (ChainIndex | null | undefined)[] = [];
  private readonly room = new RowAllocator();
  private readonly free: number[] = [];
  private made = 0;
  private live = 0;
  private liveRules = 0;
  private readonly cumulatives: CumulativeCache = new Map();
  /** By chain: lists named by its rules and those below; undefined is not counted yet. */
  private readonly recentCounts: (number | undefined)[] = [];
  private readonly recentNames: (string | (() => string))[] = [];
  private readonly recentByName = new Map<string, number>();

  /** Chains in existence. */
  get chainCount(): number {
    return this.live;
  }

  /** Rules in existence. */
  get ruleCount(): number {
    return this.liveRules;
  }

  /**
   * Adds a chain from readable rules.
   * @param name the chain's name, or what makes it when somebody prints
   * @param rules in order; jumps name chains of this store
   * @returns the chain's handle
   */
  addChain(name: string | (() => string), rules: readonly RuleSpec[]): number {
    const chain = this.newChain(rules.length, new PlainText(name, rules), 0);
    let row = this.firstRow(chain);
    for (const rule of rules) {
      writeRule(this.rows, row, rule);
      if (rule.target?.kind === 'jump') this.retain(rule.target.chain);
      row += ROW_CELLS;
    }
    return chain;
  }

  /**
   * Adds a chain whose rules, all empty, the caller writes next through `rows` and `jump`.
   * @param length number of rules
   * @param text names and comments
   * @param tag the chain's tag in that text
   */
  newChain(length: number, text: ChainText, tag: number): number {
    const chain = this.free.pop() ?? this.newHandle();
    const start = this.room.take(length) * ROW_CELLS;
    this.rows.reserve(this.room.top);
    this.rows.clear(start, start + length * ROW_CELLS);
    const record = chain * FIELDS;
    this.chains[record + Field.start] = start;
    this.chains[record + Field.count] = length;
    this.chains[record + Field.holders] = 0;
    this.chains[record + Field.tag] = tag;
    this.texts[chain] = text;
    this.indexes[chain] = undefined;
    this.recentCounts[chain] = undefined;
    this.live++;
    this.liveRules += length;
    return chain;
  }

  /**
   * Adds a copy of a chain in which some jumps go elsewhere; it shares the name, the comments and the index.
   * @param base the chain to copy
   * @param positions places of jumps in it
   * @param targets where they go in the copy
   */
  derive(base: number, positions: readonly number[], targets: readonly number[]): number {
    const length = this.length(base);
    const chain = this.newChain(length, this.text(base), this.chains[base * FIELDS + Field.tag]!);
    const start = this.firstRow(chain);
    this.rows.copy(this.firstRow(base), start, length);
    for (let i = 0; i < positions.length; i++) {
      this.rows.setJumpTarget(start + positions[i]! * ROW_CELLS, targets[i]!);
    }
    const end = start + length * ROW_CELLS;
    for (let row = start; row < end; row += ROW_CELLS) {
      if (this.rows.targetKind(row) === TargetKind.jump) this.retain(this.rows.jumpTarget(row));
    }
    // The index speaks of matches and positions only, so it holds for both.
    this.indexes[chain] = this.indexes[base];
    return chain;
  }

  /** Makes a row of a new chain jump to a chain, which it holds from now on. */
  jump(row: number, target: number): void {
    this.rows.setTarget(row, TargetKind.jump, target);
    this.retain(target);
  }

  /** Holds a chain. */
  retain(chain: number): void {
    this.chains[chain * FIELDS + Field.holders]!++;
  }

  /** Lets a chain go; the last one to do so frees it, and what it alone held. */
  release(chain: number): void {
    const holders = --this.chains[chain * FIELDS + Field.holders]!;
    invariant(holders >= 0, 'chain-holders', 'a chain was let go more often than held');
    if (holders > 0) return;
    const start = this.firstRow(chain);
    const length = this.length(chain);
    const end = start + length * ROW_CELLS;
    for (let row = start; row < end; row += ROW_CELLS) {
      if (this.rows.targetKind(row) === TargetKind.jump) this.release(this.rows.jumpTarget(row));
    }
    this.room.give(start / ROW_CELLS, length);
    this.texts[chain] = undefined;
    this.indexes[chain] = undefined;
    this.free.push(chain);
    this.live--;
    this.liveRules -= length;
  }

  /**
   * Number of a list of `recent` matches; its contents are each node's own (`Netfilter.recent`).
   * @param name a text always means the same list; what makes one when somebody prints means a new list at each call
   */
  recentList(name: string | (() => string)): number {
    const known = typeof name === 'string' ? this.recentByName.get(name) : undefined;
    if (known !== undefined) return known;
    const list = this.recentNames.push(name) - 1;
    if (typeof name === 'string') this.recentByName.set(name, list);
    return list;
  }

  /** How many lists of `recent` matches the rules of a chain and of those below name. Cost: O(rules below), once for each chain asked about. */
  recentListsBelow(chain: number): number {
    return (this.recentCounts[chain] ??= listsBelow(this, chain));
  }

  /** Name of a list of `recent` matches. */
  recentName(list: number): string {
    const name = this.recentNames[list];
    invariant(name !== undefined, 'recent-exists', () => `recent list ${list} does not exist`);
    return typeof name === 'string' ? name : name();
  }

  /** Handle of a chain's first row; the next row's is `ROW_CELLS` further. */
  firstRow(chain: number): number {
    return this.chains[chain * FIELDS + Field.start]!;
  }

  /** Number of rules of a chain. */
  length(chain: number): number {
    return this.chains[chain * FIELDS + Field.count]!;
  }

  /** Name of a chain. */
  name(chain: number): string {
    return this.text(chain).name(this.chains[chain * FIELDS + Field.tag]!);
  }

  /** Kind of a chain: what the names of such chains begin with, or its name. */
  family(chain: number): string {
    const text = this.text(chain);
    const tag = this.chains[chain * FIELDS + Field.tag]!;
    return text.family?.(tag) ?? text.name(tag);
  }

  /** The readable form of a rule, comment included. */
  rule(chain: number, position: number): RuleSpec {
    const comment = this.text(chain).comment(this.chains[chain * FIELDS + Field.tag]!, position);
    const rule = readRule(this.rows, this.firstRow(chain) + position * ROW_CELLS);
    return comment === undefined ? rule : { ...rule, comment };
  }

  /** The chain's index, made at the first call; null when it has no run worth one. */
  indexOf(chain: number): ChainIndex | null {
    if (this.length(chain) < SHORTEST_RUN) return null;
    const index = this.indexes[chain];
    return index === undefined ? this.buildIndex(chain) : index;
  }

  private buildIndex(chain: number): ChainIndex | null {
    const index = buildChainIndex(this.rows, this.firstRow(chain), this.length(chain), this.cumulatives);
    this.indexes[chain] = index;
    return index;
  }

  private text(chain: number): ChainText {
    const text = this.texts[chain];
    invariant(text !== undefined, 'chain-exists', () => `chain ${chain} does not exist`);
    return text;
  }

  private newHandle(): number {
    const chain = this.made++;
    if (chain * FIELDS === this.chains.length) this.chains = grown(this.chains, this.chains.length * 2);
    return chain;
  }
}
