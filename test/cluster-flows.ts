/** Packets that try a small cluster: to each frontend of its Services from each kind of source. */
import type { Service } from '../src/kube/api.js';
import { formatIp, parseIp, Protocol, type IpAddress } from '../src/net/index.js';
import { PLACES, type PlannedCluster } from './planned-cluster.js';

/** The first packet of a connection. */
export interface ClusterFlow {
  readonly name: string;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  readonly protocol: number;
  /** Whether session affinity may hold the source to one endpoint. */
  readonly sticky: boolean;
}

const ip = (text: string): IpAddress => parseIp(text)!;

/** Packets to every frontend of a cluster from every kind of source, and some that are for no service. */
export function flowsOf(cluster: PlannedCluster): ClusterFlow[] {
  const at = PLACES[cluster.family];
  const sources = {
    'pod here': `${at.localPods}250`,
    'pod elsewhere': `${at.remotePods}250`,
    'in range': at.inRange,
    outside: at.outside,
    node: at.node,
  };
  const flows: ClusterFlow[] = [];
  for (const [index, service] of cluster.services.entries()) {
    const endpoint = cluster.slices[index]!.endpoints[0]?.address;
    const from = [...Object.entries(sources).map(([name, text]) => [name, ip(text)] as const)];
    if (endpoint !== undefined) from.push(['own endpoint', endpoint]);
    for (const port of service.ports) {
      for (const [to, destination, destinationPort] of frontends(service, port, cluster)) {
        for (const [name, source] of from) {
          flows.push({
            name: `${name} to ${to} of ${service.metadata.name}:${port.name}`,
            source,
            destination,
            destinationPort,
            protocol: port.protocol,
            sticky: service.affinitySeconds > 0,
          });
        }
      }
    }
  }
  return flows;
}

/** Packets from the node's own addresses to node ports, on loopback too; to health-check ports; from a VIP to itself. */
export function rarerFlowsOf({ family, node, services }: PlannedCluster): ClusterFlow[] {
  const at = PLACES[family];
  const flows: ClusterFlow[] = [];
  for (const service of services) {
    const add = (from: keyof typeof at | IpAddress, destination: IpAddress, port: number, protocol: number): void => {
      flows.push({
        name: `${typeof from === 'number' ? 'itself' : from} to ${formatIp(destination)}, port ${port}`,
        source: typeof from === 'number' ? from : ip(at[from]),
        destination,
        destinationPort: port,
        protocol,
        sticky: service.affinitySeconds > 0,
      });
    };
    for (const { port, nodePort, protocol } of service.ports) {
      add('second', service.clusterIp, port, protocol);
      for (const vip of service.loadBalancerVips) add(vip, vip, port, protocol);
      if (nodePort === 0) continue;
      add('loopback', ip(at.loopback), nodePort, protocol);
      add('node', ip(at.loopback), nodePort, protocol);
      // What comes back to ::1 from another machine is dropped by the kernel: no rules can make that work.
      if (family === 4) add('loopback', node.ip, nodePort, protocol);
      add('second', node.ip, nodePort, protocol);
    }
    if (service.healthCheckNodePort === 0) continue;
    add('outside', node.ip, service.healthCheckNodePort, Protocol.tcp);
    add('node', node.ip, service.healthCheckNodePort, Protocol.tcp);
  }
  return flows;
}

function frontends(
  service: Service,
  port: Service['ports'][number],
  { family, node }: PlannedCluster,
): [string, IpAddress, number][] {
  const list: [string, IpAddress, number][] = [
    ['cluster IP', service.clusterIp, port.port],
    ['wrong port', service.clusterIp, 999],
    ...service.externalIps.map((address): [string, IpAddress, number] => ['external IP', address, port.port]),
    ...service.loadBalancerVips.map((address): [string, IpAddress, number] => ['VIP', address, port.port]),
  ];
  if (port.nodePort !== 0) {
    list.push(['node port', node.ip, port.nodePort], ['node port', ip(PLACES[family].second), port.nodePort]);
  }
  return list;
}
