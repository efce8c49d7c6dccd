/** Checks scenarios one by one and reports on each. */
import { csvTable, jsonList } from '../report/index.js';
import { InputError, problemText } from '../scenario/index.js';
import { counted } from './counted.js';
import { CliError, ExitCode } from './exit-code.js';
import { STDIN } from './files.js';
import { loadScenario } from './load-scenario.js';
import type { CommonArguments, ScenarioArguments } from './options.js';
import { say, shortened, writeResult } from './terminal.js';

interface Verdict {
  readonly file: string;
  readonly valid: boolean;
  readonly cases: number;
  readonly seeds: number;
  readonly problems: readonly string[];
}

/**
 * Checks scenarios.
 * @returns the exit code
 */
export async function validateAll(
  names: readonly string[],
  options: CommonArguments & ScenarioArguments,
): Promise<number> {
  const verdicts = names.map((name) => verdictOn(name, options));
  for (const line of verdicts.flatMap((verdict) => shortened(verdict.problems))) say(line);
  await writeResult(verdictsText(verdicts, options.output));
  return verdicts.every((verdict) => verdict.valid) ? ExitCode.fine : ExitCode.usage;
}

function verdictOn(name: string, options: ScenarioArguments): Verdict {
  const file = name === STDIN ? 'stdin' : name;
  try {
    const { cases, seeds } = loadScenario(name, options).scenario;
    return { file, valid: true, cases: cases.length, seeds: seeds.length, problems: [] };
  } catch (error) {
    const known = error instanceof InputError ? error.problems.map(problemText) : undefined;
    if (known === undefined && !(error instanceof CliError)) throw error;
    return { file, valid: false, cases: 0, seeds: 0, problems: known ?? [`kpb: ${(error as CliError).message}`] };
  }
}

function verdictsText(verdicts: readonly Verdict[], output: CommonArguments['output']): string {
  if (output === 'json') return jsonList('ValidationList', {}, verdicts);
  if (output === 'csv') {
    const lines = verdicts.map(({ file, valid, cases, seeds, problems }) => {
      return [file, String(valid), String(cases), String(seeds), String(problems.length)];
    });
    return csvTable(['file', 'valid', 'cases', 'seeds', 'problems'], lines);
  }
  return verdicts
    .map(({ file, valid, cases, seeds, problems }) => {
      return valid
        ? `${file}: valid, ${counted(cases, 'case')} with ${counted(seeds, 'seed')} each\n`
        : `${file}: not valid, ${counted(problems.length, 'problem')}\n`;
    })
    .join('');
}
