/**
 * Names and comments of a service port's own chains, as kube-proxy writes them (pkg/proxy/nftables/proxier.go, 1.34); made when printed.
 */
import type { ChainText } from '../../../kernel/iptables/chain-text.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import { endpointNameBase, portNameBase } from './chain-name.js';

/** Tags of a service port's chains; an endpoint's chain has the endpoint's place in the list of those reachable. */
export const OwnTag = { service: -1, local: -2, external: -3, firewall: -4 } as const;

/** One of the tags below 0. */
export type OwnTag = (typeof OwnTag)[keyof typeof OwnTag];

const PREFIXES = {
  [OwnTag.service]: 'service-',
  [OwnTag.local]: 'local-',
  [OwnTag.external]: 'external-',
  [OwnTag.firewall]: 'firewall-',
};

/** Comments of `external-` with policy Local. */
const SHORT_CIRCUIT_POD = 'short-circuit pod traffic';
const MASQUERADE_LOCAL = 'masquerade local traffic';
const SHORT_CIRCUIT_LOCAL = 'short-circuit local traffic';

/** Name of one of a service port's own chains. */
export function ownChainName(port: ServicePort, tag: OwnTag): string {
  return PREFIXES[tag] + portNameBase(port);
}

/** Text of all chains of one variant of a service port. */
export class PortText implements ChainText {
  private readonly port: ServicePort;
  private readonly endpoints: EndpointList;
  private readonly detectorRules: number;

  /**
   * @param port the service port
   * @param endpoints those that have a chain
   * @param detectorRules rules for packets of pods in `external-` with policy Local, 0 or 1
   */
  constructor(port: ServicePort, endpoints: EndpointList, detectorRules: number) {
    this.port = port;
    this.endpoints = endpoints;
    this.detectorRules = detectorRules;
  }

  name(tag: number): string {
    const { port, endpoints } = this;
    if (tag < 0) return ownChainName(port, tag as OwnTag);
    return `endpoint-${endpointNameBase(port, endpoints.address[tag]!, endpoints.port[tag]!)}`;
  }

  comment(tag: number, position: number): string | undefined {
    if (tag !== OwnTag.external || !this.port.externalLocal) return undefined;
    if (position < this.detectorRules) return SHORT_CIRCUIT_POD;
    return [MASQUERADE_LOCAL, SHORT_CIRCUIT_LOCAL][position - this.detectorRules];
  }
}
