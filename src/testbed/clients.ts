/**
 * Clients: pods dealt out over nodes, or machines outside of the cluster, and what they dial for each target.
 *
 * Targets are the service ports of the workload's protocol, in the order of their creation. Outside clients are plugged
 * into the underlay's switch and reach the cluster through one node each, dealt out over all nodes.
 */
import type { Cluster } from '../kube/index.js';
import { protocolName } from '../net/index.js';
import type { Ledger, ServicePort } from '../proxy/index.js';
import type { ClusterOptions, WorkloadOptions } from '../scenario/case.js';
import { CaseError } from './case-error.js';
import type { Foundation } from './foundation.js';
import type { TargetPlan } from './socket-bridge.js';

/** What clients dial. */
export class Clients implements TargetPlan {
  /** Service ports that are dialled, in the order of their creation. */
  readonly targets: readonly ServicePort[];
  private readonly frontend: WorkloadOptions['frontend'];
  /** Address of the node that each client dials node ports on. */
  private readonly entries: number[] = [];

  /**
   * Makes the clients.
   * @throws CaseError when there is nothing to dial
   */
  constructor(parts: {
    readonly base: Foundation;
    readonly cluster: Cluster;
    readonly ledger: Ledger;
    readonly workload: WorkloadOptions;
    readonly options: ClusterOptions;
    readonly protocol: number;
  }) {
    const { base, cluster, ledger, workload, options, protocol } = parts;
    this.frontend = workload.frontend;
    this.targets = dialled(ledger, protocol, workload);
    const nodes = cluster.nodes;
    for (let client = 0; client < workload.clients; client++) {
      const entry = nodes[client % nodes.length]!;
      this.entries.push(entry.ip);
      if (workload.placement === 'external') {
        const address = cluster.nextHostAddress();
        const host = base.addOutsider(address, base.links.add(options.link, base.switch), entry.ip);
        const arrive = (packet: number): void => base.bridge.deliver(packet, host);
        base.switch.plug(address, base.links.add(options.link, { receive: arrive }));
        base.bridge.clientHosts.push(host);
      } else {
        const { node, ip } = cluster.placeClient(client % Math.min(workload.clientNodes, nodes.length));
        base.bridge.clientHosts.push(base.addPod(ip, node));
      }
    }
  }

  /** See `TargetPlan`. */
  address(client: number, target: number): number {
    return this.frontend === 'node-port' ? this.entries[client]! : this.targets[target]!.clusterIp;
  }

  /** See `TargetPlan`. */
  port(_client: number, target: number): number {
    const { port, nodePort } = this.targets[target]!;
    return this.frontend === 'node-port' ? nodePort : port;
  }
}

function dialled(ledger: Ledger, protocol: number, workload: WorkloadOptions): readonly ServicePort[] {
  const ports = ledger
    .keysAt(ledger.revision)
    .map((key) => ledger.portAt(key, ledger.revision))
    .filter((port) => port !== undefined)
    .filter((port) => port.protocol === protocol && (workload.frontend === 'cluster-ip' || port.nodePort > 0));
  if (ports.length > 0) return ports;
  const what = workload.frontend === 'node-port' ? 'a node port' : 'a cluster address';
  throw new CaseError(
    `no Service port to talk to: workload ${workload.kind} needs a ${protocolName(protocol).toUpperCase()} port with ${what}`,
  );
}
