/**
 * What is wrong with a cluster that was asked for: an address range too small, or one address wanted twice.
 *
 * This is the user's input, not a fault of the simulator: the message is meant to be shown as it stands.
 */

/** A cluster that cannot be built as asked for. */
export class ClusterError extends Error {
  /** @param message says what was asked for, what there is, and what would do */
  constructor(message: string) {
    super(message);
    this.name = 'ClusterError';
  }
}
