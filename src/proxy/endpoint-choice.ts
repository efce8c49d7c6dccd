/**
 * Which endpoints of a service port a node sends new connections to (pkg/proxy topology.go CategorizeEndpoints, 1.34-era).
 *
 * Ready endpoints, narrowed by topology hints, or, where there are none, those serving and terminating; and of both the node's own
 * for traffic policies Local. Most service ports have one answer for all nodes, and nodes without endpoints of their own share
 * theirs: equal answers for one endpoint list are one object, so modes may compare and share by `===`.
 * Cost: O(endpoints) the first time that a list is met, one lookup after that (two where the answer depends on the node).
 */
import type { EndpointChoice, NodePlace } from './chosen-endpoints.js';
import { endpointFacts } from './endpoint-facts.js';
import { NO_ENDPOINTS } from './endpoint-merge.js';
import { EndpointSubsets } from './endpoint-subset.js';
import { NodeChoices } from './node-choices.js';
import { isExternallyAccessible, type EndpointList, type ServicePort } from './service-port.js';

export type { EndpointChoice, NodePlace } from './chosen-endpoints.js';

/** Whether a service port has traffic with policy Cluster. */
export function usesCluster(port: ServicePort): boolean {
  return !port.internalLocal || isExternallyAccessible(port);
}

/** Whether a service port has traffic with policy Local. */
export function usesLocal(port: ServicePort): boolean {
  return port.internalLocal || (port.externalLocal && isExternallyAccessible(port));
}

/** One answer for all nodes, or one that depends on the node. */
type ListChoices =
  { readonly shared: EndpointChoice; readonly byNode: null } | { readonly shared: null; readonly byNode: NodeChoices };

/** Makes the choices of one run and family, and remembers them as long as their lists live. */
export class EndpointChoices {
  /** By list: answers for policy Cluster, policy Local, and both. */
  private readonly byList = new WeakMap<EndpointList, (ListChoices | undefined)[]>();
  private made = 0;

  /** The choice of a service port on a node; the same object for the same answer. */
  of(port: ServicePort, node: NodePlace): EndpointChoice {
    const { shared, byNode } = this.listChoices(port);
    return shared ?? byNode.of(node);
  }

  /** Whether the choice differs between nodes that may be there. */
  dependsOnNode(port: ServicePort): boolean {
    return this.listChoices(port).byNode !== null;
  }

  /**
   * A number that two nodes have in common exactly when all their choices for some service ports are the same (but for two
   * different series of choices that hash alike: one chance in 2^53).
   * @param ports service ports that depend on the node, in an order that is the same for all nodes
   */
  signature(ports: readonly ServicePort[], node: NodePlace): number {
    if (ports.length === 0) return 0;
    let low = 0x9e3779b9;
    let high = 0x85ebca6b;
    for (const port of ports) {
      const { id } = this.of(port, node);
      low = mixed(low ^ id, 0xcc9e2d51);
      high = mixed(high ^ (id + low), 0x1b873593);
    }
    return (high & 0x1fffff) * 2 ** 32 + (low >>> 0);
  }

  private listChoices(port: ServicePort): ListChoices {
    const use = (usesCluster(port) ? 1 : 0) | (usesLocal(port) ? 2 : 0);
    let byUse = this.byList.get(port.endpoints);
    if (byUse === undefined) {
      byUse = [undefined, undefined, undefined, undefined];
      this.byList.set(port.endpoints, byUse);
    }
    return (byUse[use] ??= this.make(port));
  }

  private make(port: ServicePort): ListChoices {
    const [cluster, local] = [usesCluster(port), usesLocal(port)];
    const facts = endpointFacts(port.endpoints, { hints: cluster, own: local });
    const subsets = new EndpointSubsets(port.endpoints);
    const hinted = cluster && (facts.byNode !== null || facts.byZone !== null);
    const nextId = (): number => ++this.made;
    if (hinted || (local && facts.own.size > 0)) {
      return { shared: null, byNode: new NodeChoices({ facts, subsets, cluster, local, nextId }) };
    }
    // Where no node has endpoints of its own, all nodes have none.
    const choice: EndpointChoice = {
      id: nextId(),
      cluster: cluster ? subsets.at(facts.usable) : null,
      local: local ? NO_ENDPOINTS : null,
      reachable: cluster ? subsets.at(facts.usable) : NO_ENDPOINTS,
      hasAny: facts.usable.length > 0,
    };
    return { shared: choice, byNode: null };
  }
}

/** One step of a hash. */
function mixed(value: number, factor: number): number {
  const product = Math.imul(value, factor);
  return product ^ (product >>> 15);
}
