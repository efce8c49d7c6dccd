/**
 * KUBE-LOOP-BACK: the endpoints that run on a node, whatever their conditions, through which kube-proxy finds pods that reach
 * themselves by a service.
 *
 * Each node's set holds its own endpoints only. What came and went is kept for each node until its next sync takes it over. Cost: O(1) an
 * endpoint that comes or goes, O(what came and went) a sync; some 40 bytes for each endpoint that ever was.
 */
import type { IpSet } from '../../../kernel/index.js';
import { KeyMap } from '../../../kernel/ipvs/key-map.js';
import type { IpFamily } from '../../../net/index.js';
import { grown } from '../../../sim/index.js';
import type { EndpointList } from '../../service-port.js';
import { emptySet, SetHandle } from './ip-sets.js';

/** What a sync does to a node's set: rows of entries. */
export interface LocalChanges {
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

/** Nothing. */
const NO_CHANGES: LocalChanges = { added: [], removed: [] };

/** The local endpoints of all nodes. */
export class LocalEndpoints {
  private readonly family: IpFamily;
  private readonly nodes: (NodeEndpoints | undefined)[] = [];
  private readonly nothing: IpSet;

  /** @param family of the endpoints */
  constructor(family: IpFamily) {
    this.family = family;
    this.nothing = emptySet(SetHandle.loopBack, family);
  }

  /** A service port's endpoints are others from a revision on. */
  change(revision: number, protocol: number, before: EndpointList, after: EndpointList): void {
    if (before === after) return;
    // Additions first, so that what stays never leaves.
    for (let i = 0; i < after.length; i++) this.step(revision, protocol, after, i, 1);
    for (let i = 0; i < before.length; i++) this.step(revision, protocol, before, i, -1);
  }

  /** A node's set as it is in place. */
  set(node: number): IpSet {
    return this.nodes[node]?.set ?? this.nothing;
  }

  /** What brings a node's set to a revision; what came and went again counts for nothing. */
  changes(node: number, revision: number): LocalChanges {
    return this.nodes[node]?.changes(revision) ?? NO_CHANGES;
  }

  /** A node's set as it is after some changes: a copy. */
  setAfter(node: number, changes: LocalChanges): IpSet {
    const set = this.set(node).copy();
    this.nodes[node]?.write(set, changes);
    return set;
  }

  /** Brings a node's set to a revision. */
  apply(node: number, revision: number): void {
    this.nodes[node]?.apply(revision);
  }

  private step(revision: number, protocol: number, endpoints: EndpointList, index: number, by: 1 | -1): void {
    const node = endpoints.node[index]!;
    if (node < 0) return;
    const service = (protocol << 16) | endpoints.port[index]!;
    this.nodes[node] ??= new NodeEndpoints(emptySet(SetHandle.loopBack, this.family));
    this.nodes[node].step(revision, service, endpoints.address[index]!, by);
  }
}

/** The endpoints of one node. */
class NodeEndpoints {
  readonly set: IpSet;
  private readonly rows = new KeyMap();
  /** By row: service ports that have the endpoint, and the entry. */
  private users = new Int32Array(4);
  private address = new Uint32Array(4);
  private service = new Int32Array(4);
  private rowCount = 0;
  /** What is not in place yet, by revision: a row whose entry came (as it is) or went (negative, less 1). */
  private revisions: number[] = [];
  private steps: number[] = [];

  constructor(set: IpSet) {
    this.set = set;
  }

  /** One service port more or less has an endpoint. */
  step(revision: number, service: number, address: number, by: 1 | -1): void {
    const row = this.row(service, address);
    this.users[row]! += by;
    if (this.users[row]! !== (by > 0 ? 1 : 0)) return;
    this.revisions.push(revision);
    this.steps.push(by > 0 ? row : -1 - row);
  }

  /** See `LocalEndpoints`. */
  changes(revision: number): LocalChanges {
    const balance = new Map<number, number>();
    for (let i = 0; i < this.steps.length && this.revisions[i]! <= revision; i++) {
      const step = this.steps[i]!;
      const row = step < 0 ? -1 - step : step;
      balance.set(row, (balance.get(row) ?? 0) + (step < 0 ? -1 : 1));
    }
    const rowsWith = (wanted: number): number[] => [...balance].filter(([, sum]) => sum === wanted).map(([row]) => row);
    return { added: rowsWith(1), removed: rowsWith(-1) };
  }

  /** See `LocalEndpoints`. */
  apply(revision: number): void {
    this.write(this.set, this.changes(revision));
    const left = this.revisions.findIndex((each) => each > revision);
    this.revisions = left < 0 ? [] : this.revisions.slice(left);
    this.steps = left < 0 ? [] : this.steps.slice(left);
  }

  /** Writes changes to a set. */
  write(set: IpSet, { added, removed }: LocalChanges): void {
    for (const row of removed) {
      const service = this.service[row]!;
      set.delete(this.address[row]!, service >>> 16, service & 0xffff, this.address[row]);
    }
    for (const row of added) {
      const service = this.service[row]!;
      set.add(this.address[row]!, service >>> 16, service & 0xffff, this.address[row]);
    }
  }

  private row(service: number, address: number): number {
    const known = this.rows.get(service, address);
    if (known >= 0) return known;
    const row = this.rowCount++;
    if (row === this.users.length) {
      this.users = grown(this.users, row * 2);
      this.address = grown(this.address, row * 2);
      this.service = grown(this.service, row * 2);
    }
    this.address[row] = address;
    this.service[row] = service;
    this.rows.set(service, address, row);
    return row;
  }
}
