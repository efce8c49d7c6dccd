/**
 * Versions: what the nodes that have seen one revision of the ledger have in common, made once and dropped when no node has it or plans
 * to; the newest stays, because the next one is made from it.
 *
 * Cost: O(service ports) a revision; rules and sockets are shared as long as only endpoints change.
 */
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { invariant } from '../../../sim/index.js';
import type { Ledger } from '../../ledger.js';
import type { ServicePort } from '../../service-port.js';
import { dropLayout, makeLayout, type Layout } from './layout.js';
import { Openings, sameConfig } from './openings.js';

/** What is read of a ledger. */
export type LedgerView = Pick<Ledger, 'keysAt' | 'portAt'>;

/** One version. */
export interface Version {
  readonly revision: number;
  /** Keys of the service ports, ascending, and the service ports in the same order. */
  readonly keys: readonly number[];
  readonly ports: readonly ServicePort[];
  readonly layout: Layout;
  /** Nodes that have it in place or plan to. */
  users: number;
}

/** The service port of a key in a version; undefined when it is not there. */
export function portOf({ keys, ports }: Version, key: number): ServicePort | undefined {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (keys[middle] === key) return ports[middle];
    if (keys[middle]! < key) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** The versions of one run and family. */
export class Versions {
  readonly store: RuleStore;
  private readonly ledger: LedgerView;
  private readonly openings: Openings;
  private readonly byRevision = new Map<number, Version>();
  private newest: Version | null = null;
  /** Layouts made so far. */
  private layouts = 0;

  constructor(ledger: LedgerView, store: RuleStore, openings: Openings) {
    this.ledger = ledger;
    this.store = store;
    this.openings = openings;
  }

  /** Takes a version into use, making it if nobody has yet. */
  take(revision: number): Version {
    return this.hold(this.byRevision.get(revision) ?? this.add(revision));
  }

  /** Takes a version that somebody has into use once more. */
  hold(version: Version): Version {
    version.users++;
    return version;
  }

  /** Gives a version back. */
  give(version: Version): void {
    version.users--;
    if (version.users === 0 && version !== this.newest) this.drop(version);
  }

  private add(revision: number): Version {
    const base = this.newest;
    const keys = this.ledger.keysAt(revision);
    const ports = keys.map((key) => this.portAt(key, revision));
    const layout = this.layoutFor(ports) ?? makeLayout(this.store, this.openings, ports, this.layouts++);
    layout.holders++;
    const version: Version = { revision, keys, ports, layout, users: 0 };
    this.byRevision.set(revision, version);
    if (base === null || revision > base.revision) {
      this.newest = version;
      if (base?.users === 0) this.drop(base);
    }
    return version;
  }

  /** The layout of a version in use that serves the same; the newest is most likely to. */
  private layoutFor(ports: readonly ServicePort[]): Layout | undefined {
    if (this.newest !== null && isServedAlike(this.newest.ports, ports)) return this.newest.layout;
    for (const version of this.byRevision.values()) if (isServedAlike(version.ports, ports)) return version.layout;
    return undefined;
  }

  private drop(version: Version): void {
    this.byRevision.delete(version.revision);
    version.layout.holders--;
    if (version.layout.holders === 0) dropLayout(this.store, this.openings, version.layout);
  }

  private portAt(key: number, revision: number): ServicePort {
    const port = this.ledger.portAt(key, revision);
    invariant(port !== undefined, 'ledger-keys', () => `revision ${revision} lists key ${key} but has no service port`);
    return port;
  }
}

function isServedAlike(a: readonly ServicePort[], b: readonly ServicePort[]): boolean {
  return a.length === b.length && a.every((port, i) => port.key === b[i]!.key && sameConfig(port, b[i]!));
}
