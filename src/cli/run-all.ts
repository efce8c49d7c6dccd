/** Runs the scenarios of one command line, one after the other, all loaded before the first one starts. */
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { InputError, readDuration } from '../scenario/index.js';
import { CliError, ExitCode } from './exit-code.js';
import { loadScenario } from './load-scenario.js';
import type { LoadedScenario } from './load-scenario.js';
import type { CommonArguments, ScenarioArguments } from './options.js';
import { casesText } from './case-list.js';
import { STDIN } from './files.js';
import { ResultWriter } from './result-writer.js';
import { runScenario } from './run-scenario.js';
import { tellManifests } from './tell-manifests.js';
import { tell } from './terminal.js';
import { writeResult } from './terminal.js';

/** What `kpb run` is asked for. */
export interface RunRequest extends CommonArguments, ScenarioArguments {
  readonly dryRun: boolean;
  readonly workers: number | undefined;
  readonly out: string | undefined;
  readonly timeout: string | undefined;
}

/**
 * Runs scenarios.
 * @param names files or names; empty with manifests for the built-in scenario
 * @returns the exit code: that of the first scenario that did not end well
 */
export async function runAll(names: readonly string[], request: RunRequest): Promise<number> {
  if (names.length === 0 && request.manifests.length === 0) {
    const message =
      'name a scenario, or give manifests with --manifests; `kpb get scenarios` lists what comes with the program';
    throw new CliError(message, ExitCode.usage);
  }
  if (request.out === '') throw new CliError('--out: expected the name of a folder, found nothing', ExitCode.usage);
  if (request.out !== undefined && existsSync(request.out) && !statSync(request.out).isDirectory()) {
    throw new CliError(`--out: ${request.out} is a file; name a new folder`, ExitCode.usage);
  }
  if (request.out !== undefined && names.length > 1) {
    throw new CliError('--out takes one scenario: it names the folder of one run', ExitCode.usage);
  }
  const timeoutMs = milliseconds(request.timeout);
  const options = { ...request, seed: seedOf(request) };
  const loaded = loadAll(names.length === 0 ? [undefined] : names, options);
  if (request.dryRun) {
    await writeResult(
      await casesText(
        loaded.map(({ scenario }) => scenario),
        request,
      ),
    );
    return ExitCode.fine;
  }
  const writer = new ResultWriter(request);
  let code: number = ExitCode.fine;
  for (const one of loaded) {
    tellManifests(one, request);
    code = await runScenario(one, { ...request, timeoutMs, writer, command: commandOf(one, request) });
    if (code !== ExitCode.fine) break;
  }
  await writer.end();
  return code;
}

/** Loads all, so that every problem of every file is shown at once. */
function loadAll(names: readonly (string | undefined)[], options: ScenarioArguments): LoadedScenario[] {
  const problems = [];
  const loaded: LoadedScenario[] = [];
  for (const name of names) {
    try {
      loaded.push(loadScenario(name, options));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return loaded;
}

function seedOf(request: RunRequest): string | undefined {
  if (request.seed !== 'random') return request.seed;
  const seed = randomBytes(4).toString('hex');
  tell(`seed ${seed}`, { quiet: false, verbose: false });
  return seed;
}

function milliseconds(timeout: string | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  const ns = readDuration(timeout);
  if (ns !== undefined && ns > 0) return ns / 1e6;
  throw new CliError(`--timeout: expected a duration with a unit, such as 90s, found ${timeout}`, ExitCode.usage);
}

/** The parts of the command line that say what is run, for the line that replays a failure. */
function commandOf({ file }: LoadedScenario, { set, manifests }: RunRequest): string[] {
  return [
    ...(file === '' ? [] : [file === 'stdin' ? '-' : file]),
    ...set.flatMap((option) => ['--set', option]),
    ...(manifests.length === 0 ? [] : ['--manifests', ...manifests.map((path) => (path === STDIN ? '-' : path))]),
  ];
}
