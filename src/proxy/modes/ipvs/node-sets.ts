/**
 * The ipsets of one node: those that all nodes have alike, and in their place what the node has of its own.
 *
 * Its own are the local endpoints (kept by `LocalEndpoints`), SCTP node ports (entries by address), who may use load balancers from
 * the node, and the addresses on kube-ipvs0 where one of them stands on another device of the node already.
 * Cost: O(1) a revision in which nothing of the node's own changes.
 */
import type { IpSet } from '../../../kernel/index.js';
import { Protocol, type IpAddress, type IpFamily } from '../../../net/index.js';
import type { ServicePort } from '../../service-port.js';
import type { FirewallVariant } from './firewall.js';
import { emptySet, SetHandle } from './ip-sets.js';
import type { SctpNodePort, Version } from './versions.js';

/** Sets of node ports, which stay empty on a node without addresses for them. */
const NODE_PORT_SETS: readonly SetHandle[] = [
  SetHandle.nodePortTcp,
  SetHandle.nodePortLocalTcp,
  SetHandle.nodePortUdp,
  SetHandle.nodePortLocalUdp,
];

/** What tells the sets of a node apart from those of others. */
export interface NodeSetFacts {
  readonly family: IpFamily;
  /** Addresses on which node ports stand. */
  readonly nodePorts: readonly IpAddress[];
  /** All of the node's addresses. */
  readonly host: readonly IpAddress[];
}

/** The sets of one node. */
export class NodeSets {
  private readonly facts: NodeSetFacts;
  private sctpPorts: readonly SctpNodePort[] | undefined;
  private sctp: readonly [all: IpSet, local: IpSet];
  private healthChecked: readonly ServicePort[] | undefined;
  private healthChecks: IpSet;
  private sharedIps: IpSet | undefined;
  private ownIps: IpSet;
  private readonly empty = new Map<SetHandle, IpSet>();

  /** @param facts of the node */
  constructor(facts: NodeSetFacts) {
    this.facts = facts;
    this.sctp = [this.emptyOf(SetHandle.nodePortSctp), this.emptyOf(SetHandle.nodePortLocalSctp)];
    this.healthChecks = this.emptyOf(SetHandle.healthCheckNodePort);
    this.ownIps = this.emptyOf(SetHandle.ipvsIps);
  }

  /**
   * The node's sets in a version, by handle.
   * @param loopBack the node's local endpoints
   */
  of(version: Version, firewall: FirewallVariant, loopBack: IpSet): IpSet[] {
    const sets = version.sets.slice();
    sets[SetHandle.loopBack] = loopBack;
    sets[SetHandle.loadBalancerSourceIp] = firewall.sourceIps;
    if (version.sctpNodePorts !== this.sctpPorts) this.makeSctp(version.sctpNodePorts);
    [sets[SetHandle.nodePortSctp], sets[SetHandle.nodePortLocalSctp]] = this.sctp;
    sets[SetHandle.ipvsIps] = this.boundIps(sets[SetHandle.ipvsIps]!);
    if (this.facts.nodePorts.length > 0) return sets;
    for (const handle of NODE_PORT_SETS) sets[handle] = this.emptyOf(handle);
    sets[SetHandle.healthCheckNodePort] = this.plainHealthChecks(version.plainHealthChecks);
    return sets;
  }

  /** Where no node port can stand, kube-proxy leaves a port that has one at that point, and does not come to its health check. */
  private plainHealthChecks(ports: readonly ServicePort[]): IpSet {
    if (ports === this.healthChecked) return this.healthChecks;
    this.healthChecked = ports;
    this.healthChecks = emptySet(SetHandle.healthCheckNodePort, this.facts.family);
    for (const { healthCheckNodePort } of ports) this.healthChecks.add(0, 0, healthCheckNodePort);
    return this.healthChecks;
  }

  private makeSctp(ports: readonly SctpNodePort[]): void {
    this.sctpPorts = ports;
    const { family, nodePorts } = this.facts;
    const all = emptySet(SetHandle.nodePortSctp, family);
    const local = emptySet(SetHandle.nodePortLocalSctp, family);
    for (const address of nodePorts) {
      for (const each of ports) {
        all.add(address, Protocol.sctp, each.port);
        if (each.local) local.add(address, Protocol.sctp, each.port);
      }
    }
    this.sctp = [all, local];
  }

  /** An address that another device of the node has is not bound to kube-ipvs0. */
  private boundIps(shared: IpSet): IpSet {
    if (shared === this.sharedIps) return this.ownIps;
    const own = this.facts.host.filter((address) => shared.has(address, 0, 0));
    this.sharedIps = shared;
    this.ownIps = own.length === 0 ? shared : shared.copy();
    for (const address of own) this.ownIps.delete(address, 0, 0);
    return this.ownIps;
  }

  private emptyOf(handle: SetHandle): IpSet {
    let set = this.empty.get(handle);
    if (set === undefined) this.empty.set(handle, (set = emptySet(handle, this.facts.family)));
    return set;
  }
}
