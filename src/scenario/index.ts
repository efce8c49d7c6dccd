/** Scenario text, Kubernetes manifests and cost profiles in; checked, expanded cases out. Reads no files. */
export type * from './case.js';
export { atPath, parseScenario, scenarioQuestion, type ScenarioDocument } from './parse.js';
export { expandScenario, type GateLimits, type Look, type Scenario } from './expand.js';
export { expandedText } from './expanded-text.js';
export { ownConfiguration, ownObjects, ownProfile, type Supplies } from './supplies.js';
export { SEGMENT_BYTES } from './check-traffic.js';
export { caseContent } from './case-content.js';
export { parseProfile } from './profile.js';
export { clusterScenario, lookScenario } from './cluster-scenario.js';
export { expandToLook, type LookedAt } from './look.js';
export type { CostProfile } from '../kernel/cost.js';
export type { ClusterObjects } from '../kube/api.js';
// The names that scenarios may use, for lists.
export { schedulers } from '../kernel/ipvs/schedulers/index.js';
export { PROXY_MODES, findProxyMode } from '../proxy/modes/index.js';
export { workloads } from '../workload/index.js';
export { readManifests, type ManifestContent, type ManifestRules } from './manifest/read.js';
export { checkManifests, type ManifestCheck } from './manifest/check.js';
export { withoutEndpoints, type EndpointLack } from './without-endpoints.js';
/** `objectsFrom(manifests: readonly unknown[], { nodeNames }): ClusterObjects`: parsed objects as a kube-proxy would see them. */
export { objectsFrom, type ObjectsFromOptions } from './manifest/objects-from.js';
export { readProxyConfiguration, type ProxyConfiguration } from './proxy-configuration.js';
export { proxyOptions } from './proxy-options.js';
export { InputError, problemText, type Place, type Problem } from './problem.js';
export { MAX_SEEDS } from './seeds.js';
export { didYouMean, nearest } from './nearest.js';
export { DEFAULT_SPEC } from './defaults.js';
export { readDuration, readFraction } from './units.js';
export * from './replay/index.js';
