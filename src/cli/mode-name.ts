/** Checks names of proxy modes on the command line. */
import { didYouMean, findProxyMode, PROXY_MODES } from '../scenario/index.js';
import { CliError, ExitCode } from './exit-code.js';

/**
 * Refuses a mode that there is not.
 * @param option the option that it was given with
 * @throws CliError with the usage code
 */
export function requireMode(option: string, mode: string): void {
  if (findProxyMode(mode) !== undefined) return;
  const names = PROXY_MODES.map(({ name }) => name);
  const message = `${option}: expected one of ${names.join(', ')}, found ${mode}${didYouMean(mode, names)}`;
  throw new CliError(message, ExitCode.usage);
}
