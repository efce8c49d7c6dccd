/**
 * Who may use load-balancer addresses with source ranges from the node itself: KUBE-LOAD-BALANCER-SOURCE-IP and KUBE-IPVS-OUT-FILTER.
 *
 * A process of a node that dials an address on kube-ipvs0 has that address for its source. Where a range holds the node's primary
 * address, such packets are let in; else they are dropped on their way out (pkg/proxy/ipvs/proxier.go, v1.30). Nodes for which the ranges say
 * the same share one answer. Cost: O(ranges) a node and revision in which they change.
 */
import type { IpSet } from '../../../kernel/index.js';
import { inPrefix, type IpAddress, type IpFamily } from '../../../net/index.js';
import type { ServicePort } from '../../service-port.js';
import { emptySet, SetHandle } from './ip-sets.js';

/** A load-balancer address that a node may not use. */
export interface Barred {
  readonly address: IpAddress;
  readonly protocol: number;
  readonly port: number;
}

/** What the ranges say to a node. */
export interface FirewallVariant {
  /** Tells variants apart within a run. */
  readonly id: number;
  /** Entries of KUBE-LOAD-BALANCER-SOURCE-IP. */
  readonly sourceIps: IpSet;
  readonly barred: readonly Barred[];
}

/** The variants of a run. */
export class FirewallVariants {
  private readonly family: IpFamily;
  /** By the service ports that have ranges; within, by what these say. */
  private readonly known = new WeakMap<readonly ServicePort[], Map<string, FirewallVariant>>();
  private made = 0;

  /** @param family of the addresses */
  constructor(family: IpFamily) {
    this.family = family;
  }

  /**
   * The variant of a node.
   * @param ports service ports with ranges; the same array while nothing changes
   * @param node primary address of the node
   */
  of(ports: readonly ServicePort[], node: IpAddress): FirewallVariant {
    let variants = this.known.get(ports);
    if (variants === undefined) this.known.set(ports, (variants = new Map<string, FirewallVariant>()));
    const lets = ports.map(({ sourceRanges }) => sourceRanges.some((each) => inPrefix(node, each.address, each.bits)));
    const key = lets.map((each) => (each ? '1' : '0')).join('');
    let variant = variants.get(key);
    if (variant === undefined) variants.set(key, (variant = this.make(ports, lets)));
    return variant;
  }

  private make(ports: readonly ServicePort[], lets: readonly boolean[]): FirewallVariant {
    const sourceIps = emptySet(SetHandle.loadBalancerSourceIp, this.family);
    const barred: Barred[] = [];
    ports.forEach(({ protocol, port, loadBalancerVips }, i) => {
      for (const address of loadBalancerVips) {
        if (lets[i] === true) sourceIps.add(address, protocol, port, address);
        else barred.push({ address, protocol, port });
      }
    });
    return { id: this.made++, sourceIps, barred };
  }
}
