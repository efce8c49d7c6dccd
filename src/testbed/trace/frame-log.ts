/**
 * What the devices of a trace see, as frames for a capture file.
 *
 * A frame is taken where a capture on that device would take it: behind PREROUTING on cni0 (br_netfilter rewrites before the bridge hands up),
 * without the tunnel on flannel.1, with it on eth0. MAC addresses are made of the addresses that the devices have.
 */
import {
  VXLAN_PORT,
  frameBytes,
  isIpv6,
  macFor,
  tunnelFrameBytes,
  type FrameEnds,
  type FrameHeaders,
  type IpAddress,
  type PacketPool,
  type VxlanMesh,
} from '../../net/index.js';
import { headersOf, type Headers } from './headers.js';
import type { PacketRecord } from './packet-log.js';
import type { Sight, TracedFrame } from './sight.js';

/** flannel's network identifier. */
const NETWORK = 1;

/** Gathers frames. */
export class FrameLog {
  private readonly frames: TracedFrame[] = [];
  private readonly pool: PacketPool;
  private readonly mesh: VxlanMesh;

  /**
   * @param pool the packets
   * @param mesh says the MAC addresses of tunnel ends
   */
  constructor(pool: PacketPool, mesh: VxlanMesh) {
    this.pool = pool;
    this.mesh = mesh;
  }

  /** The frames in the order of time. */
  list(): readonly TracedFrame[] {
    // A stable sort: what was seen at one time stays in the order of the devices.
    return [...this.frames].sort((a, b) => a.timeNs - b.timeNs);
  }

  /**
   * A device sees a packet.
   * @param at when, and by which device: its node and name, such as `node-0/cni0`
   * @param ends IP addresses of the devices between which the frame goes
   */
  see(record: PacketRecord, at: Sight, ends: readonly [IpAddress, IpAddress]): void {
    this.add(record, at, this.bytes(record, { source: macFor(ends[0]), destination: macFor(ends[1]) }));
  }

  /** The tunnel's device sees a packet, without the tunnel: between the tunnel's two ends. */
  seeInTunnel(record: PacketRecord, at: Sight): void {
    this.add(record, at, this.bytes(record, this.tunnelMacs(record.tunnel)));
  }

  /** The loopback device sees a packet: it has no MAC address. */
  seeLoopback(record: PacketRecord, at: Sight): void {
    this.add(record, at, this.bytes(record, { source: 0, destination: 0 }));
  }

  /** An uplink sees a packet, in its tunnel if it is in one. @param ends as for `see` */
  seeOnWire(record: PacketRecord, at: Sight, ends: readonly [IpAddress, IpAddress]): void {
    const { outerDestination, outerSource, outerSourcePort } = this.pool;
    const { row } = record;
    const destination = outerDestination[row]!;
    if (destination === 0) {
      this.see(record, at, ends);
      return;
    }
    const source = outerSource[row]!;
    const ports = { sourcePort: outerSourcePort[row]!, destinationPort: VXLAN_PORT };
    const macs = { source: macFor(source), destination: macFor(destination) };
    const inner = this.bytes(record, this.tunnelMacs(record.tunnel));
    this.add(record, at, tunnelFrameBytes(inner, { source, destination, ...ports, network: NETWORK }, macs));
  }

  private add({ number, kind }: PacketRecord, at: Sight, bytes: Uint8Array): void {
    this.frames.push({ ...at, bytes, comment: `packet ${number}: ${kind}` });
  }

  private tunnelMacs([source, destination]: readonly [IpAddress, IpAddress]): FrameEnds {
    return { source: this.mesh.mac(source), destination: this.mesh.mac(destination) };
  }

  private bytes(record: PacketRecord, ends: FrameEnds): Uint8Array {
    return frameBytes(frameHeaders(record, headersOf(this.pool, record.row)), ends);
  }
}

function frameHeaders(record: PacketRecord, now: Headers): FrameHeaders {
  const { about } = record;
  const own = { ...now, payloadBytes: record.payload, ...record.numbers };
  return about === undefined ? own : { ...own, about: aboutNow(about, record, now) };
}

/** The packet that an ICMP error is about, its addresses translated as the error's are. */
function aboutNow(about: NonNullable<PacketRecord['about']>, error: PacketRecord, now: Headers): FrameHeaders {
  const { record, headers } = about;
  // Who is the destination itself writes from there; a node on the way writes from its own address.
  const isDestination = error.headers.source === headers.destination;
  return {
    source: now.destination,
    sourcePort: now.destinationPort,
    destination: isDestination ? now.source : headers.destination,
    destinationPort: isDestination ? now.sourcePort : headers.destinationPort,
    protocol: headers.protocol,
    flags: headers.flags,
    ttl: headers.ttl,
    payloadBytes: record.payload,
    ...record.numbers,
  };
}

/** Name of a family's tunnel device, as flannel calls it. */
export function tunnelDevice(address: IpAddress): string {
  return isIpv6(address) ? 'flannel-v6.1' : 'flannel.1';
}
