/**
 * Names and comments of kube-proxy's chains, as it writes them (pkg/proxy/iptables/proxier.go, 1.33); made when printed.
 */
import { formatIpv4 } from '../../../net/index.js';
import type { ChainText } from '../../../kernel/iptables/chain-text.js';
import type { ServicePort } from '../../service-port.js';
import { endpointChainName, serviceChainName } from './chain-name.js';

/** Tags of a service port's chains; an endpoint's chain has the endpoint's index. */
export const ServiceChainTag = { cluster: -1, external: -2 } as const;

/** Text of all chains that belong to one version of a service port. */
export class ServiceText implements ChainText {
  private readonly port: ServicePort;
  private readonly masqueradeRules: number;
  private readonly commented: boolean;

  /**
   * @param port the service port
   * @param masqueradeRules rules before those of the endpoints, 0 or 1
   * @param commented false in large-cluster mode, where endpoint rules have no comments
   */
  constructor(port: ServicePort, masqueradeRules: number, commented: boolean) {
    this.port = port;
    this.masqueradeRules = masqueradeRules;
    this.commented = commented;
  }

  name(tag: number): string {
    const { displayName, protocol, endpoints } = this.port;
    if (tag === ServiceChainTag.cluster) return serviceChainName('KUBE-SVC-', displayName, protocol);
    if (tag === ServiceChainTag.external) return serviceChainName('KUBE-EXT-', displayName, protocol);
    return endpointChainName(displayName, protocol, endpoints.address[tag]!, endpoints.port[tag]!);
  }

  comment(tag: number, position: number): string | undefined {
    const { displayName, endpoints } = this.port;
    if (tag === ServiceChainTag.external)
      return position === 0 ? `masquerade traffic for ${displayName} external destinations` : undefined;
    if (tag === ServiceChainTag.cluster) {
      const endpoint = position - this.masqueradeRules;
      if (endpoint < 0) return `${displayName} cluster IP`;
      if (!this.commented) return undefined;
      return `${displayName} -> ${formatIpv4(endpoints.address[endpoint]!)}:${endpoints.port[endpoint]!}`;
    }
    return this.commented ? displayName : undefined;
  }
}

/** Text of a chain that has one rule a service port. */
export class DispatchText implements ChainText {
  private readonly chainName: string;
  private readonly ports: readonly ServicePort[];
  private readonly suffix: string;
  private readonly tail: string | undefined;

  /**
   * @param chainName the chain's name
   * @param ports the service ports in the order of their rules
   * @param suffix what follows a port's name in the comment
   * @param tail comment of rules behind theirs
   */
  constructor(chainName: string, ports: readonly ServicePort[], suffix: string, tail?: string) {
    this.chainName = chainName;
    this.ports = ports;
    this.suffix = suffix;
    this.tail = tail;
  }

  name(): string {
    return this.chainName;
  }

  comment(_tag: number, position: number): string | undefined {
    const port = this.ports[position];
    return port === undefined ? this.tail : port.displayName + this.suffix;
  }
}
