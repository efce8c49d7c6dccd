/**
 * Runs one loaded scenario: plans it, carries it out in workers, writes the run's folder, shows the result.
 */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { startExecutor } from '../executor/index.js';
import { aggregate, checkThresholds, gateReport, JobError, planRun, runPlan, toRows } from '../harness/index.js';
import type { Plan } from '../harness/index.js';
import type { CaseResult } from '../measure/index.js';
import { reports, writeCsv, writeSummaryCsv } from '../report/index.js';
import type { ReportInput, WrittenFile } from '../report/index.js';
import { BreakingOff } from './breaking-off.js';
import type { BreakOff } from './breaking-off.js';
import { CliError, ExitCode } from './exit-code.js';
import { failureLines } from './failure.js';
import type { LoadedScenario } from './load-scenario.js';
import type { CommonArguments, OutputFormat } from './options.js';
import { programVersion } from './places.js';
import { startProgress } from './progress.js';
import { RunDirectory } from './run-directory.js';
import type { RunStatus } from './run-directory.js';
import { runManifest } from './run-manifest.js';
import { resultStyle, tell, writeResult } from './terminal.js';

/** How to run. */
export interface RunSettings extends CommonArguments {
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
  'results.csv': 'every value of every run, one a line',
  'summary.csv': 'mean, interval and range over the seeds, one figure a line',
  'summary.json': 'the same for programs',
  'scenario.yaml': 'the whole input: `kpb run` on it repeats the run',
  'manifest.json': 'what ran when and where',
} as const;

interface Outcome {
  readonly results: readonly CaseResult[];
  readonly status: RunStatus;
  readonly breakOff: BreakOff | undefined;
  readonly failure: JobError | undefined;
}

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
  tell(`${plan.scenario}: ${cases.length} cases, seeds ${seeds.join(', ')}, ${workers} workers`, settings);
  const outcome = await carryOut(plan, workers, settings);
  if (outcome.results.length === 0 && outcome.status !== 'complete') {
    directory.discard();
  } else {
    const path = store(directory, { plan, loaded, outcome, facts });
    await show(reportInput(plan, loaded, outcome, filesIn(path)), settings);
  }
  return ending(plan, loaded, outcome, settings);
}

async function carryOut(plan: Plan, workers: number, settings: RunSettings): Promise<Outcome> {
  const breaking = new BreakingOff(settings.timeoutMs);
  const progress = await startProgress(plan.jobs.length, settings);
  const executor = await startExecutor({ workers, signal: breaking.signal });
  const results: CaseResult[] = [];
  let failure: JobError | undefined;
  try {
    await runPlan(
      plan,
      async (job) => {
        const result = await executor.run(job);
        // Kept here too: a plan that is broken off hands nothing back.
        results.push(result);
        return result;
      },
      {
        concurrency: executor.concurrency,
        stopped: () => breaking.reason !== undefined,
        onProgress: ({ done, job }) => progress.update(done, job.id),
      },
    );
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    // A job that was broken off fails too; that is no failure of its own.
    if (breaking.reason === undefined) failure = error;
  } finally {
    progress.end();
    breaking.close();
    await executor.close();
  }
  const breakOff = results.length < plan.jobs.length ? breaking.reason : undefined;
  const status = failure === undefined ? (breakOff?.status ?? 'complete') : 'failed';
  return { results, status, breakOff, failure };
}

interface Stored {
  readonly plan: Plan;
  readonly loaded: LoadedScenario;
  readonly outcome: Outcome;
  readonly facts: { readonly programVersion: string; readonly workers: number; readonly startedAt: Date };
}

function store(directory: RunDirectory, { plan, loaded, outcome, facts }: Stored): string {
  const input = reportInput(plan, loaded, outcome, []);
  directory.write('results.csv', writeCsv(input.rows));
  directory.write('summary.csv', writeSummaryCsv(input.aggregates));
  directory.write('summary.json', rendered(input, 'json'));
  directory.write('scenario.yaml', loaded.expanded());
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
    seeds: plan.seeds,
    rows,
    aggregates: aggregate(rows),
    warnings: warningsOf(plan, outcome.results),
    gate: findings.length === 0 ? undefined : gateReport(findings),
    files,
    complete: outcome.status === 'complete',
  };
}

/** Every warning once, with the number of runs that gave it. */
function warningsOf(plan: Plan, results: readonly CaseResult[]): string[] {
  const counts = new Map<string, number>();
  for (const warning of results.flatMap((result) => result.warnings))
    counts.set(warning, (counts.get(warning) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([warning, count]) => `${warning} (${count} of ${plan.jobs.length} runs)`);
}

async function show(input: ReportInput, settings: RunSettings): Promise<void> {
  await writeResult(rendered(input, settings.output, await resultStyle(settings.color)));
}

function rendered(input: ReportInput, format: OutputFormat, style?: Awaited<ReturnType<typeof resultStyle>>): string {
  const name = format === 'table' ? 'summary' : format;
  const report = reports.find((known) => known.name === name);
  if (report === undefined) throw new Error(`there is no report ${name}`);
  return report.render(input, style);
}

function ending(plan: Plan, loaded: LoadedScenario, outcome: Outcome, settings: RunSettings): number {
  if (outcome.failure !== undefined) {
    throw new CliError(failureLines(outcome.failure, settings.command).join('\n'), ExitCode.failed, {
      cause: outcome.failure,
    });
  }
  if (outcome.breakOff !== undefined) {
    const kept = outcome.results.length === 0 ? 'nothing was written' : 'what was done is kept as partial results';
    const done = `${outcome.results.length} of ${plan.jobs.length} runs were done; ${kept}`;
    throw new CliError(`${outcome.breakOff.message}: ${done}`, outcome.breakOff.exitCode);
  }
  const crossed = checkThresholds(toRows(plan, outcome.results), loaded.scenario.thresholds);
  return crossed.some((finding) => finding.answer === 'failed') ? ExitCode.gateFailed : ExitCode.fine;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
