/**
 * A large cluster: 5,000 nodes, 10,000 Services, 250,000 endpoints, while one Service of 1,000 endpoints is updated pod by pod.
 *
 * Built and run as the product does it, in one process, with little traffic: what is measured is the cluster and its proxies. The run
 * ends when the last old pod is gone and every node has the rules of the last change.
 */
import type { Case } from '../../src/scenario/case.js';
import { World } from '../../src/testbed/world.js';

import { cpuMilliseconds } from '../measurement.js';
import { servicePathCase } from './service-path.bench.js';

/** A mode that can be measured. */
export type LargeMode = 'iptables' | 'ipvs' | 'nftables';

/** How large it is. */
export interface LargeSize {
  readonly nodes: number;
  readonly services: number;
  /** Endpoints of the Service that is updated. */
  readonly updated: number;
  /** Services without endpoints. */
  readonly empty: number;
  /** Endpoints of each other Service. */
  readonly others: number;
}

/** What a run took. */
export interface LargeRun {
  readonly mode: LargeMode;
  readonly endpoints: number;
  /** Until the cluster stood and every node had its rules, and from there to the end. */
  readonly buildSeconds: number;
  readonly runSeconds: number;
  readonly cpuSeconds: number;
  /** Simulated time at which the last change was live everywhere. */
  readonly simulatedSeconds: number;
  readonly sliceWrites: number;
  readonly syncs: number;
  /** Largest resident set of the process. */
  readonly peakBytes: number;
  readonly digest: string;
}

/** 250,000 endpoints: one Service of 1,000 and 9,960 of 25. */
export const LARGE: LargeSize = { nodes: 5000, services: 10_000, updated: 1000, empty: 39, others: 25 };

/** Longest simulated time: a run that is not at its end by then has failed. */
const LONGEST_NS = 120e9;
const STEP_NS = 1e8;

/** Builds the cluster, updates the Service, and waits for the end. */
export function largeCluster(mode: LargeMode, size: LargeSize): LargeRun {
  const started = performance.now();
  const plan = largeCase(mode, size);
  const world = new World(plan, 'bench');
  const { simulation } = world.base;
  const built = performance.now();
  world.traffic.start();
  const old = new Set([...world.cluster.podsOf(world.cluster.services[0]!)].map(({ metadata }) => metadata.name));
  const isOver = (): boolean => {
    const pods = world.cluster.podsOf(world.cluster.services[0]!);
    const isNew =
      pods.length === size.updated && pods.every(({ metadata: { name }, ready }) => ready && !old.has(name));
    return isNew && world.proxies.pendingChanges() === 0;
  };
  while (!isOver()) {
    if (simulation.now >= LONGEST_NS) throw new Error(`the update was not over after ${LONGEST_NS / 1e9} s`);
    simulation.run(simulation.now + STEP_NS);
  }
  const ended = performance.now();
  world.base.checkConservation();
  return {
    mode,
    endpoints: world.cluster.slices.countReady(),
    buildSeconds: (built - started) / 1e3,
    runSeconds: (ended - built) / 1e3,
    cpuSeconds: cpuMilliseconds() / 1e3,
    simulatedSeconds: simulation.now / 1e9,
    sliceWrites: world.sliceWrites() - world.slicesAtStart,
    syncs: world.syncs.syncs,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    digest: simulation.digest.toString(),
  };
}

function largeCase(mode: LargeMode, { nodes, services, updated, empty, others }: LargeSize): Case {
  const plan = servicePathCase({ workload: 'new-connection', mode, services, requests: 1 });
  return {
    ...plan,
    id: 'large-cluster',
    cluster: {
      ...plan.cluster,
      nodes,
      endpoints: others,
      sizes: [
        { count: 1, endpoints: updated },
        { count: empty, endpoints: 0 },
      ],
      nodeSubnetBits: 24,
      // What kube-proxy sets on a node of four cores.
      conntrack: { ...plan.cluster.conntrack, max: 131_072, buckets: 32_768, tcpTimeWaitNs: 120e9, udpNs: 30e9 },
    },
    workload: { ...plan.workload, clients: 100, clientNodes: 100, ratePerSecond: 100, target: 'first' },
    churn: [
      {
        kind: 'rolling-update',
        atNs: 1e9,
        service: 0,
        maxSurge: 0.25,
        maxUnavailable: 0.25,
        startupNs: 1e9,
        terminationNs: 1e9,
        spread: 0.5,
      },
    ],
    run: { durationNs: LONGEST_NS, warmupNs: 1e8, drainNs: 0 },
  };
}
