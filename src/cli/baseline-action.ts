/** What `kpb baseline` does. */
import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { toBaseline } from '../harness/index.js';
import { loadBaseline, removeBaseline, saveBaseline } from './baseline-store.js';
import { CliError, ExitCode } from './exit-code.js';
import { listText } from './lists.js';
import type { BaselineAction, CommonArguments } from './options.js';
import { loadRun } from './stored-run.js';
import { tell, writeResult } from './terminal.js';

/**
 * Does one thing with baselines.
 * @param action what to do
 * @param name name of the baseline; needed for everything but `list`
 */
export async function baselineAction(
  action: BaselineAction,
  name: string | undefined,
  options: CommonArguments & { readonly run: string },
): Promise<void> {
  if (action === 'list') {
    await writeResult(await listText('baselines', options));
    return;
  }
  if (name === undefined) throw new CliError(`baseline ${action}: name the baseline`, ExitCode.usage);
  if (action === 'rm') {
    removeBaseline(name);
    tell(`baseline ${name} removed`, options);
  } else if (action === 'show') {
    await writeResult(`${JSON.stringify(loadBaseline(name), null, 2)}\n`);
  } else {
    const run = loadRun(options.run);
    const path = saveBaseline(toBaseline(name, run.figures));
    tell(`baseline ${name} saved from ${relative('', realpathSync(run.folder))} to ${path}`, options);
  }
}
