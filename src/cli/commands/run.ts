/** `kpb run`: simulates scenarios and writes their results. */
import { CliError, ExitCode } from '../exit-code.js';
import { defineCommand, SCENARIO_OPTIONS } from '../options.js';
import type { CommonArguments, ScenarioArguments } from '../options.js';

interface RunArguments extends CommonArguments, ScenarioArguments {
  readonly scenario: readonly string[];
  readonly dryRun: boolean;
  readonly workers: string | undefined;
  readonly out: string | undefined;
  readonly timeout: string | undefined;
}

/** The command. */
export const runCommand = defineCommand<RunArguments>({
  command: 'run [scenario...]',
  describe: 'simulate scenarios; write and show the results',
  options: {
    ...SCENARIO_OPTIONS,
    'dry-run': { type: 'boolean', default: false, describe: 'list the cases and run nothing' },
    workers: {
      type: 'string',
      defaultDescription: 'one a core',
      describe: 'worker threads; 0: none, --timeout and Ctrl-C then act between runs; never changes results',
      requiresArg: true,
    },
    out: {
      type: 'string',
      defaultDescription: 'results/<time>-<scenario>-<hash>',
      describe: 'folder to write to',
      requiresArg: true,
    },
    timeout: { type: 'string', describe: 'longest time to run, such as 90s', requiresArg: true },
  },
  builder: (parser) =>
    parser.positional('scenario', {
      type: 'string',
      array: true,
      default: [],
      describe: 'files, or names of shipped scenarios',
    }),
  examples: [
    ['$0 run scenarios/iptables-vs-ipvs.yaml', 'compare iptables with ipvs'],
    ['$0 run --manifests cluster.yaml', 'every mode on your own cluster'],
    ["$0 run lc-herding --filter 'scheduler=(rr|lc)' --runs 5", 'some cases, five seeds each'],
    ['$0 run endpoints --set run.duration=500ms -o json', 'override a field, print JSON'],
  ],
  handler: async (options) => {
    const { runAll } = await import('../run-all.js');
    process.exitCode = await runAll(options.scenario, {
      ...options,
      workers: wholeNumber('workers', options.workers),
    });
  },
});

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new CliError(`--${option}: expected a whole number, found ${text}`, ExitCode.usage);
}
