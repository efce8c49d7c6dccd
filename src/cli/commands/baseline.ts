/** `kpb baseline`: keeps the figures of runs under names. */
import { BASELINE_ACTIONS, defineCommand } from '../options.js';
import type { BaselineAction, CommonArguments } from '../options.js';

interface BaselineArguments extends CommonArguments {
  readonly action: BaselineAction;
  readonly name: string | undefined;
  readonly run: string;
}

/** The command. */
export const baselineCommand = defineCommand<BaselineArguments>({
  command: 'baseline <action> [name] [run]',
  describe: 'save, list, show or rm named baselines',
  builder: (parser) =>
    parser
      .positional('action', { choices: BASELINE_ACTIONS, describe: 'what to do' })
      .positional('name', { type: 'string', describe: 'name of the baseline' })
      .positional('run', {
        type: 'string',
        default: 'latest',
        describe: 'run to save: a folder, or a name below results',
      }),
  examples: [
    ['$0 baseline save main', 'keep the last run as main'],
    ['$0 baseline list', 'what is kept'],
  ],
  handler: async ({ action, name, run, ...options }) => {
    const { baselineAction } = await import('../baseline-action.js');
    await baselineAction(action, name, { ...options, run });
  },
});
