/**
 * Objects as a kube-proxy would see them: read leniently, nothing made up, nothing given other addresses.
 *
 * kube-proxy copes with objects that an API server would refuse (node ports below 30000, a health-check node port with policy Cluster,
 * blanks and leading zeros in addresses), and so does this. Slices stay as they are written.
 */
import type { ClusterObjects, Node } from '../../kube/api.js';
import { InputError } from '../problem.js';
import type { Problem } from '../problem.js';
import { objectsIn } from './raw-object.js';
import { noObjects, readInto, unreadKind } from './read-objects.js';
import { SharedHints, sliceWithNodes } from './slice.js';

/** How to read objects. */
export interface ObjectsFromOptions {
  /** Names of the nodes by their index. Other nodes are unknown: index -1 in endpoints, hints and pods. */
  readonly nodeNames: readonly string[];
}

/**
 * Reads plain objects: manifests that are parsed already.
 * @param manifests v1 Service, Node, Pod, apps/v1 Deployment and StatefulSet, discovery.k8s.io/v1 EndpointSlice, and lists of them;
 *   other kinds and slices of type FQDN are passed over
 * @returns the objects in their order, and one node for each name, with what its Node object says
 * @throws InputError with every problem; places count the objects as lines
 */
export function objectsFrom(manifests: readonly unknown[], { nodeNames }: ObjectsFromOptions): ClusterObjects {
  const read = noObjects();
  const problems: Problem[] = [];
  for (const [index, manifest] of manifests.entries()) {
    try {
      const place = { file: 'objects', line: index + 1, column: 1 };
      for (const raw of objectsIn(manifest, () => place)) {
        // kube-proxy sees slices, not the Endpoints that they mirror.
        if (raw.kind !== 'Endpoints' && unreadKind(raw) === '') readInto(read, raw, true);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  const indices = new Map(nodeNames.map((name, index) => [name, index]));
  const shared = new SharedHints();
  return {
    services: read.services,
    pods: read.pods.map(({ nodeName, ...pod }) => ({ ...pod, node: indices.get(nodeName) ?? -1 })),
    podSets: read.podSets.map(({ selector: _selector, ...set }) => set),
    slices: read.slices.map((slice) => sliceWithNodes(slice, indices, shared)),
    nodes: nodeNames.map((name, index): Node => {
      const known = read.nodes.find((node) => node.name === name);
      return { name, index, ip: known?.ip ?? 0, secondIp: known?.secondIp ?? 0, zone: known?.zone ?? '' };
    }),
  };
}
