/** What the kernel of a node should hold at a revision, computed from that revision alone. */
import { formatIpPort, protocolName } from '../../../src/net/index.js';
import { EndpointChoices } from '../../../src/proxy/endpoint-choice.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { ledgerOf, TestCluster, type TestNode } from './ipvs-mode-fixture.js';

/** What a node should have: servers by virtual server, each list sorted. */
export function wanted(ports: readonly ServicePort[], node: TestNode): Record<string, string[]> {
  const { index, zone, ip } = node.proxyNode;
  const services: Record<string, string[]> = {};
  for (const port of [...ports].sort((a, b) => a.key - b.key)) {
    const { cluster, local } = new EndpointChoices().of(port, { index, zone });
    const put = (address: number, number: number, wantsLocal: boolean): void => {
      const list = wantsLocal && local !== null && local.length > 0 ? local : cluster;
      const servers = Array.from({ length: list?.length ?? 0 }, (_, i) =>
        formatIpPort(list!.address[i]!, list!.port[i]!),
      );
      services[`${protocolName(port.protocol)} ${formatIpPort(address, number)}`] = servers.sort();
    };
    put(port.clusterIp, port.port, port.internalLocal);
    for (const address of [...port.externalIps, ...port.loadBalancerVips]) put(address, port.port, port.externalLocal);
    if (port.nodePort !== 0) put(ip, port.nodePort, port.externalLocal);
  }
  return services;
}

/** A node that has been given nothing but these service ports. */
export function freshNode(ports: readonly ServicePort[], { index, zone }: { index: number; zone: string }): TestNode {
  const node = new TestCluster(ledgerOf(ports), index + 1).nodes[index]!;
  (node.proxyNode as { zone: string }).zone = zone;
  node.sync(1);
  return node;
}
