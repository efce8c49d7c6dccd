/**
 * Versions of service ports by key and revision.
 *
 * Most ports never change, so the newest version of each stands in a plain column, and only those that changed have a list of
 * older ones. Cost: O(1) for the newest version; O(versions of the key) for others.
 */
import type { ServicePort } from './service-port.js';

interface Version {
  readonly from: number;
  readonly port: ServicePort | undefined;
}

/** Service ports in all revisions that are still in use; undefined stands for "not there". */
export class PortVersions {
  private readonly newest: (ServicePort | undefined)[] = [];
  /** By key: the revision that the newest version came with. */
  private readonly since: number[] = [];
  /** Versions before the newest one, oldest first, of the keys that have any. */
  private readonly older = new Map<number, Version[]>();

  /** Number of keys given out; the next new key is this. */
  get length(): number {
    return this.newest.length;
  }

  /** The newest version of a key. */
  current(key: number): ServicePort | undefined {
    return this.newest[key];
  }

  /** The version of a key in a revision that is still kept. */
  at(key: number, revision: number): ServicePort | undefined {
    const since = this.since[key];
    if (since === undefined) return undefined;
    if (revision >= since) return this.newest[key];
    const versions = this.older.get(key) ?? [];
    for (let i = versions.length - 1; i >= 0; i--) {
      if (versions[i]!.from <= revision) return versions[i]!.port;
    }
    return undefined;
  }

  /**
   * Makes `port` the newest version of a key.
   * @param key a key given out before, or `length`
   * @param revision not before that of the key's newest version
   */
  set(key: number, port: ServicePort | undefined, revision: number): void {
    if (key < this.length && this.since[key] !== revision) this.keep(key);
    this.newest[key] = port;
    this.since[key] = revision;
  }

  /** Drops what only revisions before `revision` need. */
  forgetBefore(revision: number): void {
    for (const [key, versions] of this.older) {
      if (this.since[key]! <= revision) this.older.delete(key);
      else while (versions.length > 1 && versions[1]!.from <= revision) versions.shift();
    }
  }

  /** See `Ledger.forgetUnused`. */
  forgetUnused(inUse: readonly number[], through: number): void {
    for (const [key, versions] of this.older) {
      const kept = versions.filter(({ from }, i) => {
        const until = versions[i + 1]?.from ?? this.since[key]!;
        return until > through || inUse.some((revision) => revision >= from && revision < until);
      });
      if (kept.length < versions.length) this.older.set(key, kept);
    }
  }

  private keep(key: number): void {
    const version = { from: this.since[key]!, port: this.newest[key] };
    const versions = this.older.get(key);
    if (versions === undefined) this.older.set(key, [version]);
    else versions.push(version);
  }
}
