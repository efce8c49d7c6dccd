/** Scenario text, Kubernetes manifests and cost profiles in; checked, expanded cases out. Reads no files. */
export type * from './case.js';
export { atPath, parseScenario, scenarioQuestion, type ScenarioDocument } from './parse.js';
export { expandScenario, type GateLimits, type Scenario } from './expand.js';
export { expandedText } from './expanded-text.js';
export { ownObjects, ownProfile, type Supplies } from './supplies.js';
export { parseProfile } from './profile.js';
export { clusterScenario } from './cluster-scenario.js';
export type { CostProfile } from '../kernel/cost.js';
// The names that scenarios may use, for lists.
export { schedulers } from '../kernel/ipvs/schedulers/index.js';
export { PROXY_MODES } from '../proxy/modes/index.js';
export { workloads } from '../workload/index.js';
export { readManifests, type ManifestContent } from './manifest/read.js';
export { InputError, problemText, type Place, type Problem } from './problem.js';
export { MAX_SEEDS } from './seeds.js';
export { didYouMean } from './nearest.js';
export { DEFAULT_SPEC } from './defaults.js';
export { readDuration, readFraction } from './units.js';
