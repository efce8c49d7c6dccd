/** What `kpb gate` does: reads the run, its scenario's limits and the baseline, and judges. */
import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { checkThresholds, compareRuns, gate, gateReport } from '../harness/index.js';
import type { GateReport } from '../measure/index.js';
import { csvTable, gateTable, jsonList } from '../report/index.js';
import { readFraction } from '../scenario/index.js';
import { loadBaseline } from './baseline-store.js';
import { CliError, ExitCode } from './exit-code.js';
import type { CommonArguments } from './options.js';
import { loadRun, scenarioOf } from './stored-run.js';
import { resultStyle, tell, writeResult } from './terminal.js';

/** What to judge, and how. */
export interface GateRequest extends CommonArguments {
  readonly run: string;
  readonly baseline: string | undefined;
  /** Largest change for the worse; over the scenario's own limit for all metrics. */
  readonly maxRegression: string | undefined;
  readonly lenient: boolean;
}

/**
 * Judges a run.
 * @returns the exit code
 */
export async function gateRun(request: GateRequest): Promise<number> {
  const limit = limitOf(request.maxRegression);
  const run = loadRun(request.run);
  const { gate: limits, thresholds } = scenarioOf(run);
  if (request.baseline === undefined && thresholds.length === 0) {
    const message = 'nothing to check: the scenario has no thresholds; name a baseline with --baseline';
    throw new CliError(message, ExitCode.usage);
  }
  const findings = [...checkThresholds(run.rows, thresholds)];
  if (request.baseline !== undefined) {
    const comparison = compareRuns(loadBaseline(request.baseline), run.figures, { lenient: request.lenient });
    if (!comparison.comparable) {
      const problems = comparison.problems.slice(0, 20).map((problem) => `  ${problem}`);
      const message = `${run.folder} cannot be compared with baseline ${request.baseline}:\n${problems.join('\n')}`;
      throw new CliError(message, ExitCode.notComparable);
    }
    for (const note of comparison.notes) tell(note, request);
    findings.push(...gate(comparison.pairs, { limit: limit ?? limits.limit, limits: limits.limits }).findings);
  }
  const report = gateReport(findings);
  const judged = { run: relative('', realpathSync(run.folder)), baseline: request.baseline ?? null };
  await writeResult(await reportText(report, judged, request));
  if (report.answer === 'not-enough-data') tell('not enough data for an answer; run more seeds (--runs)', request);
  return report.answer === 'failed' ? ExitCode.gateFailed : ExitCode.fine;
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const limit = readFraction(text);
  if (limit !== undefined) return limit;
  throw new CliError(`--max-regression: expected a fraction such as 5%, found ${text}`, ExitCode.usage);
}

/** What was judged. */
interface Judged {
  /** Path of the run's folder. */
  readonly run: string;
  /** Name of the baseline; null without one. */
  readonly baseline: string | null;
}

async function reportText(report: GateReport, judged: Judged, options: CommonArguments): Promise<string> {
  const { answer, findings } = report;
  if (options.output === 'json') return jsonList('GateReport', { answer, ...judged }, findings);
  if (options.output === 'table') {
    const table = gateTable(report, { style: await resultStyle(options.color) }).trimEnd();
    const against = judged.baseline === null ? 'thresholds only' : `against baseline ${judged.baseline}`;
    return `${table} (run ${judged.run}, ${against})\n`;
  }
  const lines = findings.map((finding) => [
    ...[finding.answer, finding.caseId, finding.metric, finding.statistic, finding.rule],
    ...[finding.baseline, finding.candidate, finding.change].map((value) => (value === null ? '' : String(value))),
    ...[finding.limit, finding.reason],
  ]);
  const headings = ['answer', 'case_id', 'metric', 'statistic', 'rule', 'baseline', 'new', 'change', 'limit', 'reason'];
  return csvTable(headings, lines);
}
