/** Machines outside of the cluster that are no clients: balancers and proxies, on the underlay, with routes to all pods. */
import type { Cluster } from '../../kube/index.js';
import type { IpAddress, IpFamily } from '../../net/index.js';
import type { ClusterOptions } from '../../scenario/case.js';
import type { Foundation } from '../foundation.js';
import { PodRoutes } from './pod-routes.js';

/** Source ports of such a machine, which does nothing else (net.ipv4.ip_local_port_range, widened as balancers have it). */
const PORTS = { first: 1024, last: 65_535 } as const;

/** A machine. */
export interface OutsideMachine {
  readonly host: number;
  /** Its own address in the family that it is known by. */
  readonly address: IpAddress;
}

/**
 * Plugs a machine into the underlay.
 * @param parts `more`: addresses beside its own that it takes packets for. It has an address of each of the cluster's families; `family` is that of the one
 * that it is known by
 */
export function addMachine(parts: {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly options: Pick<ClusterOptions, 'link' | 'nodeCidr' | 'nodeCidr6'>;
  readonly family: IpFamily;
  readonly more?: readonly IpAddress[];
}): OutsideMachine {
  const { base, cluster, options, family, more = [] } = parts;
  const { families } = cluster;
  const address = cluster.nextHostAddress(family);
  const others = families.filter((own) => own !== family).map((own) => cluster.nextHostAddress(own));
  const onLink = families.map((own) => (own === 4 ? options.nodeCidr : options.nodeCidr6));
  const link = base.links.add(options.link, base.switch);
  const spread = new PodRoutes(base.packets, cluster, ...families);
  const [secondAddress = 0] = others;
  const host = base.addOutsider({ address, secondAddress, link, onLink, gateways: [], spread });
  base.transport.setPorts(host, PORTS);
  const wire = base.links.add(options.link, { receive: (packet) => base.bridge.deliver(packet, host) });
  for (const own of [address, ...others, ...more]) base.switch.plug(own, wire);
  return { host, address };
}
