/**
 * The seeds of a scenario's runs. The first run has the root seed itself and later ones are named after it, so that more
 * runs repeat the earlier ones, and every run can be repeated alone by its own seed.
 */

/** Largest number of runs of each case. */
export const MAX_SEEDS = 100_000;

/** Reads `seeds`: a number of runs, or a list of different seeds. */
export function readSeeds(value: unknown): number | readonly string[] | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= 1 && value <= MAX_SEEDS ? value : undefined;
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_SEEDS) return undefined;
  const seeds = value.map((seed: unknown) =>
    typeof seed === 'string' || typeof seed === 'number' ? String(seed) : '',
  );
  return seeds.includes('') || new Set(seeds).size < seeds.length ? undefined : seeds;
}

/**
 * The seed of every run, in their order.
 * @param seeds a number of runs, or the seeds themselves
 * @param root the root seed
 */
export function seedsOf(seeds: number | readonly string[], root: string): readonly string[] {
  if (typeof seeds !== 'number') return seeds;
  return Array.from({ length: seeds }, (_, run) => (run === 0 ? root : `${root}.${run + 1}`));
}
