/** `kpb gate`: judges a run by its thresholds and against a baseline. */
import { defineCommand } from '../options.js';
import type { CommonArguments } from '../options.js';

interface GateArguments extends CommonArguments {
  readonly run: string;
  readonly baseline: string | undefined;
  readonly maxRegression: string | undefined;
  readonly lenient: boolean;
}

/** The command. */
export const gateCommand = defineCommand<GateArguments>({
  command: 'gate [run]',
  describe: 'check a run: thresholds, and regressions against a baseline; exit code 99 when it fails',
  options: {
    baseline: { type: 'string', describe: 'name of the baseline to compare with', requiresArg: true },
    'max-regression': {
      type: 'string',
      describe: 'largest change for the worse of simulated metrics, such as 5%',
      requiresArg: true,
    },
    lenient: { type: 'boolean', default: false, describe: 'compare the cases that both have' },
  },
  builder: (parser) =>
    parser.positional('run', {
      type: 'string',
      default: 'latest',
      describe: 'run to check: a folder, or a name below results',
    }),
  examples: [['$0 gate --baseline main', 'compare the last run with the baseline main']],
  handler: async (options) => {
    const { gateRun } = await import('../gate-run.js');
    process.exitCode = await gateRun(options);
  },
});
