/** What an expectation of a case is; the list of all of them is in `expectations.ts`. */
import type { CaseWorld } from './case-world.js';
import type { Fields } from './fields.js';

/** One thing that may be expected. */
export interface Expectation {
  readonly field: string;
  /** Fields beside it that belong to it. */
  readonly besides?: readonly string[];
  /** Modes that it says anything about; all where nothing is said. */
  readonly modes?: readonly string[];
  /**
   * Checks it right behind a sync.
   * @param value what is expected
   * @param holder the case or step that expects it
   */
  check(world: CaseWorld, value: unknown, holder: Fields): void;
}
