/**
 * The own chains of one version of a service port in all their variants: by the endpoints that nodes choose, by whether the node stands
 * in the source ranges, and by detector. Nodes with the same answers use the same chains, and variants share what is the
 * same in them: endpoints' chains always, KUBE-SVC and KUBE-SVL where their endpoints are the same.
 *
 * The chains are held until the last table version that uses the service port lets go.
 */
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import type { PortPlan } from '../../port-plan.js';
import type { EndpointChains, ServiceChains, ServiceChainWriter } from './service-chains.js';

/** Variants of one detector. */
interface DetectorChains {
  readonly cluster: Map<EndpointList, number>;
  readonly local: Map<EndpointList, number>;
  /** By number of the choice, and whether the node is allowed. */
  readonly variants: Map<number, ServiceChains>;
}

/** Chains of one version of a service port. */
export class PortChains {
  /** Table versions that use them. */
  users = 0;
  readonly port: ServicePort;
  private readonly store: RuleStore;
  private readonly endpoints: EndpointChains = new Map();
  private readonly byWriter = new Map<ServiceChainWriter, DetectorChains>();
  private readonly held: number[] = [];

  /** @param port the service port, in the version that the chains are for */
  constructor(store: RuleStore, port: ServicePort) {
    this.store = store;
    this.port = port;
  }

  /**
   * The chains for a plan.
   * @param writer that of the nodes' detector
   * @param commented false in large-cluster mode; counts for chains that are not there yet
   */
  of(writer: ServiceChainWriter, plan: PortPlan, commented: boolean): ServiceChains {
    let chains = this.byWriter.get(writer);
    if (chains === undefined) {
      chains = { cluster: new Map(), local: new Map(), variants: new Map() };
      this.byWriter.set(writer, chains);
    }
    const key = plan.choice.id * 2 + (plan.nodeAllowed ? 1 : 0);
    let variant = chains.variants.get(key);
    if (variant === undefined) {
      variant = this.write(writer, chains, plan, commented);
      chains.variants.set(key, variant);
    }
    return variant;
  }

  /** Lets all chains go. */
  release(): void {
    for (const chain of this.held) this.store.release(chain);
    this.held.length = 0;
  }

  private write(writer: ServiceChainWriter, chains: DetectorChains, plan: PortPlan, commented: boolean): ServiceChains {
    const policy = (
      prefix: 'KUBE-SVC-' | 'KUBE-SVL-',
      list: EndpointList | null,
      made: Map<EndpointList, number>,
    ): number => {
      if (list === null) return -1;
      let chain = made.get(list);
      if (chain === undefined) {
        chain = this.hold(writer.policy(prefix, plan, list, commented, this.endpoints));
        made.set(list, chain);
      }
      return chain;
    };
    const cluster = policy('KUBE-SVC-', plan.cluster, chains.cluster);
    const local = policy('KUBE-SVL-', plan.local, chains.local);
    const external = plan.hasExternal ? this.hold(writer.external(plan, cluster, local)) : -1;
    const firewall = plan.hasFirewall ? this.hold(writer.firewall(plan, external)) : -1;
    return { plan, cluster, local, external, firewall };
  }

  private hold(chain: number): number {
    this.store.retain(chain);
    this.held.push(chain);
    return chain;
  }
}
