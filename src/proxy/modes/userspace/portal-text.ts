/**
 * Name and comments of a chain of portals: kube-proxy comments each rule with the name of the service port
 * (pkg/proxy/userspace/proxier.go, v1.20); looked up when printed.
 */
import type { ChainText } from '../../../kernel/iptables/chain-text.js';
import type { ServicePort } from '../../service-port.js';
import type { Opening } from './openings.js';

/** Text of one chain. */
export class PortalText implements ChainText {
  /** Rules in the chain. */
  readonly length: number;
  private readonly chainName: string;
  private readonly openings: readonly Opening[];
  /** Position of each service port's first rule. */
  private readonly starts: Int32Array;

  /**
   * @param chainName name of the chain
   * @param openings service ports in the order of their rules
   * @param rulesOf how many rules a service port has in the chain
   */
  constructor(chainName: string, openings: readonly Opening[], rulesOf: (port: ServicePort) => number) {
    this.chainName = chainName;
    this.openings = openings;
    this.starts = new Int32Array(openings.length);
    let length = 0;
    for (let i = 0; i < openings.length; i++) {
      this.starts[i] = length;
      length += rulesOf(openings[i]!.port);
    }
    this.length = length;
  }

  name(): string {
    return this.chainName;
  }

  comment(_tag: number, position: number): string | undefined {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.starts[middle]! <= position) low = middle;
      else high = middle - 1;
    }
    return this.openings[low]?.port.displayName;
  }
}
