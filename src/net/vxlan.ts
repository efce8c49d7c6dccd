/**
 * The VXLAN mesh as flannel sets it up: who is behind which tunnel address, and how a packet is put in.
 *
 * Per other node flannel writes a neighbour entry (gateway address -> MAC of the peer's flannel.1) and a forwarding entry (that MAC ->
 * address of the peer's uplink); every node has the same ones, so they are kept once. Encapsulation fills the packet's outer columns: UDP to port
 * 8472, VNI 1, source port from the hash of the inner flow (32768 to 60999, the kernel's default range), 50 bytes more on the wire, or 70
 * where the underlay is IPv6. For IPv6 subnets flannel has a second device, flannel-v6.1; its ends stand in the same tables.
 */
import { grown } from '../sim/index.js';
import { AddressMap } from './address-map.js';
import { ipDigest, type IpAddress } from './address.js';
import { hashTuple } from './five-tuple.js';
import type { PacketPool } from './packet.js';

/** UDP port of VXLAN on Linux, as flannel uses it. */
export const VXLAN_PORT = 8472;

/** Source ports of the outer header: Linux's default ip_local_port_range. */
const FIRST_PORT = 32768;
const PORTS = 60999 - 32768 + 1;

/** Neighbour and forwarding entries of all tunnel ends. */
export class VxlanMesh {
  private readonly packets: PacketPool;
  /** Neighbour entries: tunnel address -> tunnel end. */
  private readonly neighbors = new AddressMap();
  /** Forwarding entries: MAC of a tunnel end -> address of the uplink behind it. */
  private macs = new Float64Array(16);
  private uplinks = new Uint32Array(16);
  private ends = 0;

  /** @param packets the pool */
  constructor(packets: PacketPool) {
    this.packets = packets;
  }

  /**
   * Adds a tunnel end.
   * @param tunnelAddress address of its flannel.1 or flannel-v6.1 (the subnet's own address)
   * @param uplink address of its node's uplink
   */
  add(tunnelAddress: IpAddress, uplink: IpAddress): void {
    if (this.ends === this.uplinks.length) {
      this.macs = grown(this.macs, this.ends * 2);
      this.uplinks = grown(this.uplinks, this.ends * 2);
    }
    this.neighbors.set(tunnelAddress, this.ends);
    // A locally administered MAC made of the tunnel address: 02:42 and four bytes (those of an IPv6 address mixed).
    this.macs[this.ends] = 0x0242 * 2 ** 32 + ipDigest(tunnelAddress);
    this.uplinks[this.ends] = uplink;
    this.ends++;
  }

  /** MAC address behind a tunnel address as a 48-bit number; 0 for none. */
  mac(tunnelAddress: IpAddress): number {
    const end = this.neighbors.get(tunnelAddress);
    return end < 0 ? 0 : this.macs[end]!;
  }

  /**
   * Puts a packet into the tunnel.
   * @param packet the packet
   * @param gateway tunnel address of the peer, from the route
   * @param uplink this node's uplink address
   * @returns false when nobody is known behind the gateway
   */
  encapsulate(packet: number, gateway: IpAddress, uplink: IpAddress): boolean {
    const end = this.neighbors.get(gateway);
    if (end < 0) return false;
    const packets = this.packets;
    const hash = hashTuple(
      packets.source[packet]!,
      packets.destination[packet]!,
      packets.sourcePort[packet]!,
      packets.destinationPort[packet]!,
      packets.protocol[packet]!,
    );
    packets.outerSource[packet] = uplink;
    packets.outerDestination[packet] = this.uplinks[end]!;
    // The kernel scales the hash into the range by multiplication.
    packets.outerSourcePort[packet] = FIRST_PORT + Math.floor((hash / 2 ** 32) * PORTS);
    packets.nextHop[packet] = this.uplinks[end]!;
    return true;
  }

  /** Takes a packet out of the tunnel; it no longer has outer headers nor a mark. */
  decapsulate(packet: number): void {
    this.packets.outerDestination[packet] = 0;
    this.packets.mark[packet] = 0;
  }
}
