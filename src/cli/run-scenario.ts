/**
 * Runs one loaded scenario: plans it, carries it out in workers, writes the run's folder, shows the result.
 */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { aggregate, checkThresholds, gateReport, planRun, toRows } from '../harness/index.js';
import type { JobError, Plan } from '../harness/index.js';
import type { CaseResult } from '../measure/index.js';
import { jsonReport, writeCsv, writeSummaryCsv } from '../report/index.js';
import type { ReportInput, WrittenFile } from '../report/index.js';
import { BreakingOff } from './breaking-off.js';
import { carryOut } from './carry-out.js';
import type { Outcome } from './carry-out.js';
import { CaseError } from '../executor/index.js';
import { counted } from './counted.js';
import { CliError, ExitCode } from './exit-code.js';
import { failureLines } from './failure.js';
import { latencyFiles } from './latency-files.js';
import type { LoadedScenario } from './load-scenario.js';
import { programVersion } from './places.js';
import type { ResultWriter } from './result-writer.js';
import { RunDirectory } from './run-directory.js';
import { runManifest } from './run-manifest.js';
import { runNotes } from './run-notes.js';
import { say, shortened, tell } from './terminal.js';
import type { Verbosity } from './terminal.js';

/** How to run. */
export interface RunSettings extends Verbosity {
  /** Where the result goes. */
  readonly writer: ResultWriter;
  /** Folder of the run; undefined for one under `results`. */
  readonly out: string | undefined;
  /** Worker threads; 0 for none; undefined for as many as there are cores. */
  readonly workers: number | undefined;
  readonly timeoutMs: number | undefined;
  /** The command that was called, for the line that replays a failure. */
  readonly command: readonly string[];
}

/** Names of the files in a run's folder, and what is in them. */
const FILES = {
  'results.csv': 'every value of every run',
  'summary.csv': 'mean, interval and range over the seeds',
  'summary.json': 'the same for programs',
  'cases/*/latency.hdr': 'latency histograms of each case',
  'scenario.yaml': '`kpb run` on it repeats the run',
  'manifest.json': 'what ran when and where',
} as const;

/**
 * Runs a scenario.
 * @returns the exit code
 */
export async function runScenario(loaded: LoadedScenario, settings: RunSettings): Promise<number> {
  const { cases, seeds } = loaded.scenario;
  const plan = planRun(cases, seeds);
  const workers = settings.workers ?? Math.min(availableParallelism(), plan.jobs.length);
  const facts = { programVersion: programVersion(), workers, startedAt: new Date() };
  const directory = new RunDirectory(plan.runId, facts.startedAt, settings.out);
  directory.write('manifest.json', json(runManifest(plan, { ...facts, status: 'running', warnings: [] })));
  const seedsText = `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
  tell(`${plan.scenario}: ${counted(cases.length, 'case')}, ${seedsText}, ${counted(workers, 'worker')}`, settings);
  // Until everything is written: a signal that comes meanwhile ends the program after that.
  const breaking = new BreakingOff(settings.timeoutMs);
  try {
    const outcome = await carryOut(plan, { workers, breaking, verbosity: settings });
    if (outcome.results.length === 0 && outcome.status !== 'complete') {
      directory.discard();
    } else {
      const path = await store(directory, { plan, loaded, outcome, facts });
      await settings.writer.add(reportInput(plan, loaded, outcome, filesIn(path)));
    }
    const late = breaking.reason?.status === 'interrupted' ? breaking.reason : undefined;
    return ending(plan, loaded, { ...outcome, breakOff: outcome.breakOff ?? late }, settings);
  } finally {
    breaking.close();
  }
}

interface Stored {
  readonly plan: Plan;
  readonly loaded: LoadedScenario;
  readonly outcome: Outcome;
  readonly facts: { readonly programVersion: string; readonly workers: number; readonly startedAt: Date };
}

async function store(directory: RunDirectory, { plan, loaded, outcome, facts }: Stored): Promise<string> {
  const input = reportInput(plan, loaded, outcome, []);
  directory.write('results.csv', writeCsv(input.rows));
  directory.write('summary.csv', writeSummaryCsv(input.aggregates));
  directory.write('summary.json', jsonReport.render(input));
  directory.write('scenario.yaml', loaded.expanded());
  const latencies = await latencyFiles([...plan.caseHashes.keys()], outcome.results);
  for (const [name, text] of latencies) directory.write(name, text);
  const { warnings } = input;
  directory.write('manifest.json', json(runManifest(plan, { ...facts, status: outcome.status, warnings })));
  return relative('', directory.finish(outcome.status));
}

function filesIn(path: string): WrittenFile[] {
  return Object.entries(FILES).map(([name, what]) => ({ what, path: `${path}/${name}` }));
}

function reportInput(
  plan: Plan,
  { scenario }: LoadedScenario,
  outcome: Outcome,
  files: readonly WrittenFile[],
): ReportInput {
  const rows = toRows(plan, outcome.results);
  const findings = checkThresholds(rows, scenario.thresholds);
  return {
    scenario: plan.scenario,
    question: scenario.question,
    runId: plan.runId,
    programVersion: programVersion(),
    seeds: seedsIn(plan, outcome),
    rows,
    aggregates: aggregate(rows),
    warnings: [...partialOf(plan, outcome), ...warningsOf(plan, outcome.results)],
    notes: runNotes(scenario),
    gate: findings.length === 0 ? undefined : gateReport(findings),
    files,
    complete: outcome.status === 'complete',
  };
}

/** What is missing from the result of a run that was broken off. */
function partialOf({ jobs }: Plan, { results, status }: Outcome): string[] {
  if (status === 'complete') return [];
  const why = 'cases differ in the number of seeds that are in their figures';
  return [`partial: ${results.length} of ${counted(jobs.length, 'run')} are in this result; ${why}`];
}

/** Every warning once, with the number of runs that gave it. */
function warningsOf(plan: Plan, results: readonly CaseResult[]): string[] {
  const counts = new Map<string, number>();
  for (const warning of results.flatMap((result) => result.warnings))
    counts.set(warning, (counts.get(warning) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([warning, count]) => `${warning} (${count} of ${plan.jobs.length} runs)`);
}

/** The seeds that the result holds: of a run that was broken off, those that a case has a result of. */
function seedsIn({ seeds }: Plan, { results }: Outcome): readonly string[] {
  const done = new Set(results.map(({ seed }) => seed));
  return seeds.filter((seed) => done.has(seed));
}

function ending(plan: Plan, loaded: LoadedScenario, outcome: Outcome, settings: RunSettings): number {
  if (outcome.failure !== undefined) {
    if (outcome.failure.cause instanceof CaseError) throw notToBuild(outcome.failure, outcome.failure.cause);
    throw new CliError(failureLines(outcome.failure, settings.command).join('\n'), ExitCode.failed, {
      cause: outcome.failure,
    });
  }
  if (outcome.breakOff !== undefined) {
    const [done, all] = [outcome.results.length, plan.jobs.length];
    const kept = done === 0 ? 'nothing was written' : `they are kept${done < all ? ' as partial results' : ''}`;
    const message = `${outcome.breakOff.message}: ${done} of ${all} runs were done; ${kept}`;
    throw new CliError(message, outcome.breakOff.exitCode);
  }
  const findings = checkThresholds(toRows(plan, outcome.results), loaded.scenario.thresholds);
  const broken = findings.filter((finding) => finding.answer === 'failed');
  if (broken.length === 0) return ExitCode.fine;
  // With -o json or csv the result does not show them.
  const lines = broken.map(({ caseId, metric, limit, reason }) => `  ${caseId}: ${metric} ${limit}, ${reason}`);
  say(`kpb: ${counted(broken.length, 'threshold')} broken`);
  for (const line of shortened(lines)) say(line);
  return ExitCode.gateFailed;
}

/** A case that cannot be built is the user's to change: the message alone, no line that repeats it. */
function notToBuild({ job }: JobError, cause: CaseError): CliError {
  return new CliError(`${job.case.scenario}, case ${job.case.id}: ${cause.message}`, ExitCode.usage, { cause });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
