/** Wires one case into a running world, attaches probes, and runs it. */
export { runCase } from './run-case.js';
export { CaseError } from './case-error.js';
export { ClusterError } from '../kube/index.js';
