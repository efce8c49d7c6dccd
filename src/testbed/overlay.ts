/**
 * The overlay as flannel sets it up: routes and tunnel ends for all nodes, kept once, and each node's masquerade rules.
 *
 * Rules of flanneld with --ip-masq in iptables mode, in their order (pkg/ip/iptables.go, v0.28): chain FLANNEL-POSTRTG in nat
 * POSTROUTING and FLANNEL-FWD in filter FORWARD. VXLAN sends to other nodes' pods through flannel.1, host-gw over the uplink with the peer
 * as gateway.
 */
import { Device, Hook, Owner, Table, type Netfilter, type RuleStore } from '../kernel/index.js';
import type { Cluster, Cidr } from '../kube/index.js';
import { RouteTable, type VxlanMesh } from '../net/index.js';

/** kube-proxy's masquerade mark (bit 14), which flannel leaves alone. */
const KUBE_MARK = 0x4000;
const MULTICAST = { address: 0xe0000000, bits: 4 };

/** What the overlay is built from. */
export interface OverlaySetup {
  readonly kind: 'vxlan' | 'host-gw';
  readonly cluster: Cluster;
  readonly podCidr: Cidr;
  readonly nodeCidr: Cidr;
  readonly mesh: VxlanMesh;
  readonly rules: RuleStore;
}

/** The overlay of one run. */
export class Overlay {
  /** Routes that all nodes share: one to each node's pods, and the underlay itself. */
  private readonly shared = new RouteTable();
  private readonly setup: OverlaySetup;
  private readonly forward: number;

  /** Writes the shared routes and tunnel ends. */
  constructor(setup: OverlaySetup) {
    this.setup = setup;
    const { cluster, mesh, rules, podCidr } = setup;
    for (const node of cluster.nodes) {
      const subnet = cluster.podAddresses.subnet(node.index);
      if (setup.kind === 'vxlan') {
        this.shared.add(subnet.address, subnet.bits, Device.tunnel, subnet.address);
        mesh.add(subnet.address, node.ip);
      } else {
        this.shared.add(subnet.address, subnet.bits, Device.uplink, node.ip);
      }
    }
    this.shared.add(setup.nodeCidr.address, setup.nodeCidr.bits, Device.uplink, 0);
    const chain = rules.addChain('FLANNEL-FWD', [
      { source: podCidr, comment: 'flanneld forward', target: { kind: 'accept' } },
      { destination: podCidr, comment: 'flanneld forward', target: { kind: 'accept' } },
    ]);
    this.forward = rules.addChain('FORWARD', [{ comment: 'flanneld forward', target: { kind: 'jump', chain } }]);
  }

  /** A node's routes: its own pods behind the bridge, on top of what all nodes share. */
  routes(node: number): RouteTable {
    const routes = new RouteTable(this.shared);
    const subnet = this.setup.cluster.podAddresses.subnet(node);
    routes.add(subnet.address, subnet.bits, Device.bridge, 0);
    return routes;
  }

  /** Puts flannel's rules into a node's tables. */
  install(node: number, netfilter: Netfilter): void {
    const { rules, cluster, podCidr: all } = this.setup;
    const own = cluster.podAddresses.subnet(node);
    const comment = 'flanneld masq';
    const chain = rules.addChain('FLANNEL-POSTRTG', [
      { mark: { value: KUBE_MARK, mask: KUBE_MARK }, comment, target: { kind: 'return' } },
      { source: own, destination: all, comment, target: { kind: 'return' } },
      { source: all, destination: own, comment, target: { kind: 'return' } },
      { source: { ...all, negated: true }, destination: own, comment, target: { kind: 'return' } },
      {
        source: all,
        destination: { ...MULTICAST, negated: true },
        comment,
        target: { kind: 'masquerade', randomFully: true },
      },
      {
        source: { ...all, negated: true },
        destination: all,
        comment,
        target: { kind: 'masquerade', randomFully: true },
      },
    ]);
    const jump = rules.addChain('POSTROUTING', [{ comment, target: { kind: 'jump', chain } }]);
    netfilter.setBase(Table.nat, Hook.postrouting, Owner.overlay, jump);
    netfilter.setBase(Table.filter, Hook.forward, Owner.overlay, this.forward);
  }
}
