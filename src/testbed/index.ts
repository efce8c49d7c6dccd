/** Wires one case into a running world, attaches probes, and runs it. */
export { runCase } from './run-case.js';
export { CaseError } from './case-error.js';
export { ClusterLab } from './cluster-lab.js';
export { NodeLab, PROXY_DEFAULTS, type NodeLabSetup } from './node-lab.js';
export type { Exploration, Flow, FlowOutcome, LikelyOutcome } from './flow-outcome.js';
export { ClusterError } from '../kube/index.js';
/** What a case's IPv6 addresses mean is told from thread to thread: see net's `address.ts`. */
export { adoptIpv6, knownIpv6 } from '../net/index.js';
export type { ProgrammedCount, ProgrammedText } from '../proxy/index.js';
export {
  compareServices,
  fateText,
  labPairs,
  modeCounts,
  type FlowDifference,
  type ModeCounts,
  type ServiceDifference,
} from './difference/index.js';
export {
  captureOf,
  readSource,
  readTarget,
  runTrace,
  type ChainVisit,
  type Effort,
  type Passage,
  type PacketEnd,
  type ProxyTry,
  type RuleVisit,
  type Stop,
  type Trace,
  type TraceStep,
  type TracedIngress,
  type TracedPacket,
  type TracedRule,
  type Visit,
} from './trace/index.js';
export {
  compareReplay,
  pickText,
  replayScript,
  type Replay,
  type ReplayComparison,
  type ReplayDifference,
  type ReplayEvent,
  type ReplayOptions,
} from './replay/index.js';
export {
  parseResolvConf,
  readOutsideName,
  reportContainer,
  reportLookup,
  type ContainerReport,
  type LookupOrder,
  type LookupReport,
  type OutsideName,
  type ReportedQuery,
  type ReportedRecord,
  type ResolvConf,
  type ResolverLibrary,
} from './discovery/index.js';
