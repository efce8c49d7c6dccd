/**
 * The rules that lead to a proxy's sockets, in chains that all nodes share.
 *
 * Mirrors openPortal and its parts (pkg/proxy/userspace/proxier.go, v1.20, proxy bound to all addresses): for the cluster address and each
 * load-balancer address one rule for what comes in and one for what the node sends; for an external address two and one, since it must not
 * catch what comes in over the bridge unless the address is the node's own; for a node port one each, and one that lets it through INPUT.
 * What comes in is redirected to the address of the device by which it came, what the node sends goes to the node's own address.
 * kube-proxy appends rules in the random order of a Go map; here they stand in the order of the service ports' creation.
 * Cost: 50 ns a rule.
 */
import { CtState } from '../../../kernel/hook.js';
import { NODE_ADDRESS } from '../../../kernel/iptables/rule.js';
import { ROW_CELLS, RuleBit, RuleWord, TargetKind } from '../../../kernel/iptables/rule-bits.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { addressBits, familyOf, type IpAddress } from '../../../net/index.js';
import type { ServicePort } from '../../service-port.js';
import type { Opening } from './openings.js';
import { PortalText } from './portal-text.js';

/** Handles of the chains. */
export interface PortalChains {
  readonly containerPortals: number;
  readonly hostPortals: number;
  readonly containerNodePorts: number;
  readonly hostNodePorts: number;
  readonly nonLocalNodePorts: number;
}

/** Rules of one service port in each table. */
export function portalRuleCounts(port: ServicePort): { readonly nat: number; readonly filter: number } {
  const ofNodePort = port.nodePort === 0 ? 0 : 1;
  return { nat: containerRules(port) + hostRules(port) + 2 * ofNodePort, filter: ofNodePort };
}

/** Adds the chains for some sockets; nobody holds them yet. */
export function writePortalChains(store: RuleStore, openings: readonly Opening[]): PortalChains {
  const onNodePorts = openings.filter(({ port }) => port.nodePort !== 0);
  return {
    containerPortals: writeContainerPortals(
      new PortalWriter(store, 'KUBE-PORTALS-CONTAINER', openings, containerRules),
    ),
    hostPortals: writeHostPortals(new PortalWriter(store, 'KUBE-PORTALS-HOST', openings, hostRules)),
    containerNodePorts: writeNodePorts(new PortalWriter(store, 'KUBE-NODEPORT-CONTAINER', onNodePorts), 'redirect'),
    hostNodePorts: writeNodePorts(new PortalWriter(store, 'KUBE-NODEPORT-HOST', onNodePorts), 'dnat'),
    nonLocalNodePorts: writeNonLocal(new PortalWriter(store, 'KUBE-NODEPORT-NON-LOCAL', onNodePorts)),
  };
}

function containerRules({ externalIps, loadBalancerVips }: ServicePort): number {
  return 1 + 2 * externalIps.length + loadBalancerVips.length;
}

function hostRules({ externalIps, loadBalancerVips }: ServicePort): number {
  return 1 + externalIps.length + loadBalancerVips.length;
}

function writeContainerPortals(writer: PortalWriter): number {
  for (const opening of writer.openings) {
    const { port } = opening;
    writer.portal(opening, port.clusterIp, 'redirect');
    for (const address of port.externalIps) {
      writer.portal(opening, address, 'redirect', RuleBit.notFromBridge);
      writer.portal(opening, address, 'redirect', RuleBit.destinationLocal);
    }
    for (const address of port.loadBalancerVips) writer.portal(opening, address, 'redirect');
  }
  return writer.chain;
}

function writeHostPortals(writer: PortalWriter): number {
  for (const opening of writer.openings) {
    const { port } = opening;
    writer.portal(opening, port.clusterIp, 'dnat');
    for (const address of port.externalIps) writer.portal(opening, address, 'dnat', RuleBit.destinationLocal);
    for (const address of port.loadBalancerVips) writer.portal(opening, address, 'dnat');
  }
  return writer.chain;
}

function writeNodePorts(writer: PortalWriter, target: 'redirect' | 'dnat'): number {
  for (const opening of writer.openings) writer.toProxy(opening, opening.port.nodePort, target);
  return writer.chain;
}

function writeNonLocal(writer: PortalWriter): number {
  for (const opening of writer.openings) writer.letThrough(opening);
  return writer.chain;
}

/** Writes one chain row by row. */
class PortalWriter {
  readonly chain: number;
  readonly openings: readonly Opening[];
  private readonly store: RuleStore;
  private row: number;

  /**
   * @param name the chain's name
   * @param openings the sockets that it leads to
   * @param rulesOf rules of a service port in it; 1 by default
   */
  constructor(
    store: RuleStore,
    name: string,
    openings: readonly Opening[],
    rulesOf: (port: ServicePort) => number = () => 1,
  ) {
    this.store = store;
    this.openings = openings;
    const text = new PortalText(name, openings, rulesOf);
    this.chain = store.newChain(text.length, text, 0);
    this.row = store.firstRow(this.chain);
  }

  /** One rule for an address of a service port. */
  portal(opening: Opening, address: IpAddress, target: 'redirect' | 'dnat', flags = 0): void {
    const { rows } = this.store;
    rows.matchDestination(this.row, address, addressBits(familyOf(address)), false);
    rows.matchFlags(this.row, flags);
    this.toProxy(opening, opening.port.port, target);
  }

  /** One rule that sends what comes to a port to the proxy's socket. */
  toProxy({ port, proxyPort }: Opening, destinationPort: number, target: 'redirect' | 'dnat'): void {
    const { rows } = this.store;
    rows.matchPort(this.row, port.protocol, destinationPort);
    if (target === 'redirect') rows.setTarget(this.row, TargetKind.redirect, 0, proxyPort);
    else rows.setTarget(this.row, TargetKind.dnat, NODE_ADDRESS, proxyPort);
    this.row += ROW_CELLS;
  }

  /** One rule that accepts new connections to the proxy's socket. */
  letThrough({ port, proxyPort }: Opening): void {
    const { rows } = this.store;
    rows.matchPort(this.row, port.protocol, proxyPort);
    rows.matchFlags(this.row, RuleBit.state | (CtState.new << RuleWord.stateShift));
    rows.setTarget(this.row, TargetKind.accept);
    this.row += ROW_CELLS;
  }
}
