/**
 * Ingress proxies outside of the cluster: a layer 7 load balancer whose controller follows EndpointSlices and which dials pods directly.
 *
 * So work the load balancers of clouds with pods as targets (AWS, target type `ip`; container-native load balancing of GKE): no node port, no cluster IP and
 * no rule of kube-proxy is on the way. Each proxy is a machine on the underlay with routes to the pods; clients are dealt out over their addresses, as by DNS.
 */
import { INGRESS_PORT, type Cluster } from '../../kube/index.js';
import type { IpFamily } from '../../net/index.js';
import type { ClusterOptions } from '../../scenario/case.js';
import type { Stations } from '../../workload/index.js';
import type { Foundation } from '../foundation.js';
import { addMachine, type OutsideMachine } from '../ways-in/index.js';
import { INGRESS_KEY, type IngressTraffic } from './ingress-traffic.js';

/** Makes the machines. @returns them; undefined where the proxies are in the cluster */
export function outsideProxies(parts: {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly options: ClusterOptions;
  readonly family: IpFamily;
  readonly stations: Stations;
  readonly traffic: IngressTraffic | undefined;
}): readonly OutsideMachine[] | undefined {
  const { base, cluster, options, family, stations, traffic } = parts;
  const { ingress } = options;
  if (traffic === undefined || ingress?.exposure !== 'outside') return undefined;
  return Array.from({ length: ingress.replicas }, (_, index) => {
    const machine = addMachine({ base, cluster, options, family });
    const { host, address } = machine;
    base.hosts.listen(host, INGRESS_PORT);
    base.bridge.serve(host, stations.add(index, traffic.kindOf(INGRESS_KEY)));
    traffic.addHost(address, host);
    return machine;
  });
}
