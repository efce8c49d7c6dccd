/**
 * The command line: which commands there are, and how the program ends. Commands load what they need when they are called, so
 * that `--help` stays quick.
 */
import yargs from 'yargs';
import { baselineCommand } from './commands/baseline.js';
import { diffModesCommand } from './commands/diff-modes.js';
import { dnsCommand } from './commands/dns.js';
import { envCommand } from './commands/env.js';
import { gateCommand } from './commands/gate.js';
import { getCommand } from './commands/get.js';
import { ipvsCommand } from './commands/ipvs.js';
import { reportCommand } from './commands/report.js';
import { rulesCommand } from './commands/rules.js';
import { runCommand } from './commands/run.js';
import { traceCommand } from './commands/trace.js';
import { validateCommand } from './commands/validate.js';
import { versionCommand } from './commands/version.js';
import { CliError, ExitCode } from './exit-code.js';
import { requireOneStdin, withStdin } from './files.js';
import { programVersion } from './places.js';
import { say, shortened } from './terminal.js';
import { warnOfVariables } from './variables.js';

const COMMANDS = [
  runCommand,
  validateCommand,
  getCommand,
  rulesCommand,
  traceCommand,
  dnsCommand,
  envCommand,
  diffModesCommand,
  ipvsCommand,
  reportCommand,
  gateCommand,
  baselineCommand,
  versionCommand,
];

/** Width of help texts; fixed, so that they are the same everywhere. */
const WIDTH = 100;

/**
 * Carries out a command line. The exit code goes to `process.exitCode`.
 * @param words the arguments after the program's name
 */
export async function main(words: readonly string[]): Promise<void> {
  const isVerbose = words.includes('-v') || words.includes('--verbose');
  try {
    const known = withStdin(words);
    requireOneStdin(known);
    if (!words.includes('-q') && !words.includes('--quiet')) {
      await warnOfVariables(COMMANDS.flatMap(({ optionNames }) => optionNames));
    }
    await parser(known).parseAsync();
  } catch (error) {
    process.exitCode = report(error, isVerbose);
  }
}

function parser(words: readonly string[]) {
  const command = yargs([...words])
    .scriptName('kpb')
    .usage('$0 <command>\n\nSimulates Kubernetes Service networking packet by packet and compares proxy modes.')
    .locale('en')
    .wrap(WIDTH)
    .strict()
    .recommendCommands()
    .demandCommand(1, 'name a command')
    .parserConfiguration({ 'strip-dashed': true })
    .completion('completion', 'print a completion script for bash, zsh or fish')
    .version(`kpb ${programVersion()}`)
    .help()
    .alias('help', 'h')
    .epilogue(EPILOGUE)
    .fail((message: string | undefined, error: Error | undefined) => {
      // yargs would print and exit with 1; wrong usage is 2 here.
      if (error !== undefined && error.name !== 'YError') throw error;
      throw new CliError(usageText(message ?? 'wrong usage', words), ExitCode.usage);
    });
  for (const one of COMMANDS) command.command(one);
  return command;
}

/** What is wrong with the words, and where the command's options stand. */
function usageText(message: string, words: readonly string[]): string {
  const command = COMMANDS.find((one) => words[0] === nameOf(one.command));
  const [, missing] = /^Missing required arguments?: (.+)$/.exec(message) ?? [];
  const lacksWords = message.startsWith('Not enough non-option arguments');
  const lacking = lacksWords ? command?.command?.toString().split(' ').slice(1).join(' ') : undefined;
  const option = missing?.split(', ').map((name) => `--${name}`);
  const said = option === undefined ? message : `${option.join(' and ')} ${option.length === 1 ? 'is' : 'are'} missing`;
  const text = lacking === undefined ? said : `${lacking} is missing`;
  return `${text} (see kpb ${command === undefined ? '' : `${nameOf(command.command)} `}--help)`;
}

function nameOf(command: string | readonly string[] | undefined): string {
  return command?.toString().split(' ')[0] ?? '';
}

/** Shows an error. @returns the exit code that goes with it */
function report(error: unknown, isVerbose: boolean): number {
  const known = error instanceof Error ? error : new Error(String(error));
  if (known.name === 'InputError') {
    for (const line of shortened(known.message.split('\n'))) say(line);
    return ExitCode.usage;
  }
  say(`kpb: ${known.message}`);
  if (isVerbose) for (let e: unknown = known; e instanceof Error; e = e.cause) say(e.stack ?? e.message);
  if (known instanceof CliError) return known.exitCode;
  if (!isVerbose) say('kpb: this is a fault of the program; -v shows where');
  return ExitCode.failed;
}

const EPILOGUE = `Exit codes: 0 fine, 1 failed, 2 wrong usage or invalid input, 3 not comparable, 4 time limit, 99 gate failed, 130 interrupted.
Results go to stdout and to results/, everything else to stderr.`;
