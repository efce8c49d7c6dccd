/**
 * The overlay of one family as flannel sets it up: routes and tunnel ends for all nodes, kept once, and each node's own part.
 *
 * VXLAN sends to other nodes' pods through flannel.1 (IPv6: flannel-v6.1), host-gw over the uplink with the peer as gateway. flannel's
 * rules stand in `flannel-rules.ts`. flannel makes the tunnel's device with the uplink's MTU less 50 in either family; where it runs over
 * IPv6, which takes 70, the kernel lowers what it is given to that (seen on Linux 6.18).
 */
import { Device } from '../kernel/index.js';
import { addressIn, type Cluster, type PodAddresses } from '../kube/index.js';
import {
  AddressMap,
  RouteTable,
  parseIp,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  type VxlanMesh,
} from '../net/index.js';
import { invariant } from '../sim/index.js';
import type { FamilyKernel } from './family-kernel.js';
import type { FlannelRules } from './flannel-rules.js';

/** Largest IP packet of the uplink, and what the tunnel takes of it. */
const UPLINK_MTU = 1500;
const TUNNEL_BYTES: Readonly<Record<IpFamily, number>> = { 4: 50, 6: 70 };

/** What the overlay of a family is built from. */
export interface OverlaySetup {
  readonly family: IpFamily;
  readonly kind: 'vxlan' | 'host-gw';
  readonly cluster: Cluster;
  readonly podCidr: IpPrefix;
  readonly nodeCidr: IpPrefix;
  readonly mesh: VxlanMesh;
  readonly rules: FlannelRules;
}

/** What a node has of a family's network. */
export interface NodeNetwork {
  readonly address: IpAddress;
  readonly bridgeAddress: IpAddress;
  readonly tunnelAddress: IpAddress;
  readonly loopbackAddress: IpAddress;
  readonly routes: RouteTable;
  readonly own: AddressMap;
  readonly tunnelMtu: number;
  readonly uplinkMtu: number;
}

/** The overlay of one family. */
export class Overlay {
  readonly family: IpFamily;
  /** Routes that all nodes share: one to each node's pods, and the underlay itself. */
  private readonly shared = new RouteTable();
  private readonly setup: OverlaySetup;
  private readonly pods: PodAddresses;
  private readonly loopback: IpAddress;

  /** Writes the shared routes and tunnel ends. */
  constructor(setup: OverlaySetup) {
    const { family, kind, cluster, nodeCidr, mesh } = setup;
    this.family = family;
    this.setup = setup;
    this.pods = cluster.podAddressesIn(family);
    const loopback = parseIp(family === 4 ? '127.0.0.1' : '::1');
    invariant(loopback !== undefined, 'loopback-address', 'loopback addresses are addresses');
    this.loopback = loopback;
    for (const node of cluster.nodes) {
      const subnet = this.subnet(node.index);
      const uplink = addressIn(node, family);
      if (kind === 'vxlan') {
        this.shared.add(subnet.address, subnet.bits, Device.tunnel, subnet.address);
        mesh.add(subnet.address, uplink);
      } else {
        this.shared.add(subnet.address, subnet.bits, Device.uplink, uplink);
      }
    }
    this.shared.add(nodeCidr.address, nodeCidr.bits, Device.uplink, 0);
  }

  /** A node's part of the pod network. */
  subnet(node: number): IpPrefix {
    return this.pods.subnet(node);
  }

  /** A node's addresses and routes: its own pods behind the bridge, on top of what all nodes share. */
  network(node: number): NodeNetwork {
    const { cluster } = this.setup;
    const subnet = this.subnet(node);
    const routes = new RouteTable(this.shared);
    routes.add(subnet.address, subnet.bits, Device.bridge, 0);
    const own = new AddressMap();
    for (const address of this.localIps(node)) own.set(address, 0);
    return {
      address: addressIn(cluster.nodes[node]!, this.family),
      bridgeAddress: this.pods.gateway(node),
      tunnelAddress: subnet.address,
      loopbackAddress: this.loopback,
      routes,
      own,
      tunnelMtu: UPLINK_MTU - TUNNEL_BYTES[this.family],
      uplinkMtu: UPLINK_MTU,
    };
  }

  /** All addresses of a node's interfaces. */
  localIps(node: number): readonly IpAddress[] {
    const uplink = addressIn(this.setup.cluster.nodes[node]!, this.family);
    return [this.loopback, uplink, this.subnet(node).address, this.pods.gateway(node)];
  }

  /** Puts flannel's rules into a node's tables. */
  install(node: number, kernel: FamilyKernel): void {
    const { rules, podCidr } = this.setup;
    rules.install(kernel, { family: this.family, all: podCidr, own: this.subnet(node) });
  }
}
