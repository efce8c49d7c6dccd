/** What one node has in place of the ipvs mode; it stays when kube-proxy goes away. */
import type { IpSet } from '../../../kernel/index.js';
import type { IpAddress } from '../../../net/index.js';
import type { ModeSetup, ProxyNode } from '../../proxier.js';
import { hostAddresses, nodePortAddresses } from './node-addresses.js';
import { NodeLists } from './node-lists.js';
import { NodeSets } from './node-sets.js';
import type { Version, VersionCompiler } from './versions.js';

/** The state of one node. */
export class NodeState {
  /** Null before the first sync. */
  version: Version | null = null;
  /** Sets in place, by handle. */
  sets: readonly IpSet[] = [];
  /** Whether the next sync is the first of a kube-proxy that has just started. */
  initial = true;
  /** Lists of servers of its own. */
  readonly lists: NodeLists;
  /** Addresses on which node ports stand. */
  readonly nodePorts: readonly IpAddress[];
  readonly nodeSets: NodeSets;

  /**
   * @param node its addresses must not change
   * @param setup family and options
   * @param compiler what all nodes share
   */
  constructor(node: ProxyNode, { family, options }: ModeSetup, compiler: VersionCompiler) {
    this.lists = new NodeLists(compiler.places, (key, revision) => compiler.portAt(key, revision), node.zone);
    this.nodePorts = nodePortAddresses(node, family, options);
    this.nodeSets = new NodeSets({ family, nodePorts: this.nodePorts, host: hostAddresses(node, family) });
  }
}
