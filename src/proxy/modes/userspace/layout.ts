/**
 * The part of a version that does not change with endpoints: which sockets are open, and the rules that lead to them.
 *
 * Versions in which only endpoints differ share it. Cost: O(service ports) when a service port comes, goes or changes.
 */
import { Hook } from '../../../kernel/hook.js';
import { Owner, Table, type Netfilter } from '../../../kernel/iptables/netfilter.js';
import type { RuleSpec } from '../../../kernel/iptables/rule.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { AddressMap } from '../../../net/index.js';
import type { ServicePort } from '../../service-port.js';
import type { Opening, Openings } from './openings.js';
import { portalRuleCounts, writePortalChains, type PortalChains } from './portal-rules.js';

/** The proxy's fragments of the built-in chains. */
export interface BaseChains {
  readonly natPrerouting: number;
  readonly natOutput: number;
  readonly filterInput: number;
}

/** Sockets and rules. */
export interface Layout {
  /** Number of it, never used again. */
  readonly id: number;
  /** By place among the service ports; null for one that is not served. */
  readonly openings: readonly (Opening | null)[];
  /** Place of the service port behind a proxy port, by `portKey`. */
  readonly byProxyPort: AddressMap;
  /** Places of the openings, by number. */
  readonly byId: AddressMap;
  readonly chains: PortalChains;
  readonly bases: BaseChains;
  /** Rules in each table, built-in chains aside. */
  readonly natRules: number;
  readonly filterRules: number;
  /** Openings of service ports with an address besides their cluster address. */
  readonly external: readonly Opening[];
  /** Versions that have it. */
  holders: number;
}

/** kube-proxy's own chains, nat and filter together. */
export const PORTAL_CHAINS = 5;

/** A proxy port as a number. */
export function portKey(protocol: number, proxyPort: number): number {
  return protocol * 65536 + proxyPort;
}

/**
 * Opens sockets for service ports and writes the rules.
 * @param id its number
 */
export function makeLayout(store: RuleStore, openings: Openings, ports: readonly ServicePort[], id: number): Layout {
  const taken = ports.map((port) => openings.take(port));
  const open = taken.filter((opening) => opening !== null);
  const byProxyPort = new AddressMap(open.length);
  const byId = new AddressMap(open.length);
  let natRules = 0;
  let filterRules = 0;
  for (let place = 0; place < taken.length; place++) {
    const opening = taken[place];
    if (!opening) continue;
    byProxyPort.set(portKey(opening.port.protocol, opening.proxyPort), place);
    byId.set(opening.id, place);
    const counts = portalRuleCounts(opening.port);
    natRules += counts.nat;
    filterRules += counts.filter;
  }
  const chains = writePortalChains(store, open);
  const bases = addBases(store, chains);
  for (const chain of Object.values(bases) as number[]) store.retain(chain);
  const external = open.filter(({ port }) => port.externalIps.length + port.loadBalancerVips.length > 0);
  return { id, openings: taken, external, byProxyPort, byId, chains, bases, natRules, filterRules, holders: 0 };
}

/** Lets go of a layout that no version has; nodes that have its rules in place hold them themselves. */
export function dropLayout(store: RuleStore, openings: Openings, layout: Layout): void {
  for (const chain of Object.values(layout.bases) as number[]) store.release(chain);
  for (const opening of layout.openings) if (opening !== null) openings.release(opening);
}

/** Puts a layout's rules into a node's tables. */
export function installLayout(netfilter: Netfilter, { natPrerouting, natOutput, filterInput }: BaseChains): void {
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, natPrerouting);
  netfilter.setBase(Table.nat, Hook.output, Owner.proxy, natOutput);
  netfilter.setBase(Table.filter, Hook.input, Owner.proxy, filterInput);
}

/** Portals are matched first, node ports, which match on any local address, last. */
function addBases(store: RuleStore, chains: PortalChains): BaseChains {
  const both = (portals: number, nodePorts: number): RuleSpec[] => [
    { comment: 'handle ClusterIPs; NOTE: this must be before the NodePort rules', target: jumpTo(portals) },
    {
      destinationLocal: true,
      comment: 'handle service NodePorts; NOTE: this must be the last rule in the chain',
      target: jumpTo(nodePorts),
    },
  ];
  return {
    natPrerouting: store.addChain('PREROUTING', both(chains.containerPortals, chains.containerNodePorts)),
    natOutput: store.addChain('OUTPUT', both(chains.hostPortals, chains.hostNodePorts)),
    filterInput: store.addChain('INPUT', [
      { comment: 'Ensure that non-local NodePort traffic can flow', target: jumpTo(chains.nonLocalNodePorts) },
    ]),
  };
}

function jumpTo(chain: number): { readonly kind: 'jump'; readonly chain: number } {
  return { kind: 'jump', chain };
}
