/**
 * The versions of the tables in use, by revision, class of node and the endpoints that nodes choose.
 *
 * A version is compiled when the first node wants it and dropped when no node has it or plans to; the newest one stays, because the next one
 * is made from it. Cost: one map lookup a sync where no service port depends on the node, O(such service ports) else.
 */
import type { NodeFacts } from '../../proxier.js';
import type { RevisionView } from './revision-view.js';
import type { NodeClass } from './rule-options.js';
import type { SyncPlan } from './sync-plan.js';
import type { TableCompiler } from './table-compiler.js';
import type { TableVersion } from './table-version.js';

/** A version in use. */
export interface CachedVersion {
  /** Tells versions of one run apart. */
  readonly id: number;
  readonly tables: TableVersion;
  /** Nodes that have it in place or plan to. */
  users: number;
  /** By what the sync starts from: nodes in step share their plans too. */
  readonly plans: Map<string, SyncPlan>;
  /** Where it stands in this cache. */
  readonly revision: CachedRevision;
  readonly signature: string;
}

interface CachedRevision {
  readonly view: RevisionView;
  readonly versions: Map<string, CachedVersion>;
}

/** The versions of one run. */
export class VersionCache {
  private readonly compiler: TableCompiler;
  private readonly revisions = new Map<number, CachedRevision>();
  /** By detector: the version that the next one is made from. */
  private readonly newest = new Map<string, CachedVersion>();
  private made = 0;

  constructor(compiler: TableCompiler) {
    this.compiler = compiler;
  }

  /** Takes the version of a revision for a node into use. */
  take(revision: number, kind: NodeClass, node: NodeFacts): CachedVersion {
    let cached = this.revisions.get(revision);
    if (cached === undefined) {
      cached = { view: this.compiler.views.make(revision), versions: new Map() };
      this.revisions.set(revision, cached);
    }
    const dependent = this.compiler.views.signature(cached.view, node);
    const signature = dependent === '' ? kind.key : `${kind.key} ${dependent}`;
    const version = cached.versions.get(signature) ?? this.add(cached, signature, kind, node);
    version.users++;
    return version;
  }

  /** Holds a version once more. */
  retain(version: CachedVersion): void {
    version.users++;
  }

  /** Gives a version back. */
  give(version: CachedVersion): void {
    version.users--;
    if (version.users === 0 && this.newest.get(version.tables.nodeClass.detectorKey) !== version) this.drop(version);
  }

  private add(cached: CachedRevision, signature: string, kind: NodeClass, node: NodeFacts): CachedVersion {
    const base = this.newest.get(kind.detectorKey);
    const tables = this.compiler.compile(cached.view, kind, node, base?.tables ?? null);
    const version: CachedVersion = { id: ++this.made, tables, users: 0, plans: new Map(), revision: cached, signature };
    cached.versions.set(signature, version);
    if (base === undefined || cached.view.revision >= base.tables.view.revision) {
      this.newest.set(kind.detectorKey, version);
      if (base?.users === 0) this.drop(base);
    }
    return version;
  }

  private drop(version: CachedVersion): void {
    const { view, versions } = version.revision;
    versions.delete(version.signature);
    if (versions.size === 0) this.revisions.delete(view.revision);
    this.compiler.discard(version.tables);
  }
}
