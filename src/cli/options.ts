/**
 * Options that several commands share, and what they parse to. Every option can be given as an environment variable too:
 * `--workers` as KPB_WORKERS, those without value as KPB_DRY_RUN=1.
 */
import type { Argv, CommandModule, Options, PositionalOptions } from 'yargs';
import { CliError, ExitCode } from './exit-code.js';
import type { ColorChoice, Verbosity } from './terminal.js';

/** Forms of output. */
export type OutputFormat = 'table' | 'json' | 'csv';

/** Forms of output of commands that also write for pages. */
export const PAGE_FORMATS = ['table', 'markdown', 'json', 'csv'] as const;

/** What `kpb get` lists. */
export const LISTS = ['scenarios', 'metrics', 'profiles', 'baselines', 'modes', 'schedulers', 'workloads'] as const;

/** One of the lists. */
export type ListName = (typeof LISTS)[number];

/** What `kpb baseline` does. */
export const BASELINE_ACTIONS = ['save', 'list', 'show', 'rm'] as const;

/** One of the actions. */
export type BaselineAction = (typeof BASELINE_ACTIONS)[number];

/** What every command gets. */
export interface CommonArguments extends Verbosity {
  readonly output: OutputFormat;
  readonly color: ColorChoice;
}

/** Options of every command. */
export const COMMON_OPTIONS = {
  output: {
    alias: 'o',
    choices: ['table', 'json', 'csv'] as const,
    default: 'table',
    describe: 'form of the result on stdout',
    requiresArg: true,
  },
  color: {
    choices: ['auto', 'always', 'never'] as const,
    default: 'auto',
    describe: 'when to colour',
    requiresArg: true,
  },
  quiet: { alias: 'q', type: 'boolean', default: false, describe: 'say nothing on stderr but errors' },
  verbose: { alias: 'v', type: 'boolean', default: false, describe: 'say more, and show stack traces' },
} as const satisfies Record<string, Options>;

/** Options of commands that read scenarios. */
export const SCENARIO_OPTIONS = {
  set: {
    type: 'array',
    string: true,
    nargs: 1,
    default: [],
    defaultDescription: 'none',
    describe: 'override a field: path=value (repeatable)',
    requiresArg: true,
  },
  manifests: {
    type: 'array',
    string: true,
    default: [],
    defaultDescription: 'none',
    describe: 'files with Kubernetes objects, as kubectl get -o yaml|json prints them (-: stdin)',
    requiresArg: true,
  },
  filter: { type: 'string', describe: 'only cases whose id matches this regular expression', requiresArg: true },
  seed: { type: 'string', describe: 'root seed of all chance ("random" draws one)', requiresArg: true },
  runs: { type: 'string', describe: 'runs of each case, each with its own seed', requiresArg: true },
} as const satisfies Record<string, Options>;

/** Options of commands that look at one cluster. */
export const CLUSTER_OPTIONS = {
  set: SCENARIO_OPTIONS.set,
  filter: { type: 'string', describe: 'of a scenario, take the first case whose id matches', requiresArg: true },
} as const satisfies Record<string, Options>;

/** What these commands look at, where they take several files. */
export const CLUSTER_FILES = {
  type: 'string',
  array: true,
  describe: 'files with Kubernetes objects, as kubectl get -o yaml|json prints them (-: stdin), or a scenario',
} as const satisfies PositionalOptions;

/** What `SCENARIO_OPTIONS` parse to. */
export interface ScenarioArguments {
  readonly set: readonly string[];
  readonly manifests: readonly string[];
  readonly filter: string | undefined;
  readonly seed: string | undefined;
  readonly runs: string | undefined;
}

/** A command: what yargs needs, with the handler's arguments typed. */
export interface CommandSpec<T> {
  readonly command: string;
  readonly describe: string;
  /** Options beside those that every command has, or in place of them. */
  readonly options?: Readonly<Record<string, Options>>;
  /** Commands to begin with, and what each is for. */
  readonly examples?: readonly (readonly [command: string, purpose: string])[];
  /** Adds positional arguments. */
  readonly builder: (parser: Argv) => Argv;
  readonly handler: (options: T) => Promise<void>;
}

/** Makes a command for yargs. */
export function defineCommand<T extends Omit<CommonArguments, 'output'>>({
  options: own = {},
  examples = [],
  builder,
  handler,
  ...rest
}: CommandSpec<T>): CommandModule & { readonly optionNames: readonly string[] } {
  const options = { ...own, ...COMMON_OPTIONS, ...own };
  return {
    ...rest,
    optionNames: Object.keys(options),
    builder: (parser) => {
      // Side by side yargs would give both half of the width, and break commands in the middle.
      for (const [command, purpose] of examples) parser.example(`# ${purpose}`, '').example(command, '');
      return builder(parser).options(options).config(fromEnvironment(options));
    },
    handler: (given) => {
      for (const [name, { type }] of Object.entries<Options>(options)) {
        // yargs makes a list of what is given twice.
        if (type === 'array' || !Array.isArray(given[camelCase(name)])) continue;
        throw new CliError(`--${name} is given more than once`, ExitCode.usage);
      }
      // The builder's options are the handler's arguments; yargs' own types cannot say so across files.
      return handler(given as unknown as T);
    },
  };
}

/** Name of the environment variable of an option. */
export function variableOf(option: string): string {
  return `KPB_${option.replaceAll('-', '_').toUpperCase()}`;
}

/** The options that are set in the environment. yargs' own way would refuse every other variable of that prefix. */
function fromEnvironment(options: Readonly<Record<string, Options>>): Readonly<Record<string, string | boolean>> {
  const entries = Object.entries(options).flatMap(([name, { type }]) => {
    const value = process.env[variableOf(name)] ?? '';
    if (value === '') return [];
    return [[name, type === 'boolean' ? flagOf(variableOf(name), value) : value] as const];
  });
  return Object.fromEntries(entries);
}

function flagOf(variable: string, text: string): boolean {
  if (/^(1|true|yes)$/i.test(text)) return true;
  if (/^(0|false|no)$/i.test(text)) return false;
  throw new CliError(`${variable}: expected 1, 0, true, false, yes or no, found ${text}`, ExitCode.usage);
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
