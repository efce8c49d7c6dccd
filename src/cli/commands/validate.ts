/** `kpb validate`: checks scenarios and runs nothing. */
import { defineCommand, SCENARIO_OPTIONS } from '../options.js';
import type { CommonArguments, ScenarioArguments } from '../options.js';

interface ValidateArguments extends CommonArguments, ScenarioArguments {
  readonly scenario: readonly string[];
}

/** The command. */
export const validateCommand = defineCommand<ValidateArguments>({
  command: 'validate <scenario...>',
  describe: 'check scenarios and everything they name; run nothing',
  options: SCENARIO_OPTIONS,
  builder: (parser) =>
    parser.positional('scenario', { type: 'string', array: true, describe: 'files, or names of shipped scenarios' }),
  examples: [['$0 validate scenarios/*.yaml', 'show every problem of every file']],
  handler: async (options) => {
    const { validateAll } = await import('../validate-all.js');
    process.exitCode = await validateAll(options.scenario, options);
  },
});
