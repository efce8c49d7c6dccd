/** Exit codes of the program, and the error that carries one. */

/** What a code means. */
export const ExitCode = {
  fine: 0,
  /** A run failed, or the program did. */
  failed: 1,
  /** Wrong usage, or an invalid scenario or manifest. */
  usage: 2,
  /** Nothing to compare with, or not comparable. */
  notComparable: 3,
  timeout: 4,
  /** A threshold was crossed or a regression found. */
  gateFailed: 99,
  interrupted: 130,
  terminated: 143,
} as const;

/** An error that the user can do something about: shown as its message alone. */
export class CliError extends Error {
  /** Exit code of the program. */
  readonly exitCode: number;

  /**
   * @param message what is wrong, and what to do
   * @param exitCode one of `ExitCode`
   */
  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
