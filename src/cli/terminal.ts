/**
 * The two streams: stdout carries the result and nothing else, stderr everything else. Colour is decided for each stream.
 */
import type { TextStyle } from '../report/index.js';

/** How much is said on stderr. */
export interface Verbosity {
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** When to colour: the option, as given. */
export type ColorChoice = 'auto' | 'always' | 'never';

/** Writes to stdout: the result. */
export async function writeResult(text: string): Promise<void> {
  // Awaited, so that the program does not end before a slow reader has it all.
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Writes a line to stderr. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Writes a line to stderr unless the user wants quiet. */
export function tell(line: string, { quiet }: Verbosity): void {
  if (!quiet) say(`kpb: ${line}`);
}

/** Whether a stream is to be coloured: the option, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal. */
export function isColored(stream: { readonly isTTY?: boolean }, choice: ColorChoice): boolean {
  if (choice !== 'auto') return choice === 'always';
  // An empty variable counts as not set.
  if (process.env['NO_COLOR']) return false;
  const forced = process.env['FORCE_COLOR'];
  return forced ? forced !== '0' : stream.isTTY === true;
}

/** The style for results. */
export async function resultStyle(choice: ColorChoice): Promise<TextStyle> {
  const { ANSI, PLAIN } = await import('../report/index.js');
  return isColored(process.stdout, choice) ? ANSI : PLAIN;
}

/** The beginning of a long list of lines. */
export function shortened(lines: readonly string[]): readonly string[] {
  const most = 50;
  return lines.length <= most ? lines : [...lines.slice(0, most), `... and ${lines.length - most} more`];
}
