/**
 * All versions of the content of one set or map: a persistent tree, so that a version made from another one by changing a
 * few elements shares everything else with it.
 *
 * Keys are an address and a service (protocol << 16 | port), 0 where the set's type does not have them. Keys are numbered as they
 * come (open addressing by the address itself, never by an IPv6 handle) and the tree is indexed by that number, 32 ways a level,
 * in nodes of one typed array. Nodes and versions are counted by their holders; a node that only one version holds is changed in place.
 * Version 0 is the empty content. Cost: a lookup is one probe and two to four steps; a change copies at most four nodes of 136 bytes.
 */
import { grown, invariant } from '../../sim/index.js';
import { ipHash } from '../../net/index.js';
import { ELEMENT_MASK, ELEMENT_SHIFT, ElementKind } from './rule-cells.js';

const BITS = 5;
const WAYS = 1 << BITS;
const WAY_MASK = WAYS - 1;
/** A node: holders, then its slots. */
const NODE = WAYS + 1;
/** A version: top node (-1 for none), levels, elements, holders. */
const VERSION = 4;
const TOP = 0;
const LEVELS = 1;
const SIZE = 2;
const HOLDERS = 3;

/** Who counts the chains that elements lead to. */
export interface ChainHolder {
  /** Holds a chain. */
  retain(chain: number): void;
  /** Lets a chain go. */
  release(chain: number): void;
}

/** The versions of one set's or map's content. */
export class ElementMap {
  private readonly chains: ChainHolder;
  private keyAddress = new Uint32Array(16);
  private keyService = new Uint32Array(16);
  private slots = new Int32Array(32);
  private keys = 0;
  private nodes = new Int32Array(16 * NODE);
  private nodesMade = 0;
  private readonly freeNodes: number[] = [];
  private versions = new Int32Array(16 * VERSION);
  private versionsMade = 1;
  private readonly freeVersions: number[] = [];

  /** @param chains where chains of elements are held */
  constructor(chains: ChainHolder) {
    this.chains = chains;
    this.versions[TOP] = -1;
  }

  /** Number of elements of a version. */
  size(version: number): number {
    return this.versions[version * VERSION + SIZE]!;
  }

  /** Value of an element, 0 for none. */
  get(version: number, address: number, service: number): number {
    const key = this.findKey(address, service);
    return key < 0 ? 0 : this.valueOf(version, key);
  }

  /** The same by looking at one element after the other, as the reference does. */
  scan(version: number, address: number, service: number): number {
    let found = 0;
    this.forEach(version, (value, elementAddress, elementService) => {
      if (elementAddress === address && elementService === service) found = value;
    });
    return found;
  }

  /** Calls back for each element of a version, in the order in which their keys were first seen. */
  forEach(version: number, visit: (value: number, address: number, service: number) => void): void {
    const at = version * VERSION;
    if (this.versions[at + TOP]! < 0) return;
    this.visitNode(this.versions[at + TOP]!, this.versions[at + LEVELS]!, 0, visit);
  }

  /**
   * Makes a version in which one element differs. The caller gives up its hold on the version it starts from and holds the new one.
   * @param value the element's value; 0 takes it away
   */
  with(version: number, address: number, service: number, value: number): number {
    const key = value === 0 ? this.findKey(address, service) : this.keyFor(address, service);
    const before = key < 0 ? 0 : this.valueOf(version, key);
    if (before === value) return version;
    const result = this.own(version);
    const at = result * VERSION;
    this.deepen(at, key);
    let node = this.ownNode(this.versions[at + TOP]!, this.versions[at + LEVELS]!);
    this.versions[at + TOP] = node;
    for (let level = this.versions[at + LEVELS]! - 1; level > 0; level--) {
      const slot = 1 + ((key >>> (level * BITS)) & WAY_MASK);
      const child = this.nodes[node * NODE + slot]! - 1;
      const owned = child < 0 ? this.newNode() : this.ownNode(child, level);
      this.nodes[node * NODE + slot] = owned + 1;
      node = owned;
    }
    this.nodes[node * NODE + 1 + (key & WAY_MASK)] = value;
    if (isChain(value)) this.chains.retain(value >>> ELEMENT_SHIFT);
    if (isChain(before)) this.chains.release(before >>> ELEMENT_SHIFT);
    this.versions[at + SIZE]! += (value === 0 ? 0 : 1) - (before === 0 ? 0 : 1);
    return result;
  }

  /** Holds a version. */
  retain(version: number): void {
    if (version !== 0) this.versions[version * VERSION + HOLDERS]!++;
  }

  /** Lets a version go; what it alone held goes with it. */
  release(version: number): void {
    if (version === 0) return;
    const holders = --this.versions[version * VERSION + HOLDERS]!;
    invariant(holders >= 0, 'element-version-holders', 'a version was let go more often than held');
    if (holders > 0) return;
    this.releaseNode(this.versions[version * VERSION + TOP]!, this.versions[version * VERSION + LEVELS]!);
    this.freeVersions.push(version);
  }

  /** Nodes and versions in use, for tests: none may be left when nobody holds a version. */
  get inUse(): number {
    return this.nodesMade - this.freeNodes.length + this.versionsMade - 1 - this.freeVersions.length;
  }

  private valueOf(version: number, key: number): number {
    const { nodes, versions } = this;
    const at = version * VERSION;
    let level = versions[at + LEVELS]!;
    let node = versions[at + TOP]!;
    if (node < 0 || key >>> (level * BITS) !== 0) return 0;
    while (--level > 0) {
      node = nodes[node * NODE + 1 + ((key >>> (level * BITS)) & WAY_MASK)]! - 1;
      if (node < 0) return 0;
    }
    return nodes[node * NODE + 1 + (key & WAY_MASK)]!;
  }

  private visitNode(
    node: number,
    levels: number,
    prefix: number,
    visit: (value: number, address: number, service: number) => void,
  ): void {
    for (let slot = 0; slot < WAYS; slot++) {
      const content = this.nodes[node * NODE + 1 + slot]!;
      if (content === 0) continue;
      const key = prefix * WAYS + slot;
      if (levels > 1) this.visitNode(content - 1, levels - 1, key, visit);
      else visit(content, this.keyAddress[key]!, this.keyService[key]!);
    }
  }

  /** The version itself if nobody else holds it, else a copy of its record. */
  private own(version: number): number {
    if (version !== 0 && this.versions[version * VERSION + HOLDERS] === 1) return version;
    const copy = this.freeVersions.pop() ?? this.versionsMade++;
    if (copy * VERSION >= this.versions.length) this.versions = grown(this.versions, this.versions.length * 2);
    const { versions } = this;
    versions.copyWithin(copy * VERSION, version * VERSION, version * VERSION + HOLDERS);
    versions[copy * VERSION + HOLDERS] = 1;
    const top = versions[copy * VERSION + TOP]!;
    if (top >= 0) this.nodes[top * NODE]!++;
    if (version !== 0) this.release(version);
    return copy;
  }

  /** Adds levels until a key fits. */
  private deepen(at: number, key: number): void {
    const { versions } = this;
    if (versions[at + TOP]! < 0) {
      versions[at + TOP] = this.newNode();
      versions[at + LEVELS] = 1;
      while (key >>> (versions[at + LEVELS]! * BITS) !== 0) versions[at + LEVELS]!++;
      return;
    }
    while (key >>> (versions[at + LEVELS]! * BITS) !== 0) {
      const top = this.newNode();
      this.nodes[top * NODE + 1] = versions[at + TOP]! + 1;
      versions[at + TOP] = top;
      versions[at + LEVELS]!++;
    }
  }

  /** The node itself if only one version holds it, else a copy in its place. */
  private ownNode(node: number, level: number): number {
    if (this.nodes[node * NODE] === 1) return node;
    const copy = this.newNode();
    const { nodes } = this;
    nodes[node * NODE]!--;
    for (let slot = 1; slot < NODE; slot++) {
      const content = nodes[node * NODE + slot]!;
      nodes[copy * NODE + slot] = content;
      if (content === 0) continue;
      if (level > 1) nodes[(content - 1) * NODE]!++;
      else if (isChain(content)) this.chains.retain(content >>> ELEMENT_SHIFT);
    }
    return copy;
  }

  private releaseNode(node: number, level: number): void {
    if (--this.nodes[node * NODE]! > 0) return;
    for (let slot = 1; slot < NODE; slot++) {
      const content = this.nodes[node * NODE + slot]!;
      if (content === 0) continue;
      if (level > 1) this.releaseNode(content - 1, level - 1);
      else if (isChain(content)) this.chains.release(content >>> ELEMENT_SHIFT);
    }
    this.freeNodes.push(node);
  }

  private newNode(): number {
    const node = this.freeNodes.pop() ?? this.nodesMade++;
    if ((node + 1) * NODE > this.nodes.length) this.nodes = grown(this.nodes, this.nodes.length * 2);
    this.nodes.fill(0, node * NODE, (node + 1) * NODE);
    this.nodes[node * NODE] = 1;
    return node;
  }

  private findKey(address: number, service: number): number {
    const mask = this.slots.length - 1;
    let slot = hashOf(address, service) & mask;
    for (let entry = this.slots[slot]!; entry !== 0; entry = this.slots[slot]!) {
      if (this.keyAddress[entry - 1] === address && this.keyService[entry - 1] === service) return entry - 1;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  private keyFor(address: number, service: number): number {
    const known = this.findKey(address, service);
    if (known >= 0) return known;
    const key = this.keys++;
    if (key === this.keyAddress.length) this.growKeys();
    this.keyAddress[key] = address;
    this.keyService[key] = service;
    this.place(key);
    return key;
  }

  private growKeys(): void {
    const room = this.keyAddress.length * 2;
    this.keyAddress = grown(this.keyAddress, room);
    this.keyService = grown(this.keyService, room);
    this.slots = new Int32Array(room * 2);
    for (let key = 0; key < this.keys - 1; key++) this.place(key);
  }

  private place(key: number): void {
    const mask = this.slots.length - 1;
    let slot = hashOf(this.keyAddress[key]!, this.keyService[key]!) & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = key + 1;
  }
}

function isChain(value: number): boolean {
  const kind = value & ELEMENT_MASK;
  return kind === ElementKind.jump || kind === ElementKind.goto;
}

function hashOf(address: number, service: number): number {
  let mixed = Math.imul(ipHash(address) ^ Math.imul(service, 0x9e3779b1), 0xcc9e2d51);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x1b873593);
  return mixed ^ (mixed >>> 13);
}
