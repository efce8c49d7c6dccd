/**
 * What behaves differently for the users of a cluster when kube-proxy changes its mode: every Service is tried in both modes, from
 * every kind of source and by every way in, on one node.
 *
 * Nothing is known here of how modes differ: the packets are taken through what each has programmed. Cost: some twenty packets for each
 * port of a Service and each mode, each tried once an endpoint.
 */
import { addressIn, objectKey, type EndpointSlice, type Node, type Service } from '../../kube/index.js';
import { ipPlus, loopbackOf, type IpAddress, type IpFamily } from '../../net/index.js';
import { invariant } from '../../sim/index.js';
import type { ClusterLab } from '../cluster-lab.js';
import type { NodeLab } from '../node-lab.js';
import { fateOf, sameFate, type Fate } from './fate.js';
import { outsideAddress, trialsOf, type TrialSources } from './trial.js';

/** One kind of packet that fares differently. */
export interface FlowDifference {
  readonly family: IpFamily;
  /** Name of the port; empty for the only, unnamed one. */
  readonly port: string;
  readonly from: string;
  readonly to: string;
  /** What becomes of it, in each of the two modes. */
  readonly fates: readonly [Fate, Fate];
}

/** A Service and what differs; nothing where it behaves alike. */
export interface ServiceDifference {
  readonly service: string;
  readonly flows: readonly FlowDifference[];
}

/** Modes to compare, and where. */
export interface ModePair {
  readonly modes: readonly [string, string];
  readonly node: Node;
}

/** The two modes' laboratories of one family. */
export interface LabPair {
  readonly family: IpFamily;
  readonly labs: readonly [NodeLab, NodeLab];
}

/** Laboratories of both modes for every family of the cluster, synced. */
export function labPairs(clusterLab: ClusterLab, { modes, node }: ModePair): readonly LabPair[] {
  return clusterLab.cluster.families.map((family) => {
    const synced = (mode: string): NodeLab => {
      const lab = clusterLab.lab(mode, family, node);
      lab.sync();
      return lab;
    };
    return { family, labs: [synced(modes[0]), synced(modes[1])] };
  });
}

/** Tries every Service; those without any address are left out. */
export function compareServices(
  { cluster }: ClusterLab,
  pairs: readonly LabPair[],
  node: Node,
): readonly ServiceDifference[] {
  const places = pairs.map((pair) => ({ ...pair, sources: sourcesOn(node, pair) }));
  const services = [...cluster.store.list('service')].filter(({ clusterIps }) => clusterIps.length > 0);
  return services.map((service) => {
    const key = objectKey(service.metadata.namespace, service.metadata.name);
    const slices = cluster.slices.of(key);
    const flows = places.flatMap((place) => differencesOf(service, place, readyEndpointOn(node, slices, place.family)));
    return { service: key, flows };
  });
}

/** Address of a ready endpoint of the family on a node; 0 for none. */
function readyEndpointOn(node: Node, slices: readonly EndpointSlice[], family: IpFamily): IpAddress {
  for (const slice of slices) {
    if (slice.family !== family) continue;
    const local = slice.endpoints.find((endpoint) => endpoint.node === node.index && endpoint.ready);
    if (local !== undefined) return local.address;
  }
  return 0;
}

function differencesOf(
  service: Service,
  { labs, family, sources }: LabPair & { readonly sources: TrialSources },
  endpoint: IpAddress,
): FlowDifference[] {
  const found: FlowDifference[] = [];
  for (const port of service.ports) {
    for (const { from, to, flow } of trialsOf(service, port, sources, endpoint)) {
      const a = fateOf(labs[0].explore(flow), flow.source);
      const b = fateOf(labs[1].explore(flow), flow.source);
      if (!sameFate(a, b)) found.push({ family, port: port.name, from, to, fates: [a, b] });
    }
  }
  return found;
}

function sourcesOn(node: Node, { family, labs }: LabPair): TrialSources {
  const { localIps } = labs[0].node;
  const primary = addressIn(node, family);
  const loopback = loopbackOf(family);
  const bridge = localIps.find((address) => address !== loopback && address !== primary);
  invariant(bridge !== undefined, 'node-bridge', 'a node has a bridge with an address');
  // Far behind the gateway, where no endpoint of a small cluster is; a pod that is an endpoint has a trial of its own.
  return { family, node, loopback, second: bridge, pod: ipPlus(bridge, 200), outside: outsideAddress(family) };
}
