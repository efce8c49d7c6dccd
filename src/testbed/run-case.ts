/**
 * Runs one case with one seed: a pure function from (case, seed) to figures.
 *
 * The run goes on after the last request is due until every request is over, at most for the drain time.
 */
import type { CaseResult } from '../measure/index.js';
import type { Case } from '../scenario/case.js';
import { MILLISECOND } from '../sim/index.js';
import { collectMetrics } from './metrics.js';
import { World } from './world.js';

/** How often the drain looks whether anything is still under way. */
const DRAIN_STEP = 10 * MILLISECOND;

/**
 * Runs a case.
 * @param plan the case
 * @param seed the run's seed
 * @returns its figures
 * @throws CaseError or ClusterError when the case does not fit together, InvariantError when the simulator is at fault
 */
export function runCase(plan: Case, seed: string): CaseResult {
  const world = new World(plan, seed);
  const { simulation } = world.base;
  world.traffic.start();
  simulation.run(plan.run.durationNs);
  const end = plan.run.durationNs + plan.run.drainNs;
  while (simulation.now < end && world.traffic.unfinished > 0) {
    simulation.run(Math.min(end, simulation.now + DRAIN_STEP));
  }
  world.base.checkConservation();
  const values = collectMetrics(world, plan);
  return {
    caseId: plan.id,
    seed,
    values: values.list(),
    digest: simulation.digest.toString(),
    histograms: values.histograms,
    warnings: warnings(world, plan),
  };
}

/** What makes the figures doubtful. */
function warnings(world: World, plan: Case): string[] {
  const found: string[] = [];
  const { requests, requestLatencyNs } = world.base.probes;
  if (requests.completed === 0)
    found.push('no request was completed: latencies are empty; look at the refused and timed out ones');
  else if (requestLatencyNs.max >= plan.run.drainNs && requests.scheduled > requests.completed) {
    found.push('requests were still under way at the end: lengthen run.drain or lower the load');
  }
  const { cores } = world.base.underlay;
  for (let core = 0; core < cores.count; core++) {
    if (cores.busyNs[core]! <= 0.95 * plan.run.durationNs) continue;
    found.push('a core was busy for more than 95 % of the time: latencies show its queue; lower the load or add cores');
    break;
  }
  return found;
}
