/** The harness: plans a run, carries it out, gathers rows, compares with a baseline and gates. */
export { planRun, type Job, type Plan } from './plan.js';
export { runPlan, JobError, type JobRunner, type Progress, type RunOptions, type RunOutcome } from './run.js';
export { toRows, caseLabels } from './rows.js';
export { aggregate } from './aggregate.js';
export { figuresOf, type CaseFigures, type RunFigures, type RunIdentity } from './figures.js';
export { toBaseline, readBaseline, BaselineError, BASELINE_SCHEMA_VERSION, type Baseline } from './baseline.js';
export { compareRuns, type CompareOptions, type Comparison, type MetricPair } from './compare.js';
export { gate, gateReport, DEFAULT_LIMIT, type GateOptions } from './gate.js';
export { checkThresholds } from './thresholds.js';
export { canonicalHash } from './canonical-hash.js';
