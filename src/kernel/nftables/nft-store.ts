/**
 * All nftables chains, sets and maps of a run, shared by its nodes: a chain is a small integer that names a range of rows and
 * never changes once written. Another version of a chain is another handle of the same name.
 *
 * References are counted: a rule holds the chains that it may go to, a map's element holds its chain, a node holds its
 * base chains and the versions of its maps, and whoever keeps a chain for later holds it with `retain`. A new chain is
 * held by nobody; it goes when its last holder lets go, and its rows and number are used again. Chains must not go in
 * circles (the kernel refuses that too). Cost: 32 bytes a rule and 24 a chain.
 */
import { grown, invariant } from '../../sim/index.js';
import { PlainText, type ChainText } from '../iptables/chain-text.js';
import { affinityRuns, type AffinityRun } from './affinity-run.js';
import { ElementKind, ELEMENT_SHIFT, NFT_ROW, NftBit, NftCell, NftKind } from './rule-cells.js';
import { NftSets, type DynamicSetSpec, type NftSetSpec } from './nft-sets.js';
import { readNftRule, writeNftRule } from './rule-codec.js';
import { NftRows } from './rule-rows.js';
import type { NftRuleSpec, NftVerdict } from './rule.js';

/** What is kept of a chain: first row, number of rules, holders, tag of its text, identity. */
const Field = { start: 0, count: 1, holders: 2, tag: 3, identity: 4 } as const;
const FIELDS = 5;

/** The chains, sets and maps of one run. */
export class NftStore {
  /** The rules. Write rows only of a chain fresh from `newChain`. */
  readonly rows = new NftRows();
  /** The declared sets and maps, and the versions of their content. */
  readonly sets = new NftSets(this);
  private chains = new Int32Array(256 * FIELDS);
  private readonly texts: (ChainText | undefined)[] = [];
  /** By chain: undefined is not looked for yet, null has no run. */
  private readonly runs: (readonly AffinityRun[] | null | undefined)[] = [];
  private readonly free: number[] = [];
  private made = 0;
  private live = 0;
  private liveRules = 0;

  /** Chains in existence. */
  get chainCount(): number {
    return this.live;
  }

  /** Rules in existence. */
  get ruleCount(): number {
    return this.liveRules;
  }

  /**
   * Declares a set or map of the run, with the empty content on every node.
   * @returns its handle, for rules and for `Nftables.setContent`
   */
  declareSet(spec: NftSetSpec): number {
    return this.sets.declare(spec);
  }

  /** Declares a set that packets fill, on every node for itself. @returns its handle, for rules */
  declareDynamicSet(spec: DynamicSetSpec): number {
    return this.sets.declareDynamic(spec);
  }

  /**
   * Adds a chain from readable rules.
   * @param name the chain's name, or what makes it when somebody prints
   * @param rules in order; statements name chains and sets of this store
   * @returns the chain's handle
   */
  addChain(name: string | (() => string), rules: readonly NftRuleSpec[]): number {
    const chain = this.newChain(rules.length, new PlainText(name, rules), 0, -1);
    rules.forEach((rule, position) => this.writeRule(this.firstRow(chain) + position * NFT_ROW, rule));
    return chain;
  }

  /**
   * Adds a chain whose rules, all empty, the caller writes next through `rows`, `writeRule`, `goTo` and `chooseOf`.
   * @param length number of rules
   * @param text names and comments
   * @param tag the chain's tag in that text
   * @param identity the same number for all versions of a chain, for comparing; -1 where nobody compares
   */
  newChain(length: number, text: ChainText, tag: number, identity: number): number {
    const chain = this.free.pop() ?? this.newHandle();
    const record = chain * FIELDS;
    this.chains[record + Field.start] = this.rows.take(length);
    this.chains[record + Field.count] = length;
    this.chains[record + Field.holders] = 0;
    this.chains[record + Field.tag] = tag;
    this.chains[record + Field.identity] = identity;
    this.texts[chain] = text;
    this.runs[chain] = undefined;
    this.live++;
    this.liveRules += length;
    return chain;
  }

  /** Writes a readable rule into a row of a new chain, which holds the chains that the rule names from now on. */
  writeRule(row: number, rule: NftRuleSpec): void {
    writeNftRule(this.rows, row, rule);
    this.eachTarget(row, (chain) => this.retain(chain));
  }

  /** Makes a row of a new chain go to a chain, which it holds from now on. */
  goTo(row: number, kind: typeof NftKind.jump | typeof NftKind.goto, chain: number): void {
    this.rows.cells[row + NftCell.word]! |= kind;
    this.rows.cells[row + NftCell.target] = chain;
    this.retain(chain);
  }

  /** Makes a row of a new chain choose one of some chains, which it holds from now on. */
  chooseOf(row: number, chains: ArrayLike<number>): void {
    this.rows.setChoice(row, chains);
    for (let i = 0; i < chains.length; i++) this.retain(chains[i]!);
  }

  /**
   * Makes a version of a set's or map's content in which one element differs; see `ElementMap.with` for who holds what.
   * @param verdict what the element of a map says; null for an element of a set, undefined to take it away
   */
  withElement(
    set: number,
    version: number,
    address: number,
    service: number,
    verdict: NftVerdict | null | undefined,
  ): number {
    const value = verdict === undefined ? 0 : verdict === null ? ElementKind.member : valueOf(verdict);
    return this.sets.contentOf(set).with(version, address, service, value);
  }

  /** Holds a chain. */
  retain(chain: number): void {
    this.chains[chain * FIELDS + Field.holders]!++;
  }

  /** Lets a chain go; the last one to do so frees it, and what it alone held. */
  release(chain: number): void {
    const holders = --this.chains[chain * FIELDS + Field.holders]!;
    invariant(holders >= 0, 'nft-chain-holders', 'a chain was let go more often than held');
    if (holders > 0) return;
    const start = this.firstRow(chain);
    const length = this.length(chain);
    for (let row = start; row < start + length * NFT_ROW; row += NFT_ROW) this.releaseRow(row);
    this.rows.give(start, length);
    this.texts[chain] = undefined;
    this.runs[chain] = undefined;
    this.free.push(chain);
    this.live--;
    this.liveRules -= length;
  }

  /** Cell of a chain's first row; the next row's is `NFT_ROW` further. */
  firstRow(chain: number): number {
    return this.chains[chain * FIELDS + Field.start]!;
  }

  /** Number of rules of a chain. */
  length(chain: number): number {
    return this.chains[chain * FIELDS + Field.count]!;
  }

  /** What all versions of a chain have in common. */
  identity(chain: number): number {
    return this.chains[chain * FIELDS + Field.identity]!;
  }

  /** Name of a chain. */
  name(chain: number): string {
    return this.text(chain).name(this.chains[chain * FIELDS + Field.tag]!);
  }

  /** The readable form of a rule, comment included. */
  rule(chain: number, position: number): NftRuleSpec {
    const comment = this.text(chain).comment(this.chains[chain * FIELDS + Field.tag]!, position);
    const rule = readNftRule(this.rows, this.firstRow(chain) + position * NFT_ROW);
    return comment === undefined ? rule : { ...rule, comment };
  }

  /** Runs of rules that ask dynamic sets about the source, looked for at the first call; null without any. */
  runsOf(chain: number): readonly AffinityRun[] | null {
    const known = this.runs[chain];
    if (known !== undefined) return known;
    const runs = affinityRuns(this.rows, this.sets, this.firstRow(chain), this.length(chain));
    this.runs[chain] = runs;
    return runs;
  }

  private releaseRow(row: number): void {
    const { cells } = this.rows;
    const word = cells[row + NftCell.word]!;
    if ((word & NftBit.sourceList) !== 0) this.rows.dropList(this.rows.sourceRef(row));
    if ((word & NftBit.destinationList) !== 0) this.rows.dropList(cells[row + NftCell.destinationRef]!);
    this.eachTarget(row, (chain) => this.release(chain));
    if (this.rows.kind(row) === NftKind.numgen) {
      this.rows.giveChains(cells[row + NftCell.target]!, cells[row + NftCell.argument]!);
    }
  }

  /** Calls back for each chain that a row may go to. */
  private eachTarget(row: number, visit: (chain: number) => void): void {
    const kind = this.rows.kind(row);
    const target = this.rows.cells[row + NftCell.target]!;
    if (kind === NftKind.jump || kind === NftKind.goto) visit(target);
    if (kind !== NftKind.numgen) return;
    const count = this.rows.cells[row + NftCell.argument]!;
    for (let i = 0; i < count; i++) visit(this.rows.chains[target + i]!);
  }

  private text(chain: number): ChainText {
    const text = this.texts[chain];
    invariant(text !== undefined, 'nft-chain-exists', () => `chain ${chain} does not exist`);
    return text;
  }

  private newHandle(): number {
    const chain = this.made++;
    if ((chain + 1) * FIELDS > this.chains.length) this.chains = grown(this.chains, this.chains.length * 2);
    return chain;
  }
}

function valueOf(verdict: NftVerdict): number {
  const kind = ElementKind[verdict.kind];
  return 'chain' in verdict ? (verdict.chain << ELEMENT_SHIFT) | kind : kind;
}
