/**
 * One packet before one rule: compares, counts the work, and does what the target says - all but jumps, which are the
 * business of the walk and of the index lookup that share this.
 *
 * Mirrors ipt_do_table (net/ipv4/netfilter/ip_tables.c, Linux 6.x): addresses first, then the matches, stopping at the
 * first that fails. The order after the addresses and the input device is fixed here: protocol and port, address types, state, mark,
 * set, bridge port, counter, recent, statistic.
 *
 * Chance: the kernel draws anew for every `statistic` rule. Here one uniform draw u serves a whole series of such rules
 * in one passage through a chain: rule i matches when u < c_i with c_i = c_(i-1) + (1 - c_(i-1)) p_i. Given that no
 * earlier rule matched, u is uniform above c_(i-1), so rule i matches with probability p_i, independently of all before:
 * the same law. After a match the series ends and the next rule draws anew. Walk and index so see the same outcome.
 */
import type { PacketPool } from '../../net/index.js';
import { newRuleContext, type RuleContext } from '../hook.js';
import type { SetTable } from '../ipset.js';
import { WorkKind, type Work } from '../work.js';
import { Looked } from './filter-memo.js';
import type { ExtraMatch } from './extra-matches.js';
import { fitsPrefix } from './prefix-code.js';
import type { RuleRows } from './rule-rows.js';
import { RareMatches } from './rare-matches.js';
import type { RecentLists } from './recent-lists.js';
import type { RuleStore } from './rule-store.js';
import { PROBABILITY_ONE } from './probability.js';
import { Cell, RuleBit, RuleWord, TargetKind } from './rule-bits.js';

/** What a rule or a chain says about the packet's further way. */
export const Outcome = {
  /** Nothing: on to the next rule, or back to the rule after the jump. */
  next: 0,
  accept: 1,
  drop: 2,
  reject: 3,
  /** Leaves the chain. */
  return: 4,
  /** The rule jumps. */
  jump: 5,
} as const;

/** One of the outcomes. */
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

// Constants of other modules, taken here once: an imported binding is looked up anew at each use, in hot code too.
const CELL_WORD = Cell.word;
const CELL_SERVICE = Cell.service;
const CELL_TARGET = Cell.target;
const CELL_EXTRA = Cell.extra;
const CELL_LENGTHS = Cell.lengths;
const CELL_SOURCE = Cell.source;
const CELL_DESTINATION = Cell.destination;
const CELL_FRACTION = Cell.fraction;
const HAS_PORT = RuleBit.port;
const HAS_SOURCE = RuleBit.source;
const HAS_SOURCE_NEGATED = RuleBit.sourceNegated;
const HAS_DESTINATION = RuleBit.destination;
const HAS_DESTINATION_NEGATED = RuleBit.destinationNegated;
const HAS_DESTINATION_LOCAL = RuleBit.destinationLocal;
const HAS_SOURCE_LOCAL = RuleBit.sourceLocal;
const HAS_STATE = RuleBit.state;
const HAS_STATE_NEGATED = RuleBit.stateNegated;
const HAS_MARK = RuleBit.mark;
const HAS_MARK_NEGATED = RuleBit.markNegated;
const HAS_SET = RuleBit.set;
const HAS_SET_NEGATED = RuleBit.setNegated;
const HAS_STATISTIC = RuleBit.statistic;
const HAS_SOURCE_LOCAL_NEGATED = RuleBit.sourceLocalNegated;
const HAS_INPUT = RuleBit.inputInterface;
const HAS_NOT_FROM_BRIDGE = RuleBit.notFromBridge;
const HAS_RECENT = RuleBit.recent;
const HAS_NFACCT = RuleBit.nfacct;
/** Matches on the addresses and the device, which are compared first. */
const WORD_ADDRESSES = RuleWord.addresses | RuleBit.inputInterface;
/** Further matches that few rules have. */
const WORD_RARE = HAS_NOT_FROM_BRIDGE | HAS_NFACCT | HAS_RECENT;
const WORD_SERVICE = RuleWord.service;
const WORD_FURTHER = RuleWord.further;
const WORD_TARGET_SHIFT = RuleWord.targetShift;
const WORD_TARGET_MASK = RuleWord.targetMask;
const WORD_STATE_SHIFT = RuleWord.stateShift;
const WORD_STATE_MASK = RuleWord.stateMask;
const WORK_RULE = WorkKind.rule;
const WORK_MATCH_PORT = WorkKind.matchPort;
const WORK_MATCH_STATE = WorkKind.matchState;
const WORK_MATCH_MARK = WorkKind.matchMark;
const WORK_MATCH_SET = WorkKind.matchSet;
const WORK_MATCH_ADDRESS_TYPE = WorkKind.matchAddressType;
const WORK_MATCH_STATISTIC = WorkKind.matchStatistic;

/** Stands for the context until the first packet comes; nobody asks it. */
const NO_CONTEXT = newRuleContext();

/** Bits of a rule that looks at more of a packet than state and mark. */
const WORD_MORE =
  HAS_DESTINATION_LOCAL | HAS_SOURCE_LOCAL | HAS_SET | HAS_STATISTIC | HAS_INPUT | HAS_NOT_FROM_BRIDGE | HAS_RECENT;
const WORD_PACKET = WORD_ADDRESSES | WORD_SERVICE | WORD_MORE;
const LOOKED_STATE = Looked.state;
const LOOKED_HEADERS = Looked.headers;
const LOOKED_MORE = Looked.more;

/** Value of `chance` while no draw is open. */
const NO_DRAW = -1;
const UNIT_DRAW = 2 ** -32;

/** The packet at hand and the series of chance it is in. */
export class Traversal {
  readonly store: RuleStore;
  readonly rows: RuleRows;
  readonly packets: PacketPool;
  /** What the node's `recent` matches remember. */
  readonly recent: RecentLists;
  /** Matches that few rules have. */
  readonly rare: RareMatches;
  /** The node's tally. */
  readonly counts: Float64Array;
  /** Header fields of the packet at hand; addresses as signed numbers, as the cells hold them. */
  source = 0;
  destination = 0;
  /** Protocol << 16 | destination port. */
  service = 0;
  /** The open draw of `statistic`, from 0 to 1, and the probability used up; -1 when there is none. */
  chance: number = NO_DRAW;
  cumulative = 0;
  /** How much of the packet the rules have looked at so far, of `Looked`; changing it counts as the most. */
  looked: number = LOOKED_STATE;
  private packet = -1;
  private context = NO_CONTEXT;
  private readonly sets: SetTable;

  constructor(store: RuleStore, packets: PacketPool, work: Work, sets: SetTable, recent: RecentLists) {
    this.store = store;
    this.rows = store.rows;
    this.packets = packets;
    this.counts = work.counts;
    this.sets = sets;
    this.recent = recent;
    this.rare = new RareMatches(this.rows, work, recent);
  }

  /** Takes a packet in hand. */
  begin(packet: number, context: RuleContext): void {
    const packets = this.packets;
    this.packet = packet;
    this.context = context;
    this.source = packets.source[packet]! | 0;
    this.destination = packets.destination[packet]! | 0;
    this.service = (packets.protocol[packet]! << 16) | packets.destinationPort[packet]!;
    this.chance = NO_DRAW;
    this.looked = LOOKED_STATE;
  }

  /** Whether the rule in a row matches the packet; counts what was evaluated. */
  matches(row: number): boolean {
    const cells = this.rows.cells;
    const counts = this.counts;
    const word = cells[row + CELL_WORD]!;
    counts[WORK_RULE]!++;
    if ((word & WORD_PACKET) !== 0) this.lookAt(word);
    if ((word & WORD_ADDRESSES) !== 0 && !this.addressesFit(row, word)) return false;
    if ((word & WORD_SERVICE) !== 0) {
      counts[WORK_MATCH_PORT]!++;
      const difference = this.service ^ cells[row + CELL_SERVICE]!;
      if (((word & HAS_PORT) === 0 ? difference >>> 16 : difference) !== 0) return false;
    }
    return (word & WORD_FURTHER) === 0 || this.furtherFit(row, word);
  }

  private lookAt(word: number): void {
    if ((word & WORD_MORE) !== 0) this.looked = LOOKED_MORE;
    else if (this.looked === LOOKED_STATE) this.looked = LOOKED_HEADERS;
  }

  /** Does what the rule's target says, jumps aside. */
  act(row: number): Outcome {
    const cells = this.rows.cells;
    const kind = (cells[row + CELL_WORD]! >>> WORD_TARGET_SHIFT) & WORD_TARGET_MASK;
    // The first kinds are numbered alike on both sides.
    if (kind <= TargetKind.jump) return kind as Outcome;
    this.looked = LOOKED_MORE;
    const value = cells[row + CELL_TARGET]!;
    switch (kind) {
      case TargetKind.markOr:
        this.packets.mark[this.packet]! |= value;
        return Outcome.next;
      case TargetKind.markXor:
        this.packets.mark[this.packet]! ^= value;
        return Outcome.next;
      case TargetKind.dnat:
        this.context.dnatAddress = value >>> 0;
        this.context.dnatPort = cells[row + CELL_EXTRA]! & 0xffff;
        return Outcome.accept;
      case TargetKind.redirect:
        this.context.dnatAddress = this.context.inAddress;
        this.context.dnatPort = cells[row + CELL_EXTRA]! & 0xffff;
        return Outcome.accept;
      default:
        this.context.masquerade = kind === TargetKind.masqueradeRandom ? 2 : 1;
        return Outcome.accept;
    }
  }

  /** Opens a draw for a series of `statistic` rules. */
  draw(): void {
    this.chance = this.context.draw() * UNIT_DRAW;
    this.cumulative = 0;
  }

  private addressesFit(row: number, word: number): boolean {
    const cells = this.rows.cells;
    const codes = cells[row + CELL_LENGTHS]!;
    if ((word & HAS_SOURCE) !== 0) {
      const fits = fitsPrefix(this.source, cells[row + CELL_SOURCE]!, codes >>> 8);
      if (fits === ((word & HAS_SOURCE_NEGATED) !== 0)) return false;
    }
    if ((word & HAS_DESTINATION) !== 0) {
      const fits = fitsPrefix(this.destination, cells[row + CELL_DESTINATION]!, codes & 0xff);
      if (fits === ((word & HAS_DESTINATION_NEGATED) !== 0)) return false;
    }
    if ((word & HAS_INPUT) === 0) return true;
    const { podFits, otherFits } = this.rows.extraAt(row);
    return this.context.fromPod ? podFits : otherFits;
  }

  private furtherFit(row: number, word: number): boolean {
    const counts = this.counts;
    if ((word & (HAS_DESTINATION_LOCAL | HAS_SOURCE_LOCAL)) !== 0 && !this.typesFit(word)) return false;
    if ((word & HAS_STATE) !== 0) {
      counts[WORK_MATCH_STATE]!++;
      const fits = ((word >>> WORD_STATE_SHIFT) & WORD_STATE_MASK & this.context.state) !== 0;
      if (fits === ((word & HAS_STATE_NEGATED) !== 0)) return false;
    }
    if ((word & HAS_MARK) !== 0) {
      counts[WORK_MATCH_MARK]!++;
      const extra = this.rows.extraAt(row);
      const fits = ((this.packets.mark[this.packet]! ^ extra.markValue) & extra.markMask) === 0;
      if (fits === ((word & HAS_MARK_NEGATED) !== 0)) return false;
    }
    if ((word & HAS_SET) !== 0) {
      counts[WORK_MATCH_SET]!++;
      if (this.setHolds(this.rows.extraAt(row)) === ((word & HAS_SET_NEGATED) !== 0)) return false;
    }
    if ((word & WORD_RARE) !== 0 && !this.rare.fit(row, word, this.source, this.context)) return false;
    return (word & HAS_STATISTIC) === 0 || this.chanceFits(row);
  }

  private typesFit(word: number): boolean {
    const packets = this.packets;
    if ((word & HAS_DESTINATION_LOCAL) !== 0) {
      this.counts[WORK_MATCH_ADDRESS_TYPE]!++;
      if (!this.context.isLocal(packets.destination[this.packet]!)) return false;
    }
    if ((word & HAS_SOURCE_LOCAL) !== 0) {
      this.counts[WORK_MATCH_ADDRESS_TYPE]!++;
      if (this.context.isLocal(packets.source[this.packet]!) === ((word & HAS_SOURCE_LOCAL_NEGATED) !== 0))
        return false;
    }
    return true;
  }

  private chanceFits(row: number): boolean {
    this.counts[WORK_MATCH_STATISTIC]!++;
    if (this.chance === NO_DRAW) this.draw();
    const used = this.cumulative;
    const fraction = this.rows.cells[row + CELL_FRACTION]! >>> 0;
    const cumulative = used + (1 - used) * (fraction / PROBABILITY_ONE);
    this.cumulative = cumulative;
    if (this.chance >= cumulative) return false;
    this.chance = NO_DRAW;
    return true;
  }

  private setHolds(extra: ExtraMatch): boolean {
    const directions = extra.setDirections;
    const bySource = directions.charCodeAt(0) === SOURCE_LETTER;
    const address = bySource ? this.source : this.destination;
    const service =
      directions.charCodeAt(1) === SOURCE_LETTER
        ? (this.service & 0xff0000) | this.packets.sourcePort[this.packet]!
        : this.service;
    const second = directions.charCodeAt(2) === SOURCE_LETTER ? this.source : this.destination;
    return this.sets.at(extra.setHandle).has(address, service, second);
  }
}

const SOURCE_LETTER = 's'.charCodeAt(0);
