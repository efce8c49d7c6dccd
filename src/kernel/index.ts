/** Models of one node's kernel: netfilter, conntrack, ip_vs, sockets, cores, and the price of their work. */
export { Hook, Verdict, CtState, newRuleContext, type RuleContext } from './hook.js';
export { Work, WorkKind, WORK_KINDS, WORK_NAMES, SyncWorkKind, SYNC_WORK_KINDS, SYNC_WORK_NAMES } from './work.js';
export { CostModel, type CostProfile, type CostConstant, type FarCost } from './cost.js';
export { Cores, type PacketProcessor } from './cpu.js';
export { Conntrack, CT_FULL, CT_INVALID } from './conntrack/conntrack.js';
export type { ConntrackSettings } from './conntrack/settings.js';
export { CtStatus } from './conntrack/status.js';
export { Nat } from './conntrack/nat.js';
export { TcpState, nextTcpState, TCP_IGNORE, TCP_INVALID } from './conntrack/tcp-state.js';
export { Netfilter, Table, Owner } from './iptables/netfilter.js';
export { printTables, tableText, type PrintOptions } from './iptables/print.js';
export { RuleStore } from './iptables/rule-store.js';
export type { RuleSpec, Target, PrefixMatch } from './iptables/rule.js';
export { Nftables, NftStage, type NftBase } from './nftables/nftables.js';
export { NftStore } from './nftables/nft-store.js';
export type { NftRuleSpec, NftStatement, NftVerdict } from './nftables/rule.js';
export { printNftables } from './nftables/print.js';
export { IpSet, SetTable, type IpSetEntry, type IpSetType } from './ipset.js';
export { ipsetAddLine, ipsetCreateLine, ipsetDeleteLine, ipsetEntryText, ipsetLines } from './ipset-text.js';
export { placedServers, placedServices, printIpvs } from './ipvs/print.js';
export { listServices, type ListingOptions } from './ipvs/listing.js';
export { connectionEntries, listConnections, type ConnectionEntry } from './ipvs/connection-listing.js';
export { Ipvs, IpvsVerdict } from './ipvs/ipvs.js';
export {
  KERNEL_DEFAULT_SYSCTLS,
  KUBE_PROXY_SYSCTLS,
  type IpvsOptions,
  type IpvsTimeouts,
} from './ipvs/ipvs-options.js';
export { ConnectionChains } from './ipvs/connection-chains.js';
export { CONNECTION_STATE_NAMES } from './ipvs/connection-state.js';
export { MARK_PROTOCOL, type VirtualServerDefinition } from './ipvs/definition.js';
export { NO_SERVER } from './ipvs/servers.js';
export type { VirtualServer } from './ipvs/virtual-server.js';
export { VirtualServerRegistry } from './ipvs/virtual-server-table.js';
export { Hosts, type PortOwner } from './transport/hosts.js';
export { Transport } from './transport/transport.js';
export { DEFAULT_PORTS, type PortBounds } from './transport/port-range.js';
export {
  Failure,
  type ClientEvents,
  type ServerEvents,
  type SocketUser,
  type ArrivalObserver,
} from './transport/events.js';
export { slotOf } from './transport/conversations.js';
export { Leg } from './transport/legs.js';
export { TransportSockets } from './relay/relay-sockets.js';
export { Relays } from './relay/relays.js';
export type { Relay } from './relay/relay.js';
export type { PacketOutput } from './transport/segments.js';
export { FromClient } from './transport/from-client.js';
export { NodeStack, type NodeParts } from './stack/node-stack.js';
export { IcmpLimits, LINUX_ICMP, NO_ICMP_LIMITS, type IcmpSettings } from './stack/icmp-limits.js';
export type { FamilyParts, IpPath } from './stack/ip-path.js';
export { Device, Origin, type StackObserver } from './stack/observer.js';
export type { Underlay, HostSink } from './stack/underlay.js';
export { Meter, difference, together, NO_EFFORT, type Effort } from './trail/meter.js';
export { IptablesTrail, hookName } from './trail/iptables-trail.js';
export { NftablesTrail } from './trail/nftables-trail.js';
export { lastRule } from './trail/visit-builder.js';
export type { ChainVisit, ChancePick, RuleResult, RuleVisit, UnmatchedRules, Visit } from './trail/visit.js';
