/**
 * Remembers what a table says to packets of which it asks nothing but the connection's state and the mark.
 *
 * Most packets belong to known connections, and of those kube-proxy's FORWARD rules look at the state alone: the way through the
 * chains is then the same for every packet of that state without a mark, and so are verdict and work. The first such
 * packet is taken through the rules and noted, the others get the note. A note is never taken when any rule on the way looked at an address, a
 * port, a set or chance, or changed the packet. The literal walk does not use it, and the property tests hold the two equal.
 * Cost: about 10 ns in place of 70 to 110.
 */
import type { Verdict } from '../hook.js';
import { WorkKind, type Work } from '../work.js';

/** Connection states are six bits (`CtState`). */
const STATES = 64;
const UNKNOWN = 0;
const VARIES = 1;
const KNOWN = 2;

/** Kinds of work of a way on which only state and mark were looked at. */
const KINDS = [WorkKind.table, WorkKind.rule, WorkKind.matchState, WorkKind.matchMark, WorkKind.jump] as const;

/** Notes of one node, by hook of a table and state; new ones are needed when its rules change. */
export class StateMemo {
  private readonly status: Uint8Array;
  private readonly verdicts: Uint8Array;
  private readonly units: Uint32Array;
  private readonly before = new Float64Array(KINDS.length);

  /** @param places hooks of all tables */
  constructor(places: number) {
    this.status = new Uint8Array(places * STATES);
    this.verdicts = new Uint8Array(places * STATES);
    this.units = new Uint32Array(places * STATES * KINDS.length);
  }

  /** Whether there is a note for a hook and state. */
  isKnown(place: number, state: number): boolean {
    return this.status[place * STATES + state] === KNOWN;
  }

  /** Adds the noted work to a tally. @returns the noted verdict; there must be a note */
  repeat(place: number, state: number, work: Work): Verdict {
    const note = place * STATES + state;
    const at = note * KINDS.length;
    const { counts } = work;
    for (let i = 0; i < KINDS.length; i++) counts[KINDS[i]!]! += this.units[at + i]!;
    return this.verdicts[note]! as Verdict;
  }

  /** A packet is about to be taken through the rules: keeps what the tally says. */
  begin(work: Work): void {
    for (let i = 0; i < KINDS.length; i++) this.before[i] = work.counts[KINDS[i]!]!;
  }

  /**
   * The packet has been taken through the rules.
   * @param isPlain whether only state and mark were looked at, and nothing was changed
   */
  end(place: number, state: number, work: Work, verdict: Verdict, isPlain: boolean): void {
    const note = place * STATES + state;
    if (this.status[note] !== UNKNOWN) return;
    this.status[note] = isPlain ? KNOWN : VARIES;
    this.verdicts[note] = verdict;
    const at = note * KINDS.length;
    for (let i = 0; i < KINDS.length; i++) this.units[at + i] = work.counts[KINDS[i]!]! - this.before[i]!;
  }
}
