/**
 * The product's ip_vs does what the reference model does: every packet meets the same fate, every table is the same after every step, and
 * schedulers look at as many servers as the kernel's loops do, whether they find theirs by walking or through an index.
 *
 * `KPB_PROPERTY_SEED=random KPB_PROPERTY_RUNS=20000` looks further.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedulers } from '../../../src/kernel/ipvs/schedulers/index.js';
import { MODEL_SCHEDULERS } from './model/model-service.js';
import { ModelPair } from './model-pair.js';
import { opening, openingFor, plainScript, script, type Opening, type Step } from './model-script.js';
import { ScriptRun } from './model-steps.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 300;
const MILLISECONDS_PER_RUN = 200;

function expectAlike(start: Opening, steps: readonly Step[]): void {
  const run = new ScriptRun(new ModelPair(start));
  for (const step of steps) {
    run.take(step);
    if (run.pair.isAmbiguous) return;
    run.pair.compare();
  }
}

test(
  'scripts go alike in the product and in the model',
  () => {
    fc.assert(fc.property(opening, script, expectAlike), { numRuns: RUNS });
  },
  RUNS * MILLISECONDS_PER_RUN,
);

test.each(Object.keys(MODEL_SCHEDULERS))(
  '%s decides alike',
  (name) => {
    fc.assert(fc.property(openingFor(name), plainScript, expectAlike), { numRuns: Math.ceil(RUNS / 12) });
  },
  RUNS * MILLISECONDS_PER_RUN,
);

test('the model knows all schedulers but the one that draws', () => {
  expect(Object.keys(MODEL_SCHEDULERS).sort()).toEqual(
    schedulers
      .map(({ name }) => name)
      .filter((name) => name !== 'twos')
      .sort(),
  );
});
