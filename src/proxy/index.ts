/** kube-proxy: what it sees of the cluster, when it syncs, and the modes that it can run in. */
export { EndpointCondition, isExternallyAccessible, type EndpointList, type ServicePort } from './service-port.js';
export { EndpointChoices, type EndpointChoice, type NodePlace } from './endpoint-choice.js';
export { NodeDependentPorts } from './node-dependent-ports.js';
export { Ledger, type LedgerSource } from './ledger.js';
export {
  detectorOf,
  type LocalDetector,
  type ModeRun,
  type ModeSetup,
  type NodeFacts,
  type Proxier,
  type ProxyMode,
  type ProxyNode,
  type ProxyOptions,
  type SyncReport,
  type ToolInput,
} from './proxier.js';
export { NodeProxies, type NodeProxyOptions, type NodeProxySetup } from './node-proxy.js';
export type { SyncNowOptions } from './running-syncs.js';
export type { NodeSync, SyncObserver } from './node-sync.js';
export { cleanStaleEntries, type ConntrackCleanup, type FlowTable } from './conntrack-cleanup.js';
export { healthCheckNodePorts, type HealthCheckStatus } from './health-check.js';
export { endpointsMap, localReadyEndpoints, type MappedEndpoints } from './endpoints-map.js';
export { noLocalEndpoints, type NoLocalEndpoints } from './local-policy-metric.js';
export { SyncRunners, type SyncRunnerOptions } from './sync-runner.js';
export { PROXY_MODES, findProxyMode } from './modes/index.js';
export {
  chainCounts,
  tableCounts,
  type FamilyCount,
  type TableCount,
  type TableCounts,
} from './modes/iptables/table-counts.js';
export { countNftTable, type CountedTable, type NftTableCounts } from './modes/nftables/table-counts.js';
export { rulesetLines } from './modes/nftables/ruleset.js';
export { programmedCounts, programmedTexts, type ProgrammedCount, type ProgrammedText } from './programmed.js';
