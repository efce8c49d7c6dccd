/**
 * The chains that belong to one service port: KUBE-SVC, KUBE-EXT and one KUBE-SEP an endpoint.
 *
 * Mirrors syncProxyRules and writeServiceToEndpointRules (pkg/proxy/iptables/proxier.go, 1.33) for ClusterIP and NodePort with traffic
 * policy Cluster. Left out: policies Local, external IPs and load balancers, the `recent` rules of session affinity.
 * Rules are written straight into the rows: about 60 ns an endpoint.
 */
import { probabilityFraction, probabilityText } from '../../../kernel/iptables/probability.js';
import { ROW_CELLS, TargetKind } from '../../../kernel/iptables/rule-bits.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import type { ProxyOptions } from '../../proxier.js';
import type { ServicePort } from '../../service-port.js';
import { ServiceChainTag, ServiceText } from './chain-texts.js';

/** What one version of a service port has of its own. */
export interface ServiceChains {
  readonly port: ServicePort;
  /** KUBE-SVC; -1 without endpoints. */
  readonly cluster: number;
  /** KUBE-EXT; -1 without endpoints or node port. */
  readonly external: number;
}

/** Rules in a service port's own chains. */
export function ownRules(port: ServicePort, masqueradeRules: number): number {
  const count = port.endpoints.length;
  if (count === 0) return 0;
  return masqueradeRules + 3 * count + (port.nodePort === 0 ? 0 : 2);
}

/** Number of a service port's own chains. */
export function ownChains(port: ServicePort): number {
  const count = port.endpoints.length;
  return count === 0 ? 0 : 1 + count + (port.nodePort === 0 ? 0 : 1);
}

/** Writes service ports' own chains into the store. */
export class ServiceChainWriter {
  /** Rules that stand before those of the endpoints: 1 when traffic to the cluster address may be masqueraded. */
  readonly masqueradeRules: number;
  private readonly store: RuleStore;
  private readonly options: ProxyOptions;
  private readonly markMasquerade: number;
  /** By n: the kernel's fraction for 1/n. */
  private readonly fractions: number[] = [];

  /** @param markMasquerade handle of KUBE-MARK-MASQ */
  constructor(store: RuleStore, options: ProxyOptions, markMasquerade: number) {
    this.store = store;
    this.options = options;
    this.markMasquerade = markMasquerade;
    this.masqueradeRules = options.masqueradeAll || options.clusterCidr.bits > 0 ? 1 : 0;
  }

  /**
   * Adds the chains; nobody holds KUBE-SVC and KUBE-EXT yet.
   * @param commented false in large-cluster mode
   */
  write(port: ServicePort, commented: boolean): ServiceChains {
    if (port.endpoints.length === 0) return { port, cluster: -1, external: -1 };
    const text = new ServiceText(port, this.masqueradeRules, commented);
    const cluster = this.writeCluster(port, text);
    return { port, cluster, external: port.nodePort === 0 ? -1 : this.writeExternal(cluster, text) };
  }

  private writeCluster(port: ServicePort, text: ServiceText): number {
    const { store, masqueradeRules } = this;
    const { rows } = store;
    const count = port.endpoints.length;
    const chain = store.newChain(masqueradeRules + count, text, ServiceChainTag.cluster);
    let row = store.firstRow(chain);
    if (masqueradeRules > 0) {
      const { masqueradeAll, clusterCidr } = this.options;
      rows.matchDestination(row, port.clusterIp, 32, false);
      rows.matchPort(row, port.protocol, port.port);
      if (!masqueradeAll) rows.matchSource(row, clusterCidr.address, clusterCidr.bits, true);
      store.jump(row, this.markMasquerade);
      row += ROW_CELLS;
    }
    for (let i = 0; i < count; i++) {
      if (i < count - 1) rows.matchStatistic(row, this.fraction(count - i));
      store.jump(row, this.writeEndpoint(port, i, text));
      row += ROW_CELLS;
    }
    return chain;
  }

  private writeEndpoint(port: ServicePort, index: number, text: ServiceText): number {
    const { store } = this;
    const { rows } = store;
    const address = port.endpoints.address[index]!;
    const targetPort = port.endpoints.port[index]!;
    const chain = store.newChain(2, text, index);
    const row = store.firstRow(chain);
    rows.matchSource(row, address, 32, false);
    store.jump(row, this.markMasquerade);
    rows.matchProtocol(row + ROW_CELLS, port.protocol);
    rows.setTarget(row + ROW_CELLS, TargetKind.dnat, address, targetPort);
    return chain;
  }

  private writeExternal(cluster: number, text: ServiceText): number {
    const { store } = this;
    const chain = store.newChain(2, text, ServiceChainTag.external);
    store.jump(store.firstRow(chain), this.markMasquerade);
    store.jump(store.firstRow(chain) + ROW_CELLS, cluster);
    return chain;
  }

  private fraction(n: number): number {
    return (this.fractions[n] ??= probabilityFraction(probabilityText(n)));
  }
}
