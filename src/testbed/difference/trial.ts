/**
 * The trials by which proxy modes are compared: for each way to a Service, one packet from each kind of source.
 *
 * Which ways there are is read from the Service alone, so that every mode is asked the same.
 */
import { addressIn, type Node, type Service, type ServicePortSpec } from '../../kube/index.js';

import { familyOf, inPrefix, ipPlus, ipv6Of, Protocol, type IpAddress, type IpFamily } from '../../net/index.js';
import type { Flow } from '../flow-outcome.js';

/** One packet to try. */
export interface Trial {
  /** From where to where, in words that are the same for all Services. */
  readonly from: string;
  readonly to: string;
  readonly flow: Flow;
}

/** Where packets can come from on the node that is looked at. */
export interface TrialSources {
  readonly family: IpFamily;
  /** A pod of the node that is no endpoint. */
  readonly pod: IpAddress;
  readonly node: Node;
  /** An address of the node beside its primary one, and its loopback address. */
  readonly second: IpAddress;
  readonly loopback: IpAddress;
  /** A machine outside of the cluster. */
  readonly outside: IpAddress;
}

/** A port that none of a Service's is: the first free one from here on. */
const WRONG_PORT = 9;

/**
 * The trials of one port of a Service.
 * @param endpoint address of an endpoint of the Service on this node, to try it as its own client; 0 for none
 */
export function trialsOf(
  service: Service,
  port: ServicePortSpec,
  sources: TrialSources,
  endpoint: IpAddress,
): readonly Trial[] {
  const { family, node, second, loopback } = sources;
  const ofFamily = (addresses: readonly IpAddress[]): readonly IpAddress[] =>
    addresses.filter((address) => familyOf(address) === family);
  const inside = insiders(sources, endpoint);
  const everybody: readonly (readonly [string, IpAddress])[] = [...inside, ['outside', sources.outside]];
  const trials: Trial[] = [];
  const add = (
    to: string,
    destination: IpAddress,
    destinationPort: number,
    from: readonly (readonly [string, IpAddress])[],
  ): void => {
    for (const [name, source] of from) {
      trials.push({ from: name, to, flow: { source, destination, destinationPort, protocol: port.protocol } });
    }
  };
  for (const address of ofFamily(service.clusterIps)) {
    add('cluster IP', address, port.port, everybody);
    add('cluster IP, other port', address, wrongPort(service), inside.slice(0, 1));
  }
  for (const address of ofFamily(service.externalIps)) add('external IP', address, port.port, everybody);
  const ranged = inRange(service, sources);
  for (const address of ofFamily(service.loadBalancerVips)) {
    add('load-balancer IP', address, port.port, ranged === 0 ? everybody : [...everybody, ['allowed source', ranged]]);
  }
  if (port.nodePort !== 0) {
    add('node port', addressIn(node, family), port.nodePort, everybody);
    add('node port on bridge IP', second, port.nodePort, inside.slice(0, 1));
    add('node port on loopback', loopback, port.nodePort, [['node (loopback)', loopback]]);
  }
  if (service.healthCheckNodePort !== 0 && port === service.ports[0]) {
    const flow = {
      source: sources.outside,
      destination: addressIn(node, family),
      destinationPort: service.healthCheckNodePort,
      protocol: Protocol.tcp,
    };
    trials.push({ from: 'outside', to: 'health-check node port', flow });
  }
  return trials;
}

function insiders({ pod, node, family }: TrialSources, endpoint: IpAddress): (readonly [string, IpAddress])[] {
  const list: (readonly [string, IpAddress])[] = [
    ['pod', pod],
    ['node', addressIn(node, family)],
  ];
  if (endpoint !== 0) list.push(['its own endpoint', endpoint]);
  return list;
}

function wrongPort({ ports }: Service): number {
  let port = WRONG_PORT;
  while (ports.some((known) => known.port === port)) port++;
  return port;
}

/** An outside address that the Service's source ranges let in; 0 when there is no such range of the family. */
function inRange({ sourceRanges }: Service, { family, outside }: TrialSources): IpAddress {
  const range = sourceRanges.find(({ address }) => familyOf(address) === family);
  if (range === undefined || inPrefix(outside, range.address, range.bits)) return 0;
  return range.bits === (family === 4 ? 32 : 128) ? range.address : ipPlus(range.address, 1);
}

/** A machine that no cluster has: 198.51.100.77 or 2001:db8:77::77, of the documentation ranges (RFC 5737, RFC 3849). */
export function outsideAddress(family: IpFamily): IpAddress {
  return family === 4 ? 0xc633644d : ipv6Of(0x20010db8, 0x00770000, 0, 0x77);
}
