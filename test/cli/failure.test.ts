/** What is said when a job fails: enough to repeat it. */
import { describe, expect, test } from 'vitest';
import { failureLines } from '../../src/cli/failure.js';
import { JobError, planRun } from '../../src/harness/index.js';
import { InvariantError } from '../../src/sim/index.js';
import { expanded, scenarioText } from '../scenario/made-up-scenario.js';

const { cases } = expanded(scenarioText('  matrix: { workload.zipfExponent: [0.5, 1] }', '  run: { seeds: 2 }'));
const [job] = planRun(cases, ["it's", 'b']).jobs;

describe('a failed job', () => {
  test('names the broken invariant, the case, the seed and the command that replays it', () => {
    if (job === undefined) throw new Error('the plan is empty');
    const error = new JobError(job, new InvariantError('packets-conserved', '3 sent, 2 delivered'));
    expect(failureLines(error, ['s.yaml', '--set', 'run.duration=1 s'])).toEqual([
      'invariant packets-conserved broken: 3 sent, 2 delivered (a fault of the simulator, please report it)',
      '  case    zipfExponent=0.5',
      "  seed    it's",
      String.raw`  replay  kpb run s.yaml --set 'run.duration=1 s' --filter '^zipfExponent=0\.5$' --seed 'it'\''s' --runs 1 --workers 0`,
    ]);
  });

  test('of another kind gives its message', () => {
    if (job === undefined) throw new Error('the plan is empty');
    expect(failureLines(new JobError(job, new Error('no route')), [])[0]).toBe('no route');
  });
});
