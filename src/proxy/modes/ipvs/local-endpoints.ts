/**
 * KUBE-LOOP-BACK: the endpoints that run on a node, through which kube-proxy finds pods that reach themselves by a
 * service.
 *
 * Each node's set holds its own endpoints only. A packet whose source is the endpoint that it goes to can come from
 * that endpoint's node alone, so one set with the endpoints of all nodes gives every node the same answers; it keeps
 * those that are gone as well, which nobody can be by then. How many entries each node has is counted apart,
 * exactly, by revision. Cost: O(1) an endpoint that comes or goes; 36 bytes for each that ever was.
 */
import { IpSet } from '../../../kernel/index.js';
import { KeyMap } from '../../../kernel/ipvs/key-map.js';
import { grown } from '../../../sim/index.js';
import { SET_KINDS, SetHandle } from './ip-sets.js';

/** Entries of one node's set: how many were added and removed up to a revision. */
interface NodeHistory {
  readonly revisions: number[];
  readonly added: number[];
  readonly removed: number[];
}

/** The local endpoints of all nodes. */
export class LocalEndpoints {
  /** The set for the tables of all nodes. */
  readonly set = new IpSet(SET_KINDS[SetHandle.loopBack]!.name, SET_KINDS[SetHandle.loopBack]!.type);
  private readonly rows = new KeyMap();
  /** Service ports that have the endpoint, by row. */
  private users = new Int32Array(256);
  private rowCount = 0;
  private readonly nodes: (NodeHistory | undefined)[] = [];

  /** A service port has an endpoint from a revision on. */
  add(revision: number, protocol: number, address: number, port: number, node: number): void {
    const row = this.row(protocol, address, port);
    if (this.users[row]!++ > 0) return;
    this.set.add(address, protocol, port, address);
    this.note(revision, node, 1, 0);
  }

  /** A service port has an endpoint no more. */
  remove(revision: number, protocol: number, address: number, port: number, node: number): void {
    const row = this.row(protocol, address, port);
    if (--this.users[row]! === 0) this.note(revision, node, 0, 1);
  }

  /** Entries added to a node's set up to a revision. */
  added(node: number, revision: number): number {
    return at(this.nodes[node], revision, 'added');
  }

  /** Entries removed from a node's set up to a revision. */
  removed(node: number, revision: number): number {
    return at(this.nodes[node], revision, 'removed');
  }

  private note(revision: number, node: number, added: number, removed: number): void {
    if (node < 0) return;
    const history = (this.nodes[node] ??= { revisions: [], added: [], removed: [] });
    const last = history.revisions.length - 1;
    const addedBefore = last < 0 ? 0 : history.added[last]!;
    const removedBefore = last < 0 ? 0 : history.removed[last]!;
    const place = last >= 0 && history.revisions[last] === revision ? last : last + 1;
    history.revisions[place] = revision;
    history.added[place] = addedBefore + added;
    history.removed[place] = removedBefore + removed;
  }

  private row(protocol: number, address: number, port: number): number {
    const known = this.rows.get((protocol << 16) | port, address);
    if (known >= 0) return known;
    const row = this.rowCount++;
    if (row === this.users.length) this.users = grown(this.users, row * 2);
    this.rows.set((protocol << 16) | port, address, row);
    return row;
  }
}

/** The newest count that is not newer than a revision. */
function at(history: NodeHistory | undefined, revision: number, what: 'added' | 'removed'): number {
  if (history === undefined) return 0;
  let i = history.revisions.length - 1;
  while (i >= 0 && history.revisions[i]! > revision) i--;
  return i < 0 ? 0 : history[what][i]!;
}
