/**
 * What is wrong with a user's text, and where. All problems of a text are gathered and shown together.
 */

/** A point in a text. Lines and columns count from 1; line 0 means that the text has no lines (a command-line option). */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One problem. */
export interface Problem {
  readonly place: Place;
  /** Dotted path of the field, such as `spec.cluster.nodes`; empty when it is about the whole text. */
  readonly field: string;
  /** What was expected and what was found. */
  readonly message: string;
}

/** Input that cannot be used; holds every problem found. */
export class InputError extends Error {
  /** At least one problem, in the order of their places. */
  readonly problems: readonly Problem[];

  /** @param problems at least one */
  constructor(problems: readonly Problem[]) {
    const sorted = inOrder(problems);
    super(sorted.map(problemText).join('\n'));
    this.name = 'InputError';
    this.problems = sorted;
  }
}

/** One line as compilers print it: `file:line:column field: message`. */
export function problemText(problem: Problem): string {
  const { file, line, column } = problem.place;
  const where = line === 0 ? file : `${file}:${line}:${column}`;
  return problem.field === '' ? `${where} ${problem.message}` : `${where} ${problem.field}: ${problem.message}`;
}

function inOrder(problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map((problem) => [problemText(problem), problem]));
  return [...unique.values()].sort(
    (a, b) =>
      (a.place.file === b.place.file ? 0 : a.place.file < b.place.file ? -1 : 1) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column,
  );
}
