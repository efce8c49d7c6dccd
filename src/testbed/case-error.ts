/** A case that cannot be built: the user's input asks for something that does not fit together. */

/** Says what of a case does not fit together. */
export class CaseError extends Error {
  /** @param message what does not fit, and what would */
  constructor(message: string) {
    super(message);
    this.name = 'CaseError';
  }
}
