/**
 * The side table of the rule rows: what rules compare with that has no cell of its own. Rules of one kind share an entry, so there are few.
 *
 * An entry, once there, is never removed. Cost: O(1) to find one.
 */
import { invariant } from '../../sim/index.js';

/** What a rule's rarer matches compare with; parts that it does not match on are 0 or empty. */
export interface ExtraMatch {
  readonly markValue: number;
  readonly markMask: number;
  readonly setHandle: number;
  /** One letter a dimension, `s` or `d`. */
  readonly setDirections: string;
  /** Name of the device, with `+` at its end for any that begins so. */
  readonly inputName: string;
  readonly inputNegated: boolean;
  readonly recentSeconds: number;
  readonly nfacct: string;
  /** Address and port of a virtual server. */
  readonly ipvsAddress: number;
  readonly ipvsPort: number;
}

/** An entry, and how its match on the input device decides. */
export interface ExtraEntry extends ExtraMatch {
  /** Whether packets of this node's pods fit, which come in by the bridge. */
  readonly podFits: boolean;
  /** Whether the others fit, which come in by the uplink. */
  readonly otherFits: boolean;
}

/** Devices by which packets come in. */
const BRIDGE = 'cni0';
const UPLINK = 'eth0';

/** Entries are named in 16 bits of a rule. */
const ROOM = 1 << 16;

const NOTHING: ExtraMatch = {
  markValue: 0,
  markMask: 0,
  setHandle: 0,
  setDirections: '',
  inputName: '',
  inputNegated: false,
  recentSeconds: 0,
  nfacct: '',
  ipvsAddress: 0,
  ipvsPort: 0,
};

/** The side table. */
export class ExtraMatches {
  private readonly entries: ExtraEntry[] = [entryOf(NOTHING)];
  private readonly byKey = new Map<string, number>();
  private lastBase = 0;
  private lastMore: Partial<ExtraMatch> = {};
  private lastFound = 0;

  /** The entry with that number. */
  at(number: number): ExtraEntry {
    return this.entries[number]!;
  }

  /**
   * Number of the entry that has what another one has, and more.
   * @throws InvariantError when there are more different ones than numbers
   */
  with(base: number, more: Partial<ExtraMatch>): number {
    if (base === this.lastBase && isSame(more, this.lastMore)) return this.lastFound;
    const wanted = { ...this.entries[base]!, ...more };
    const key = JSON.stringify(Object.keys(NOTHING).map((name) => wanted[name as keyof ExtraMatch]));
    let found = this.byKey.get(key);
    if (found === undefined) {
      found = this.entries.length;
      invariant(
        found < ROOM,
        'rule-extra',
        'rules match on more different marks, sets and times than there is room for',
      );
      this.entries.push(entryOf(wanted));
      this.byKey.set(key, found);
    }
    this.lastBase = base;
    this.lastMore = more;
    this.lastFound = found;
    return found;
  }
}

/** Writers add the same thing to one rule after the other. */
function isSame(a: Partial<ExtraMatch>, b: Partial<ExtraMatch>): boolean {
  return (
    a.markValue === b.markValue &&
    a.markMask === b.markMask &&
    a.setHandle === b.setHandle &&
    a.setDirections === b.setDirections &&
    a.inputName === b.inputName &&
    a.inputNegated === b.inputNegated &&
    a.recentSeconds === b.recentSeconds &&
    a.nfacct === b.nfacct &&
    a.ipvsAddress === b.ipvsAddress &&
    a.ipvsPort === b.ipvsPort
  );
}

function entryOf(extra: ExtraMatch): ExtraEntry {
  return { ...extra, podFits: comesBy(extra, BRIDGE), otherFits: comesBy(extra, UPLINK) };
}

function comesBy({ inputName, inputNegated }: ExtraMatch, device: string): boolean {
  const isPrefix = inputName.endsWith('+');
  const fits = isPrefix ? device.startsWith(inputName.slice(0, -1)) : device === inputName;
  return fits !== inputNegated;
}
