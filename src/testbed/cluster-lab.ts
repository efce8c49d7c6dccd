/**
 * Laboratories for the nodes of a case's cluster: what kube-proxy would have programmed on a node, without running anything.
 *
 * The cluster is built as for a run, with all its addresses; laboratories look at its store, or at a copy to write into. Cost: that
 * of compiling the rules of one node, a microsecond or so an endpoint.
 */
import { addressIn, Cluster, type Node } from '../kube/index.js';
import { loopbackOf, type IpFamily } from '../net/index.js';
import { proxyOptions, type Case } from '../scenario/index.js';
import { CaseError } from './case-error.js';
import { NodeLab, PROXY_DEFAULTS, type NodeLabSetup } from './node-lab.js';

/** How a laboratory is made. */
export interface LabOptions {
  /** How rules are looked up; default: by index. */
  readonly lookup?: 'walk' | 'index';
  /** Whether it gets a copy of what the cluster's store holds, to write into; else it looks at the store itself. */
  readonly hasCopy?: boolean;
}

/** A cluster of which single nodes can be looked at. */
export class ClusterLab {
  readonly cluster: Cluster;
  private readonly plan: Case;
  private readonly others: readonly Case[];

  /**
   * @param plan the case whose cluster and proxy options hold; its mode and its traffic do not matter
   * @param others the same cluster in other modes, whose proxy options hold there
   * @throws ClusterError when the cluster does not fit together
   */
  constructor(plan: Case, ...others: readonly Case[]) {
    this.plan = plan;
    this.others = others;
    // What is printed for somebody's objects has their addresses, also those that a simulated network would not lead to.
    this.cluster = new Cluster({ ...plan.cluster, keepAddresses: true });
  }

  /** The scheduler of modes that have one; where no case is of such a mode, kube-proxy's default. */
  get scheduler(): string {
    const named = [this.plan, ...this.others].find(({ proxy }) => proxy.scheduler !== '');
    return named?.proxy.scheduler ?? PROXY_DEFAULTS.scheduler;
  }

  /**
   * The node of a name; the first one without a name.
   * @throws CaseError when there is none
   */
  node(name?: string): Node {
    const { nodes } = this.cluster;
    const found = name === undefined ? nodes[0] : nodes.find((node) => node.name === name);
    if (found !== undefined) return found;
    const some = nodes.slice(0, 5).map((node) => node.name);
    const more = nodes.length > some.length ? ` and ${nodes.length - some.length} more` : '';
    throw new CaseError(`there is no node ${name ?? ''}; there are: ${some.join(', ')}${more}`);
  }

  /**
   * One family's proxy on a node, before its first sync.
   * @param mode name of the proxy mode
   */
  lab(mode: string, family: IpFamily, node: Node, { lookup = 'index', hasCopy = false }: LabOptions = {}): NodeLab {
    const { cluster, others } = this;
    const plan = others.find(({ proxy }) => proxy.mode === mode) ?? this.plan;
    const pools = cluster.podAddressesIn(family);
    const subnets = cluster.nodes.map(({ index }) => pools.subnet(index));
    const options = proxyOptions(family, plan, subnets);
    const ip = addressIn(node, family);
    return new NodeLab({
      mode,
      family,
      lookup,
      node: {
        index: node.index,
        name: node.name,
        zone: node.zone,
        ip,
        localIps: [loopbackOf(family), ip, pools.gateway(node.index), pools.subnet(node.index).address],
      },
      options: { ...options, scheduler: this.scheduler },
      ...(hasCopy ? { objects: copyOf(cluster) } : { source: cluster }),
    });
  }
}

function copyOf({ nodes, store }: Cluster): NonNullable<NodeLabSetup['objects']> {
  return { nodes, services: [...store.list('service')], slices: [...store.list('slice')] };
}
