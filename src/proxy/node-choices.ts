/**
 * The choices from one endpoint list where they depend on the node: topology hints, or traffic policy Local.
 *
 * Nodes that no hint names and that have no endpoints of their own share one answer; so do such nodes of a zone.
 * Mirrors CategorizeEndpoints and topologyModeFromHints (pkg/proxy/topology.go, 1.34-era). Cost: O(1) a node, O(endpoints) a new answer.
 */
import type { EndpointChoice, NodePlace } from './chosen-endpoints.js';
import type { EndpointFacts } from './endpoint-facts.js';
import { unitedPlaces, type EndpointSubsets } from './endpoint-subset.js';
import type { EndpointList } from './service-port.js';

/** What the choices are made from. */
export interface NodeChoicesSetup {
  readonly facts: EndpointFacts;
  readonly subsets: EndpointSubsets;
  /** Whether there is traffic with policy Cluster, and with policy Local. */
  readonly cluster: boolean;
  readonly local: boolean;
  readonly nextId: () => number;
}

const NONE: readonly number[] = [];

/** The choices from one list. */
export class NodeChoices {
  private readonly setup: NodeChoicesSetup;
  /** By the places of the cluster set, then by those of the local set: one object for each answer to "which places". */
  private readonly made = new Map<readonly number[], Map<readonly number[], EndpointChoice>>();
  /** By the endpoints themselves, since different places may hold the same ones. */
  private readonly distinct = new Map<EndpointList | null, Map<EndpointList | null, EndpointChoice>>();

  /** @param setup the list and what it is used for */
  constructor(setup: NodeChoicesSetup) {
    this.setup = setup;
  }

  /** The choice on a node. */
  of(node: NodePlace): EndpointChoice {
    const { cluster, local, facts } = this.setup;
    const clusterPlaces = cluster ? this.clusterPlaces(node) : NONE;
    const localPlaces = local ? (facts.own.get(node.index) ?? NONE) : NONE;
    const known = this.made.get(clusterPlaces)?.get(localPlaces);
    if (known !== undefined) return known;
    const choice = this.choose(clusterPlaces, localPlaces);
    put(this.made, clusterPlaces, localPlaces, choice);
    return choice;
  }

  /** There is no further way out once a topology is chosen. */
  private clusterPlaces({ index, zone }: NodePlace): readonly number[] {
    const { byNode, byZone, usable } = this.setup.facts;
    return byNode?.get(index) ?? byZone?.get(zone) ?? usable;
  }

  private choose(clusterPlaces: readonly number[], localPlaces: readonly number[]): EndpointChoice {
    const { subsets, facts, cluster, local, nextId } = this.setup;
    const clusterList = cluster ? subsets.at(clusterPlaces) : null;
    const localList = local ? subsets.at(localPlaces) : null;
    const known = this.distinct.get(clusterList)?.get(localList);
    if (known !== undefined) return known;
    const choice: EndpointChoice = {
      id: nextId(),
      cluster: clusterList,
      local: localList,
      reachable: subsets.at(unitedPlaces(clusterPlaces, localPlaces)),
      hasAny: facts.usable.length > 0,
    };
    put(this.distinct, clusterList, localList, choice);
    return choice;
  }
}

function put<K>(choices: Map<K, Map<K, EndpointChoice>>, first: K, second: K, choice: EndpointChoice): void {
  const inner = choices.get(first);
  if (inner === undefined) choices.set(first, new Map([[second, choice]]));
  else inner.set(second, choice);
}
