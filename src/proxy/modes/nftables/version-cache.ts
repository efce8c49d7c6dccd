/**
 * The table versions in use, by revision and by the endpoints that nodes choose.
 *
 * A version is compiled when the first node wants it and dropped when no node has it or plans to; the newest shared one stays, because the
 * next one is made from it. Cost: one map lookup a sync where no service port depends on the node, O(such service ports) else.
 */
import type { NodeFacts } from '../../proxier.js';
import type { SyncPlan } from './sync-plan.js';
import type { SharedVersion, TableCompiler, TableVersion } from './table-version.js';

/** A version in use. */
export interface CachedVersion {
  /** Tells the versions of one cache apart. */
  readonly id: number;
  readonly table: TableVersion;
  readonly home: CachedShared;
  readonly signature: string;
  /** By what a sync to it starts from: nodes in step share their plans too. */
  readonly plans: Map<string, SyncPlan>;
  /** Nodes that have it in place or plan to. */
  users: number;
}

/** A shared version and what nodes made of it. */
interface CachedShared {
  readonly shared: SharedVersion;
  readonly versions: Map<string, CachedVersion>;
}

/** The versions for the nodes of one kind of detector. */
export class VersionCache {
  readonly compiler: TableCompiler;
  private readonly revisions = new Map<number, CachedShared>();
  private newest: CachedShared | null = null;
  private made = 0;

  constructor(compiler: TableCompiler) {
    this.compiler = compiler;
  }

  /** Takes the version of a revision for a node into use. */
  take(revision: number, node: NodeFacts): CachedVersion {
    const home = this.revisions.get(revision) ?? this.addShared(revision);
    const signature = this.compiler.signature(home.shared, node);
    let version = home.versions.get(signature);
    if (version === undefined) {
      const table = this.compiler.version(home.shared, node);
      version = { id: ++this.made, table, home, signature, plans: new Map(), users: 0 };
      home.versions.set(signature, version);
    }
    version.users++;
    return version;
  }

  /** Gives a version back. */
  give(version: CachedVersion): void {
    if (--version.users > 0) return;
    const { home } = version;
    home.versions.delete(version.signature);
    this.compiler.dropVersion(version.table);
    if (home.versions.size === 0 && home !== this.newest) this.dropShared(home);
  }

  private addShared(revision: number): CachedShared {
    const base = this.newest;
    const home = {
      shared: this.compiler.share(revision, base?.shared ?? null),
      versions: new Map<string, CachedVersion>(),
    };
    this.revisions.set(revision, home);
    if (base === null || revision > base.shared.revision) {
      this.newest = home;
      if (base?.versions.size === 0) this.dropShared(base);
    }
    return home;
  }

  private dropShared(home: CachedShared): void {
    this.revisions.delete(home.shared.revision);
    this.compiler.dropShared(home.shared);
  }
}
