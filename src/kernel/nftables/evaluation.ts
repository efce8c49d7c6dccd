/**
 * One packet before one rule: compares, counts the work, and does what the statement says - all but going to other chains, which
 * is the business of the walk and of the index that share this.
 *
 * Mirrors nft_do_chain (net/netfilter/nf_tables_core.c, Linux 6.x) for the expressions that kube-proxy and flannel use. Matches are
 * compared in the order of `NftRuleSpec`, stopping at the first that fails; a set that is not reached is not looked up.
 */
import { inPrefix, type IpPrefix, type PacketPool } from '../../net/index.js';
import { SECOND } from '../../sim/index.js';
import { newRuleContext, type RuleContext } from '../hook.js';
import { WorkKind, type Work } from '../work.js';
import type { NftStore } from './nft-store.js';
import { inList, NodeSets } from './node-sets.js';
import { NFT_KIND_MASK, NFT_MATCH_MASK, NftBit, NftCell, NftKind } from './rule-cells.js';
import type { NftRows } from './rule-rows.js';

/** What a rule or a chain says about the packet's further way. */
export const NftOutcome = {
  /** Nothing, or the end of the chain: on to the next rule. */
  next: 0,
  /** No further rule of this base chain. */
  accept: 1,
  drop: 2,
  reject: 3,
  /** Leaves the chain, as its end does. */
  return: 4,
  /** The rule goes to another chain, `jumped` saying which. */
  jump: 5,
  goto: 6,
} as const;

/** One of the outcomes. */
export type NftOutcome = (typeof NftOutcome)[keyof typeof NftOutcome];

// Constants of other modules, taken here once: an imported binding is looked up anew at each use, in hot code too.
const {
  word: WORD,
  source: SOURCE,
  destination: DESTINATION,
  lengths: LENGTHS,
  target: TARGET,
  argument: ARGUMENT,
} = NftCell;
const { destinationRef: DESTINATION_REF } = NftCell;
const BIT = NftBit;
const KIND = NftKind;
const DESTINATION_LOOKUPS = BIT.destinationList | BIT.destinationSet;
const SOURCE_LOOKUPS = BIT.sourceList | BIT.sourceSet;
const RARE = BIT.destinationLocal | BIT.inputInterface | BIT.sourceLocal | BIT.ownPrefix | BIT.mark | BIT.state;
const { nftRule: WORK_RULE, nftLookup: WORK_LOOKUP, nftUpdate: WORK_UPDATE, nftNumgen: WORK_NUMGEN } = WorkKind;
const UNIT_DRAW = 2 ** -32;

/** The bridge that packets of the node's pods come in by. */
const POD_INTERFACE = 'cni0';

/** Stands for the context until the first packet comes; nobody asks it. */
const NO_CONTEXT = newRuleContext();

/** The packet at hand before a node's rules. */
export class NftEvaluation {
  readonly store: NftStore;
  readonly rows: NftRows;
  readonly counts: Float64Array;
  /** What the node's sets and maps hold. */
  readonly sets: NodeSets;
  /** The prefix that `sourceInOwnPrefix` means; null for none. */
  ownPrefix: IpPrefix | null = null;
  /** Whether sets are scanned, as the reference does, in place of hashed. */
  readonly scans: boolean;
  /** Header fields of the packet at hand. */
  source = 0;
  destination = 0;
  /** Protocol << 16 | destination port. */
  service = 0;
  /** Simulated time. */
  now = 0;
  /** Where the last `jump` or `goto` goes. */
  jumped = -1;
  private readonly packets: PacketPool;
  private packet = -1;
  private context = NO_CONTEXT;

  constructor(store: NftStore, packets: PacketPool, work: Work, scans: boolean) {
    this.store = store;
    this.rows = store.rows;
    this.sets = new NodeSets(store.sets, scans);
    this.packets = packets;
    this.counts = work.counts;
    this.scans = scans;
  }

  /** Takes a packet in hand. */
  begin(packet: number, context: RuleContext): void {
    const { packets } = this;
    this.packet = packet;
    this.context = context;
    this.source = packets.source[packet]!;
    this.destination = packets.destination[packet]!;
    this.service = (packets.protocol[packet]! << 16) | packets.destinationPort[packet]!;
    this.now = context.now();
  }

  /** Whether the rule in a row matches the packet; counts what was evaluated. */
  matches(row: number): boolean {
    const { cells } = this.rows;
    const word = cells[row + WORD]!;
    this.counts[WORK_RULE]!++;
    if ((word & NFT_MATCH_MASK) === 0) return true;
    if ((word & RARE) !== 0) return this.rareFit(row, word);
    if ((word & BIT.destination) !== 0 && !this.destinationFits(row, word)) return false;
    if ((word & DESTINATION_LOOKUPS) !== 0 && !this.destinationFound(row, word)) return false;
    if ((word & BIT.source) !== 0 && !this.sourceFits(row, word)) return false;
    if ((word & SOURCE_LOOKUPS) !== 0 && !this.sourceFound(row, word)) return false;
    return (word & BIT.protocol) === 0 || this.protocolFits(row);
  }

  /** Does what the rule's statement says. */
  act(row: number): NftOutcome {
    const { cells } = this.rows;
    const kind = cells[row + WORD]! & NFT_KIND_MASK;
    const target = cells[row + TARGET]!;
    switch (kind) {
      case KIND.none:
        return NftOutcome.next;
      case KIND.accept:
        return NftOutcome.accept;
      case KIND.drop:
        return NftOutcome.drop;
      case KIND.reject:
        return NftOutcome.reject;
      case KIND.return:
        return NftOutcome.return;
      case KIND.jump:
        this.jumped = target;
        return NftOutcome.jump;
      case KIND.goto:
        this.jumped = target;
        return NftOutcome.goto;
      case KIND.vmap:
        return this.lookUpVerdict(target);
      case KIND.numgen:
        return this.choose(target, cells[row + ARGUMENT]!);
      default:
        return this.change(kind, target, cells[row + ARGUMENT]!);
    }
  }

  /** Statements that change the packet, its connection or a set. */
  private change(kind: number, target: number, argument: number): NftOutcome {
    const { context, packets } = this;
    switch (kind) {
      case KIND.markOr:
        packets.mark[this.packet]! |= target;
        return NftOutcome.next;
      case KIND.markXor:
        packets.mark[this.packet]! ^= target;
        return NftOutcome.next;
      case KIND.update:
        this.counts[WORK_UPDATE]!++;
        this.sets.update(target, this.source, this.now, argument * SECOND);
        return NftOutcome.next;
      case KIND.dnat:
        context.dnatAddress = target >>> 0;
        context.dnatPort = argument;
        return NftOutcome.accept;
      default:
        context.masquerade = kind === KIND.masqueradeRandom ? 2 : 1;
        return NftOutcome.accept;
    }
  }

  /** `vmap @map`. The kinds of elements are numbered as the kinds of statements, which the outcomes follow. */
  private lookUpVerdict(map: number): NftOutcome {
    this.counts[WORK_LOOKUP]!++;
    const value = this.sets.valueIn(map, this.sets.hasAddress(map) ? this.destination : 0, this.service);
    this.jumped = value >>> 3;
    switch (value & 7) {
      case KIND.accept:
        return NftOutcome.accept;
      case KIND.drop:
        return NftOutcome.drop;
      case KIND.return:
        return NftOutcome.return;
      case KIND.jump:
        return NftOutcome.jump;
      case KIND.goto:
        return NftOutcome.goto;
      default:
        return NftOutcome.next;
    }
  }

  /** `numgen random mod count vmap { ... }`. */
  private choose(start: number, count: number): NftOutcome {
    this.counts[WORK_NUMGEN]!++;
    this.counts[WORK_LOOKUP]!++;
    const number = Math.floor(this.context.draw() * UNIT_DRAW * count);
    let place = this.scans ? 0 : number;
    while (place < count && place !== number) place++;
    if (place === count) return NftOutcome.next;
    this.jumped = this.rows.chains[start + place]!;
    return NftOutcome.goto;
  }

  /** All matches of a rule that has rare ones, in their order. */
  private rareFit(row: number, word: number): boolean {
    const { context } = this;
    if ((word & BIT.state) !== 0 && ((this.rows.cells[row + LENGTHS]! >>> 24) & context.state) === 0) return false;
    if ((word & BIT.destinationLocal) !== 0) {
      if (context.isLocal(this.destination) === ((word & BIT.destinationLocalNegated) !== 0)) return false;
    }
    if ((word & BIT.destination) !== 0 && !this.destinationFits(row, word)) return false;
    if ((word & DESTINATION_LOOKUPS) !== 0 && !this.destinationFound(row, word)) return false;
    if ((word & BIT.inputInterface) !== 0) {
      const { inputInterface } = this.rows.extraOf(row);
      const fits = context.fromPod && isInterface(inputInterface);
      if (fits === ((word & BIT.inputInterfaceNegated) !== 0)) return false;
    }
    if ((word & BIT.sourceLocal) !== 0) {
      if (context.isLocal(this.source) === ((word & BIT.sourceLocalNegated) !== 0)) return false;
    }
    if ((word & BIT.source) !== 0 && !this.sourceFits(row, word)) return false;
    if ((word & BIT.ownPrefix) !== 0 && this.inOwnPrefix() === ((word & BIT.ownPrefixNegated) !== 0)) return false;
    if ((word & SOURCE_LOOKUPS) !== 0 && !this.sourceFound(row, word)) return false;
    if ((word & BIT.mark) !== 0) {
      const { markMask, markValue } = this.rows.extraOf(row);
      const fits = ((this.packets.mark[this.packet]! & markMask) ^ markValue) === 0;
      if (fits === ((word & BIT.markNegated) !== 0)) return false;
    }
    return (word & BIT.protocol) === 0 || this.protocolFits(row);
  }

  private protocolFits(row: number): boolean {
    return ((this.rows.cells[row + LENGTHS]! >>> 16) & 0xff) === this.service >>> 16;
  }

  private inOwnPrefix(): boolean {
    const prefix = this.ownPrefix;
    return prefix !== null && inPrefix(this.source, prefix.address, prefix.bits);
  }

  private destinationFits(row: number, word: number): boolean {
    const { cells } = this.rows;
    const bits = (cells[row + LENGTHS]! >>> 8) & 0xff;
    const fits = inPrefix(this.destination, cells[row + DESTINATION]! >>> 0, bits);
    return fits !== ((word & BIT.destinationNegated) !== 0);
  }

  private sourceFits(row: number, word: number): boolean {
    const { cells } = this.rows;
    const fits = inPrefix(this.source, cells[row + SOURCE]! >>> 0, cells[row + LENGTHS]! & 0xff);
    return fits !== ((word & BIT.sourceNegated) !== 0);
  }

  private destinationFound(row: number, word: number): boolean {
    this.counts[WORK_LOOKUP]!++;
    const ref = this.rows.cells[row + DESTINATION_REF]!;
    if ((word & BIT.destinationList) !== 0) {
      return inList(this.rows.list(ref), this.destination) !== ((word & BIT.destinationListNegated) !== 0);
    }
    return this.sets.holds(ref, this.destination, this.now) !== ((word & BIT.destinationSetNegated) !== 0);
  }

  private sourceFound(row: number, word: number): boolean {
    this.counts[WORK_LOOKUP]!++;
    const ref = this.rows.sourceRef(row);
    if ((word & BIT.sourceList) !== 0) {
      return inList(this.rows.list(ref), this.source) !== ((word & BIT.sourceListNegated) !== 0);
    }
    return this.sets.holds(ref, this.source, this.now) !== ((word & BIT.sourceSetNegated) !== 0);
  }
}

function isInterface(pattern: string): boolean {
  return pattern.endsWith('*') ? POD_INTERFACE.startsWith(pattern.slice(0, -1)) : pattern === POD_INTERFACE;
}
