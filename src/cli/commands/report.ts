/** `kpb report`: shows a stored run again, or a table of chosen figures; runs nothing. */
import { COMMON_OPTIONS, defineCommand, PAGE_FORMATS } from '../options.js';
import type { CommonArguments } from '../options.js';
import { TABLE_OPTIONS } from '../table-options.js';
import type { TableArguments } from '../table-options.js';

interface ReportArguments extends Omit<CommonArguments, 'output'>, TableArguments {
  readonly run: string;
  readonly page: string | undefined;
  readonly output: (typeof PAGE_FORMATS)[number];
}

/** The command. */
export const reportCommand = defineCommand<ReportArguments>({
  command: 'report [run]',
  describe: 'show a stored run again, or a table of chosen figures of its cases',
  options: {
    ...TABLE_OPTIONS,
    page: {
      type: 'string',
      describe: 'Markdown page whose tables are written anew, each from the comment "kpb report ..." above it',
      requiresArg: true,
    },
    output: { ...COMMON_OPTIONS.output, choices: PAGE_FORMATS },
  },
  builder: (parser) =>
    parser.positional('run', {
      type: 'string',
      default: 'latest',
      describe: 'run to show: a folder, or a name below results',
    }),
  examples: [
    ['$0 report -o markdown', 'the summary of the last run, for a pull request'],
    [
      '$0 report --rows proxy --columns clientNodes --figure request_latency_ns:p99',
      'one figure, schedulers down, client nodes across',
    ],
    ['$0 report results/scheduler-fairness --page docs/SCHEDULERS.md', 'renew the tables of a page'],
  ],
  handler: async (options) => {
    const { reportRun } = await import('../report-run.js');
    await reportRun(options);
  },
});
