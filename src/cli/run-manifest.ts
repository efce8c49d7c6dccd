/**
 * `manifest.json` of a run: what was run, and the only place for facts of the machine and the clock. Everything else in
 * the folder has the same bytes whenever and wherever the same input is run.
 */
import { arch, availableParallelism, cpus, platform, release } from 'node:os';
import type { Plan, RunIdentity } from '../harness/index.js';
import type { RunStatus } from './run-directory.js';

/** Version of the document's form. */
export const RUN_SCHEMA_VERSION = 1;

/** The document. */
export interface RunManifest {
  readonly apiVersion: 'kpb/v1alpha1';
  readonly kind: 'Run';
  readonly schemaVersion: number;
  readonly status: RunStatus;
  readonly scenario: string;
  readonly runId: string;
  readonly programVersion: string;
  readonly scenarioHash: string;
  readonly seeds: readonly string[];
  /** Hash of each case's input, in the order of the cases. */
  readonly caseHashes: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** How the command was called. */
  readonly arguments: readonly string[];
  readonly host: Readonly<Record<string, string | number>>;
  readonly startedAt: string;
  /** Empty while the run is under way. */
  readonly endedAt: string;
}

/** What the manifest says beside the plan. */
export interface RunFacts {
  readonly status: RunStatus;
  readonly programVersion: string;
  readonly warnings: readonly string[];
  readonly workers: number;
  readonly startedAt: Date;
}

/** Makes the document. */
export function runManifest(plan: Plan, facts: RunFacts): RunManifest {
  return {
    apiVersion: 'kpb/v1alpha1',
    kind: 'Run',
    schemaVersion: RUN_SCHEMA_VERSION,
    status: facts.status,
    scenario: plan.scenario,
    runId: plan.runId,
    programVersion: facts.programVersion,
    scenarioHash: plan.scenarioHash,
    seeds: plan.seeds,
    caseHashes: Object.fromEntries(plan.caseHashes),
    warnings: facts.warnings,
    arguments: process.argv.slice(2),
    host: {
      node: process.version,
      platform: `${platform()} ${release()} ${arch()}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      workers: facts.workers,
    },
    startedAt: facts.startedAt.toISOString(),
    endedAt: facts.status === 'running' ? '' : new Date().toISOString(),
  };
}

/** What is needed of a stored run to compare it. */
export function identityOf(manifest: RunManifest): RunIdentity {
  const { scenario, scenarioHash, seeds, caseHashes } = manifest;
  return { scenario, scenarioHash, seeds, caseHashes: new Map(Object.entries(caseHashes)) };
}
