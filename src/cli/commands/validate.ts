/** `kpb validate`: checks scenarios and Kubernetes objects, and runs nothing. */
import { defineCommand, SCENARIO_OPTIONS } from '../options.js';
import type { CommonArguments, ScenarioArguments } from '../options.js';

interface ValidateArguments extends CommonArguments, ScenarioArguments {
  readonly scenario: readonly string[];
  readonly old: readonly string[];
}

/** The command. */
export const validateCommand = defineCommand<ValidateArguments>({
  command: 'validate [scenario...]',
  describe: 'check scenarios, or Kubernetes objects; run nothing',
  options: {
    ...SCENARIO_OPTIONS,
    old: {
      type: 'array',
      string: true,
      nargs: 1,
      default: [],
      defaultDescription: 'none',
      describe: 'files with the objects as a cluster has them: the others are checked as updates (repeatable)',
      requiresArg: true,
    },
  },
  builder: (parser) =>
    parser.positional('scenario', {
      type: 'string',
      array: true,
      default: [],
      defaultDescription: 'none',
      describe: 'files, names of shipped scenarios, or files with Kubernetes objects',
    }),
  examples: [
    ['$0 validate scenarios/*.yaml', 'show every problem of every file'],
    ['$0 validate deploy/*.yaml', 'show what an API server would refuse'],
    ['$0 validate new.yaml --old old.yaml', 'show what it would refuse of a change'],
  ],
  handler: async (options) => {
    const { validateAll } = await import('../validate-all.js');
    process.exitCode = await validateAll(options.scenario, options);
  },
});
