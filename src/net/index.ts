/** What a wire knows: addresses, packets, five-tuples, links, routes, neighbours, VXLAN. */
export { Protocol, TcpFlag, protocolName } from './protocol.js';
export { type Ipv4, parseIpv4, formatIpv4, ipv4Mask, inIpv4Prefix } from './ipv4.js';
export {
  type Address,
  type Prefix,
  parseAddress,
  parsePrefix,
  formatAddress,
  formatPrefix,
  contains,
} from './prefix.js';
export { AddressMap } from './address-map.js';
export { hashTuple } from './five-tuple.js';
export { PacketPool, HeaderBytes, VXLAN_OVERHEAD } from './packet.js';
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
