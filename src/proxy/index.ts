/** kube-proxy: what it sees of the cluster, when it syncs, and the modes that it can run in. */
export type { EndpointList, ServicePort } from './service-port.js';
export { Ledger, type LedgerSource } from './ledger.js';
export type { ModeRun, Proxier, ProxyMode, ProxyNode, ProxyOptions, SyncReport } from './proxier.js';
export {
  NodeProxies,
  type NodeProxyOptions,
  type NodeProxySetup,
  type NodeSync,
  type SyncObserver,
} from './node-proxy.js';
export { SyncRunners, type SyncRunnerOptions } from './sync-runner.js';
export { PROXY_MODES, findProxyMode } from './modes/index.js';
