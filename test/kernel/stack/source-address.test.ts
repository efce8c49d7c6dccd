/**
 * Which address a server sees, over VXLAN and with host-gw.
 *
 * The rows were measured on a real kernel (6.18) with flannel's rules and entries on two namespaced nodes, in iptables mode. MASQUERADE takes the
 * address of the device that the packet leaves by: flannel.1 (10.244.1.0), cni0 (10.244.1.1) or the uplink (10.50.0.1).
 */
import { describe, expect, test } from 'vitest';
import { Protocol } from '../../../src/net/index.js';
import { TwoNodes } from './two-nodes.js';

const OUTSIDE = '10.50.0.200';
/** Services: endpoint on node 1, on node 2, and on node 1 with externalTrafficPolicy Local. */
const SERVICES = [
  { address: '10.96.0.1', endpoint: '10.244.1.5', nodePort: 30001 },
  { address: '10.96.0.2', endpoint: '10.244.2.5', nodePort: 30002 },
  { address: '10.96.0.3', endpoint: '10.244.1.5', nodePort: 30003, local: true },
];

const ROWS: [what: string, from: string, to: string, port: number, vxlan: string, hostGw: string][] = [
  ['pod to pod, other node', '10.244.1.4', '10.244.2.5', 8080, '10.244.1.4', '10.244.1.4'],
  ['pod to cluster IP, other node', '10.244.1.4', '10.96.0.2', 80, '10.244.1.4', '10.244.1.4'],
  ['pod to pod, same node', '10.244.1.4', '10.244.1.5', 8080, '10.244.1.4', '10.244.1.4'],
  ['pod to cluster IP, same node', '10.244.1.4', '10.96.0.1', 80, '10.244.1.4', '10.244.1.4'],
  ['pod to its own service (hairpin)', '10.244.1.5', '10.96.0.1', 80, '10.244.1.1', '10.244.1.1'],
  ['outside to node port, endpoint on another node', OUTSIDE, '10.50.0.1', 30002, '10.244.1.0', '10.50.0.1'],
  ['outside to node port, endpoint on this node', OUTSIDE, '10.50.0.1', 30001, '10.244.1.1', '10.244.1.1'],
  ['outside to node port, policy Local', OUTSIDE, '10.50.0.1', 30003, OUTSIDE, OUTSIDE],
  ['outside to cluster IP routed to a node', OUTSIDE, '10.96.0.2', 80, '10.244.1.0', '10.50.0.1'],
  ['outside to remote pod, unmarked', OUTSIDE, '10.244.2.5', 8080, '10.244.1.0', '10.50.0.1'],
  ['outside to pod of the node that it is routed to', OUTSIDE, '10.244.1.5', 8080, OUTSIDE, OUTSIDE],
  ['pod to outside', '10.244.1.4', OUTSIDE, 8080, '10.50.0.1', '10.50.0.1'],
  ["pod to another node's process", '10.244.1.4', '10.50.0.2', 8080, '10.50.0.1', '10.50.0.1'],
  ["pod to its own node's process", '10.244.1.4', '10.50.0.1', 8080, '10.244.1.4', '10.244.1.4'],
  ["outside to a node's process", OUTSIDE, '10.50.0.1', 8080, OUTSIDE, OUTSIDE],
  ['node to pod, other node', '10.50.0.1', '10.244.2.5', 8080, '10.244.1.0', '10.50.0.1'],
  ['node to pod, own node', '10.50.0.1', '10.244.1.5', 8080, '10.244.1.1', '10.244.1.1'],
  ['node to cluster IP, other node', '10.50.0.1', '10.96.0.2', 80, '10.244.1.0', '10.50.0.1'],
  ['node to cluster IP, own node', '10.50.0.1', '10.96.0.1', 80, '10.244.1.1', '10.244.1.1'],
  ['node to its own node port, endpoint here', '10.50.0.1', '10.50.0.1', 30001, '10.244.1.1', '10.244.1.1'],
  ["node to another node's port", '10.50.0.1', '10.50.0.2', 30002, '10.244.2.1', '10.244.2.1'],
  ["node to another node's process", '10.50.0.1', '10.50.0.2', 8080, '10.50.0.1', '10.50.0.1'],
  ['node to itself', '10.50.0.1', '10.50.0.1', 8080, '10.50.0.1', '10.50.0.1'],
  ['node to itself by loopback', '10.50.0.1', '127.0.0.1', 8080, '127.0.0.1', '127.0.0.1'],
  ['node to itself by the address of cni0', '10.50.0.1', '10.244.1.1', 8080, '10.244.1.1', '10.244.1.1'],
  ['node to outside', '10.50.0.1', OUTSIDE, 8080, '10.50.0.1', '10.50.0.1'],
];

describe.each(['vxlan', 'host-gw'] as const)('%s', (overlay) => {
  test.each(ROWS)('%s', (_, from, to, port, vxlan, hostGw) => {
    const world = new TwoNodes({ overlay, services: SERVICES });
    for (const address of ['10.244.1.4', '10.244.1.5', '10.244.2.5']) world.pod(address);
    expect(world.ask(world.host(from), to, port)).toBe('answered');
    expect(world.seen).toEqual([overlay === 'vxlan' ? vxlan : hostGw]);
    expect([world.told, world.lost, world.base.transport.retransmissions]).toEqual([['connected', 'answered'], {}, 0]);
    world.base.checkConservation();
    expect([world.base.packets.inUse, world.base.transport.open]).toEqual([1, 0]);
  });

  test("pod to another node's address: that node sees the pod's node", () => {
    const world = new TwoNodes({ overlay, services: SERVICES });
    expect(world.ask(world.pod('10.244.1.4'), '10.50.0.2', 22)).toBe('refused');
    // Node 2 keeps nothing of a refused connection; the datagram's entry stays.
    expect(world.ask(world.host('10.244.1.4'), '10.50.0.2', 53, Protocol.udp)).toBe('refused');
    const { tuples, count } = world.base.nodes[1]!.conntrack;
    expect(count).toBe(1);
    expect(tuples.source(0)).toBe(world.base.nodes[0]!.ipv4!.parts.address);
    world.base.checkConservation();
  });
});
