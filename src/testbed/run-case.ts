/**
 * Runs one case with one seed: a pure function from (case, seed) to figures.
 *
 * The run goes on after the last request is due until every request is over and every change of the cluster so far is live on all
 * nodes, at most for the drain time.
 */
import type { CaseResult } from '../measure/index.js';
import type { Case } from '../scenario/case.js';
import { MILLISECOND } from '../sim/index.js';
import { collectMetrics } from './metrics.js';
import { World } from './world.js';

/** How often the drain looks whether anything is still under way. */
const DRAIN_STEP = 10 * MILLISECOND;

/** With fewer requests an endpoint, the scatter of a fair lottery alone makes load look uneven: Jain's index is about n / (n + 1). */
const FEW_REQUESTS = 10;

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
  const busyRatios = runMeasuredTime(world, plan);
  const end = plan.run.durationNs + plan.run.drainNs;
  while (simulation.now < end && !isSettled(world)) {
    simulation.run(Math.min(end, simulation.now + DRAIN_STEP));
  }
  world.base.checkConservation();
  world.lookups?.check();
  const values = collectMetrics(world, busyRatios);
  return {
    caseId: plan.id,
    seed,
    values: values.list(),
    digest: simulation.digest.toString(),
    histograms: values.histograms,
    warnings: warnings(world, busyRatios),
  };
}

function isSettled({ traffic, proxies }: World): boolean {
  return traffic.unfinished === 0 && proxies.pendingChanges() === 0 && !proxies.isProgramming();
}

/** Runs through warm-up and measured time; returns the share of the latter that each core was busy. */
function runMeasuredTime({ base }: World, { run }: Case): Float64Array {
  const { simulation } = base;
  const { cores } = base.underlay;
  // What happens at the end of the warm-up is measured.
  if (run.warmupNs > 0) simulation.run(run.warmupNs - 1);
  const before = cores.busyNs.slice(0, cores.count);
  simulation.run(run.durationNs);
  return before.map((busyNs, core) => (cores.busyNs[core]! - busyNs) / (run.durationNs - run.warmupNs));
}

/** Mean number of requests of the endpoints behind the Services that were used. */
function endpointRequests({ base, servers }: World): number {
  let requests = 0;
  let endpoints = 0;
  for (const group of servers.groups()) {
    const total = group.reduce((sum, server) => sum + (base.probes.servedBy[server] ?? 0), 0);
    if (total === 0) continue;
    requests += total;
    endpoints += group.length;
  }
  return endpoints === 0 ? Infinity : requests / endpoints;
}

/** What makes the figures doubtful. */
function warnings(world: World, busyRatios: Float64Array): string[] {
  const found: string[] = [];
  if (world.base.probes.requests.completed === 0)
    found.push('no request was completed: latencies are empty; look at the refused and timed out ones');
  else if (world.traffic.unfinished > 0) {
    found.push('requests were still under way at the end: lengthen run.drain or lower the load');
  }
  const refusals = world.ingress?.counts.refusals ?? 0;
  if (refusals > 0) {
    found.push('requests were answered by ingress proxies with an error (404, 502, 503, 504), not by a server');
  }
  if (world.proxies.pendingChanges() > 0) {
    found.push('changes were not yet live on all nodes at the end, and change_live_ns lacks them: lengthen run.drain');
  }
  const requests = endpointRequests(world);
  if (requests < FEW_REQUESTS) {
    const seen = requests.toFixed(1);
    found.push(
      `${seen} requests an endpoint: how evenly they fall is mostly chance; lengthen run.duration or raise the rate`,
    );
  }
  if (busyRatios.some((ratio) => ratio > 0.95)) {
    found.push('a core was busy for more than 95 % of the time: latencies show its queue; lower the load or add cores');
  }
  return found;
}
