/** Problems of a script that several fields make together, gathered with their places. */
import { problemIn, type Subject } from '../explain.js';
import type { Path } from '../located.js';
import { didYouMean } from '../nearest.js';
import type { Problem } from '../problem.js';

/** The problems of one script. */
export class Complaints {
  readonly problems: Problem[] = [];
  private readonly subject: Subject;

  constructor(subject: Subject) {
    this.subject = subject;
  }

  /** One problem. @param message what was expected, and what was found */
  add(path: Path, message: string): void {
    this.problems.push(problemIn(this.subject, path, message));
  }

  /**
   * A name that stands for nothing.
   * @param kind what it should be the name of
   * @param known the names that there are
   */
  unknown(path: Path, kind: string, name: string, known: readonly string[]): void {
    const hint = didYouMean(name, known) || (known.length > 8 ? '' : `; there are: ${known.join(', ')}`);
    this.add(path, `expected the name of a ${kind}, found ${JSON.stringify(name)}${hint}`);
  }
}
