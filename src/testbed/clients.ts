/**
 * Clients: pods dealt out over nodes, processes of the nodes themselves, or machines outside of the cluster, and what they dial.
 *
 * Clients outside reach everything that is no node's address through one node each, dealt out over all, or through whichever `FlowSpread` chooses.
 *
 * Targets are the service ports of the workload's protocol that have an address of the wanted kind, in the order of their creation; a port with
 * several such addresses is one target for each. Outside clients are plugged into the underlay's switch: they reach nodes directly, and
 * everything else (cluster, load-balancer and external addresses) through one node each, dealt out over all nodes.
 */
import { addressIn, INGRESS_PORT, INGRESS_SERVICE, type Cluster, type Node } from '../kube/index.js';
import { protocolName, type IpAddress, type IpPrefix } from '../net/index.js';
import type { Ledger, ServicePort } from '../proxy/index.js';
import type { ClusterOptions, WorkloadOptions } from '../scenario/case.js';
import { CaseError } from './case-error.js';
import type { Foundation } from './foundation.js';
import type { TargetPlan } from './socket-bridge.js';
import type { FlowSpread } from './ways-in/flow-spread.js';

type Frontend = WorkloadOptions['frontend'];

/** What is dialled; address 0 stands for the node, or machine of an ingress proxy, that the client comes in by. */
interface Entrance {
  readonly address: IpAddress;
  readonly port: number;
}

/** One address and port of a service. */
export interface DialTarget extends Entrance {
  readonly service: ServicePort;
}

/** What is dialled where proxies of Ingresses are machines outside of the cluster. */
const OUTSIDE_PROXIES: readonly Entrance[] = [{ address: 0, port: INGRESS_PORT }];

const FRONTENDS: Readonly<Record<Frontend, string>> = {
  'cluster-ip': 'a cluster address',
  'node-port': 'a node port',
  'load-balancer': 'a load-balancer address',
  'external-ip': 'an external address',
  ecmp: 'a cluster address',
  ingress: 'proxies of Ingresses behind it',
};

/** What clients dial. */
export class Clients implements TargetPlan {
  /** Service ports that are dialled, in the order of the Services' creation; none where proxies outside of the cluster are. */
  readonly targets: readonly DialTarget[];
  private readonly entrances: readonly Entrance[];
  /** Address of the node that each client dials node ports on, or of its ingress proxy outside. */
  private readonly entries: IpAddress[] = [];

  /**
   * Makes the clients.
   * @throws CaseError when there is nothing to dial
   */
  constructor(parts: {
    readonly base: Foundation;
    readonly cluster: Cluster;
    /** Service ports of the family that is dialled. */
    readonly ledger: Ledger;
    readonly workload: WorkloadOptions;
    readonly options: ClusterOptions;
    readonly protocol: number;
    /** Addresses of ingress proxies outside of the cluster, over which clients are dealt out; absent: there are none. */
    readonly outside?: readonly IpAddress[] | undefined;
    /** Which node takes what clients outside send to other addresses than nodes'; absent: one node each. */
    readonly spread?: FlowSpread | undefined;
    /** Which of the ports are dialled; default: all. */
    readonly dials?: (service: ServicePort) => boolean;
  }) {
    const { base, cluster, ledger, workload, options, protocol, spread, outside, dials = () => true } = parts;
    this.targets = outside === undefined ? dialled(ledger, protocol, workload, dials, options) : [];
    this.entrances = outside === undefined ? this.targets : OUTSIDE_PROXIES;
    const nodes = entryNodes(cluster, options).map((node) => addressIn(node, workload.ipFamily));
    for (let client = 0; client < workload.clients; client++) {
      const entry = nodes[client % nodes.length]!;
      this.entries.push(outside === undefined ? entry : outside[client % outside.length]!);
      const host =
        workload.placement === 'external'
          ? addOutsider({ base, cluster, options, workload, entry, spread })
          : addInside(base, cluster, workload, client);
      base.transport.setPorts(host, workload.ephemeralPorts);
      base.bridge.clientHosts.push(host);
    }
  }

  /** See `TargetPlan`. */
  address(client: number, target: number): IpAddress {
    return this.entrances[target]!.address || this.entries[client]!;
  }

  /** See `TargetPlan`. */
  port(_client: number, target: number): number {
    return this.entrances[target]!.port;
  }
}

function addInside(base: Foundation, cluster: Cluster, workload: WorkloadOptions, client: number): number {
  const turn = client % Math.min(workload.clientNodes, cluster.nodes.length);
  if (workload.placement === 'nodes') return base.nodeHosts[turn]!;
  const { node, ip, secondIp } = cluster.placeClient(turn);
  return base.addPod(ip, node, secondIp);
}

function addOutsider(parts: {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly options: ClusterOptions;
  readonly workload: WorkloadOptions;
  readonly entry: IpAddress;
  readonly spread: FlowSpread | undefined;
}): number {
  const { base, cluster, options, entry, spread } = parts;
  const { ipFamily } = parts.workload;
  const address = cluster.nextHostAddress(ipFamily);
  const onLink: readonly IpPrefix[] = [ipFamily === 4 ? options.nodeCidr : options.nodeCidr6];
  const link = base.links.add(options.link, base.switch);
  const host = base.addOutsider({ address, link, onLink, gateways: [entry], ...(spread && { spread }) });
  const arrive = (packet: number): void => {
    spread?.cameBack?.(packet);
    base.bridge.deliver(packet, host);
  };
  base.switch.plug(address, base.links.add(options.link, { receive: arrive }));
  return host;
}

function dialled(
  ledger: Ledger,
  protocol: number,
  { frontend, kind }: WorkloadOptions,
  dials: (service: ServicePort) => boolean,
  options: ClusterOptions,
): readonly DialTarget[] {
  const ports = ledger
    .keysAt(ledger.revision)
    .map((key) => ledger.portAt(key, ledger.revision))
    .filter((port) => port !== undefined)
    .filter(dials);
  const targets = ports
    .filter((port) => port.protocol === protocol)
    .flatMap((port) => targetsOf(port, frontend, options));
  if (targets.length > 0) return targets;
  const needed = `${protocolName(protocol).toUpperCase()} port with ${FRONTENDS[frontend]}`;
  throw new CaseError(`no Service port to talk to: workload ${kind} needs a ${needed}`);
}

function targetsOf(service: ServicePort, frontend: Frontend, options: ClusterOptions): readonly DialTarget[] {
  const { port, nodePort } = service;
  const at = (address: IpAddress): DialTarget => ({ service, address, port });
  switch (frontend) {
    case 'cluster-ip':
    case 'ecmp':
      return [at(service.clusterIp)];
    case 'node-port':
      return nodePort === 0 ? [] : [{ service, address: 0, port: nodePort }];
    case 'load-balancer':
      return service.loadBalancerVips.map(at);
    case 'external-ip':
      return service.externalIps.map(at);
    case 'ingress':
      return proxiesOf(service, options);
  }
}

/** Where proxies of Ingresses are dialled: one entrance for all hosts and paths. */
function proxiesOf(service: ServicePort, options: ClusterOptions): readonly DialTarget[] {
  const { namespace, name } = INGRESS_SERVICE;
  const isTheirs = service.namespace === namespace && service.service === name && service.port === INGRESS_PORT;
  const exposure = options.ingress?.exposure;
  if (!isTheirs || exposure === undefined) return [];
  if (exposure === 'outside') return [];
  if (exposure === 'host-network') return [{ service, address: 0, port: INGRESS_PORT }];
  return targetsOf(service, exposure, options).slice(0, 1);
}

/** Nodes that clients go in by: all, or those in whose networks there are proxies. */
function entryNodes({ nodes, store }: Cluster, { ingress }: ClusterOptions): readonly Node[] {
  if (ingress?.exposure !== 'host-network') return nodes;
  const { namespace, name } = INGRESS_SERVICE;
  const entered = new Set<number>();
  for (const { metadata, hostNetwork, node } of store.list('pod')) {
    if (hostNetwork && metadata.namespace === namespace && metadata.name.startsWith(name)) entered.add(node);
  }
  return nodes.filter(({ index }) => entered.has(index));
}
