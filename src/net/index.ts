/** What a wire knows: addresses, packets, five-tuples, links, routes, neighbours, VXLAN. */
export { Protocol, TcpFlag, protocolName } from './protocol.js';
export { type Ipv4, parseIpv4, formatIpv4, ipv4Mask, inIpv4Prefix } from './ipv4.js';
export {
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  isIpv6,
  familyOf,
  addressBits,
  loopbackOf,
  parseIp,
  formatIp,
  formatIpPort,
  ipv6Word,
  ipv6Of,
  ipPlus,
  ipHash,
  ipDigest,
  compareIp,
  inPrefix,
  networkOf,
  parseIpPrefix,
  formatIpPrefix,
  knownIpv6,
  adoptIpv6,
} from './address.js';
export { AddressMap } from './address-map.js';
export { hashTuple } from './five-tuple.js';
export { PacketPool, HeaderBytes, VXLAN_OVERHEAD, VXLAN_OVERHEAD_IPV6 } from './packet.js';
export {
  Link,
  Links,
  DropCause,
  DROP_CAUSES,
  type LinkSpec,
  type Wire,
  type PacketSink,
  type DropSink,
} from './link.js';
export { Switch } from './switch.js';
export { RouteTable } from './route-table.js';
export { VxlanMesh, VXLAN_PORT } from './vxlan.js';
export {
  frameBytes,
  tunnelFrameBytes,
  macFor,
  type FrameHeaders,
  type FrameEnds,
  type TunnelHeaders,
} from './frame.js';
export { pcapFile, pcapngFile, type CapturedFrame } from './capture.js';
