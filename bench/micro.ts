/** Small pieces of work, timed by tinybench with the CPU time of this process as its clock. */
import { Bench } from 'tinybench';
import { cpuMilliseconds } from './measurement.js';

/** A small piece of work. */
export interface Micro {
  readonly name: string;
  /** Operations of one call of `run`; enough of them to take a millisecond. */
  readonly operations: number;
  /** Does the work; what the first call returns shows that it was the same work as elsewhere. */
  run(): string | number;
}

/** What came of it. */
export interface MicroResult {
  readonly name: string;
  /** Median over the calls, in nanoseconds an operation. */
  readonly ns: number;
  /** What the first call returned. */
  readonly check: string;
}

/**
 * Times each piece of work.
 * @param micros the pieces of work, not run yet
 * @param timeMs CPU time for each
 */
export async function timeMicros(micros: readonly Micro[], timeMs: number): Promise<MicroResult[]> {
  const checks = micros.map((micro) => String(micro.run()));
  const bench = new Bench({ now: cpuMilliseconds, time: timeMs, warmupTime: timeMs / 4, iterations: 16, throws: true });
  for (const micro of micros) bench.add(micro.name, () => micro.run());
  const tasks = await bench.run();
  return tasks.map(({ result }, i) => {
    if (result.state !== 'completed') throw new Error(`${micros[i]!.name}: ${result.state}`);
    const { name, operations } = micros[i]!;
    return { name, ns: (result.latency.p50 * 1e6) / operations, check: checks[i]! };
  });
}
