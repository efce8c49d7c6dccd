/**
 * The chains that have a rule for every service port: nat KUBE-SERVICES and KUBE-NODEPORTS, filter KUBE-SERVICES and
 * KUBE-EXTERNAL-SERVICES.
 *
 * Mirrors syncProxyRules (pkg/proxy/iptables/proxier.go, 1.33). kube-proxy writes services in the random order of a Go
 * map, new at every sync; here they stand in the order of their creation, so that a position means something.
 * Where only endpoints changed, the chains are copied with other jumps and keep their index.
 * Cost: O(service ports) a version; 20 ns a rule built anew, 5 ns copied.
 */
import { ROW_CELLS, RuleBit, TargetKind } from '../../../kernel/iptables/rule-bits.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import type { ServicePort } from '../../service-port.js';
import { DispatchText } from './chain-texts.js';
import type { ServiceChains } from './service-chains.js';

const LAST_RULE = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain';

/** Where service ports stand in the chains; one for all versions whose rules match on the same things. */
export interface DispatchLayout {
  /** By place among the service ports: position in nat KUBE-SERVICES, or -1. */
  readonly servicePosition: Int32Array;
  /** The same in nat KUBE-NODEPORTS. */
  readonly nodePortPosition: Int32Array;
}

/** One version of the chains. */
export interface DispatchChains {
  readonly layout: DispatchLayout;
  readonly services: number;
  readonly nodePorts: number;
  readonly filterServices: number;
  readonly filterExternal: number;
}

/** Whether two versions of a service port have the same rules in these chains, the jumps' targets aside. */
export function sameDispatch(a: ServicePort, b: ServicePort): boolean {
  return (
    a.clusterIp === b.clusterIp &&
    a.port === b.port &&
    a.protocol === b.protocol &&
    a.nodePort === b.nodePort &&
    a.displayName === b.displayName &&
    a.endpoints.length > 0 === b.endpoints.length > 0
  );
}

/** Builds the chains anew. */
export function buildDispatch(store: RuleStore, own: readonly ServiceChains[]): DispatchChains {
  const served = own.filter((chains) => chains.cluster >= 0);
  const onNodePorts = served.filter((chains) => chains.external >= 0);
  const unserved = own.filter((chains) => chains.cluster < 0).map((chains) => chains.port);
  const nodePorts = buildNodePorts(store, onNodePorts);
  return {
    layout: {
      servicePosition: positions(own, (chains) => chains.cluster >= 0),
      nodePortPosition: positions(own, (chains) => chains.external >= 0),
    },
    services: buildServices(store, served, nodePorts),
    nodePorts,
    filterServices: buildReject(store, unserved),
    filterExternal: buildExternalReject(
      store,
      unserved.filter((port) => port.nodePort !== 0),
    ),
  };
}

/**
 * The chains of another version in which only jumps differ.
 * @param base chains of a version with the same layout
 * @param places places of the service ports whose own chains are others
 * @param own all service ports' own chains
 */
export function deriveDispatch(
  store: RuleStore,
  base: DispatchChains,
  places: readonly number[],
  own: readonly ServiceChains[],
): DispatchChains {
  const { layout } = base;
  const servicePlaces = places.filter((place) => layout.servicePosition[place]! >= 0);
  const nodePortPlaces = places.filter((place) => layout.nodePortPosition[place]! >= 0);
  const nodePorts =
    nodePortPlaces.length === 0
      ? base.nodePorts
      : store.derive(
          base.nodePorts,
          nodePortPlaces.map((place) => layout.nodePortPosition[place]!),
          nodePortPlaces.map((place) => own[place]!.external),
        );
  const servicePositions = servicePlaces.map((place) => layout.servicePosition[place]!);
  const targets = servicePlaces.map((place) => own[place]!.cluster);
  if (nodePorts !== base.nodePorts) {
    servicePositions.push(store.length(base.services) - 1);
    targets.push(nodePorts);
  }
  if (servicePositions.length === 0) return base;
  return { ...base, nodePorts, services: store.derive(base.services, servicePositions, targets) };
}

function positions(own: readonly ServiceChains[], stands: (chains: ServiceChains) => boolean): Int32Array {
  let next = 0;
  return Int32Array.from(own, (chains) => (stands(chains) ? next++ : -1));
}

function buildServices(store: RuleStore, served: readonly ServiceChains[], nodePorts: number): number {
  const ports = served.map((chains) => chains.port);
  const chain = store.newChain(
    served.length + 1,
    new DispatchText('KUBE-SERVICES', ports, ' cluster IP', LAST_RULE),
    0,
  );
  let row = store.firstRow(chain);
  for (const { port, cluster } of served) {
    store.rows.matchDestination(row, port.clusterIp, 32, false);
    store.rows.matchPort(row, port.protocol, port.port);
    store.jump(row, cluster);
    row += ROW_CELLS;
  }
  store.rows.matchFlags(row, RuleBit.destinationLocal);
  store.jump(row, nodePorts);
  return chain;
}

function buildNodePorts(store: RuleStore, onNodePorts: readonly ServiceChains[]): number {
  const ports = onNodePorts.map((chains) => chains.port);
  const chain = store.newChain(ports.length, new DispatchText('KUBE-NODEPORTS', ports, ''), 0);
  let row = store.firstRow(chain);
  for (const { port, external } of onNodePorts) {
    store.rows.matchPort(row, port.protocol, port.nodePort);
    store.jump(row, external);
    row += ROW_CELLS;
  }
  return chain;
}

function buildReject(store: RuleStore, unserved: readonly ServicePort[]): number {
  const text = new DispatchText('KUBE-SERVICES', unserved, ' has no endpoints');
  const chain = store.newChain(unserved.length, text, 0);
  let row = store.firstRow(chain);
  for (const port of unserved) {
    store.rows.matchDestination(row, port.clusterIp, 32, false);
    store.rows.matchPort(row, port.protocol, port.port);
    store.rows.setTarget(row, TargetKind.reject);
    row += ROW_CELLS;
  }
  return chain;
}

function buildExternalReject(store: RuleStore, unserved: readonly ServicePort[]): number {
  const text = new DispatchText('KUBE-EXTERNAL-SERVICES', unserved, ' has no endpoints');
  const chain = store.newChain(unserved.length, text, 0);
  let row = store.firstRow(chain);
  for (const port of unserved) {
    store.rows.matchPort(row, port.protocol, port.nodePort);
    store.rows.matchFlags(row, RuleBit.destinationLocal);
    store.rows.setTarget(row, TargetKind.reject);
    row += ROW_CELLS;
  }
  return chain;
}
