/**
 * fast-check with a fixed seed, which vitest.config.ts puts in the place of the package: `npm test` gives the same answer
 * every time. Set KPB_PROPERTY_SEED to another number, or to `random`, and KPB_PROPERTY_RUNS to look further; a
 * counterexample is printed with its seed and path.
 */
// By path, because the name leads here.
import fc from '../node_modules/fast-check/lib/fast-check.js';

const seed = process.env['KPB_PROPERTY_SEED'] ?? '20261120';
const runs = process.env['KPB_PROPERTY_RUNS'];

fc.configureGlobal({
  ...(seed === 'random' ? {} : { seed: Number(seed) }),
  ...(runs === undefined ? {} : { numRuns: Number(runs) }),
});

export * from '../node_modules/fast-check/lib/fast-check.js';
export { default } from '../node_modules/fast-check/lib/fast-check.js';
