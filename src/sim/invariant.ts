/**
 * Invariants: what must hold in every run, checked while it runs.
 *
 * A broken invariant is a fault of the simulator, never of the user's input; it stops the run. The harness adds the
 * seed and the command that replays it.
 */

/** A statement that must hold and did not. */
export class InvariantError extends Error {
  /** Short name of the invariant, such as `packets-conserved`. */
  readonly invariant: string;

  /**
   * @param invariant short name of the invariant
   * @param detail what was seen, with figures
   */
  constructor(invariant: string, detail: string) {
    super(`invariant ${invariant} broken: ${detail}`);
    this.name = 'InvariantError';
    this.invariant = invariant;
  }
}

/**
 * Stops the run when `holds` is false. Build the message lazily where the check is hot.
 * @param holds the statement
 * @param name short name of the invariant
 * @param detail what was seen, or a function that says it
 * @throws InvariantError when the statement does not hold
 */
export function invariant(holds: boolean, name: string, detail: string | (() => string)): asserts holds {
  if (!holds) throw new InvariantError(name, typeof detail === 'string' ? detail : detail());
}
