/** Times a piece of work by the CPU time of this process, garbage collection included. */

/** What a piece of work did. */
export interface Done {
  readonly units: number;
  readonly unit: string;
  /** Events of the simulation. */
  readonly events: number;
  readonly digest: string;
  /** Mean of the measured latency, to see that the work was the right one. */
  readonly meanNs: number;
}

/** A measurement. */
export interface Measurement extends Done {
  readonly name: string;
  readonly cpuSeconds: number;
}

/** CPU time of this process so far, in milliseconds: on a busy machine it says more than the clock on the wall. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** Collects all garbage, so that nobody pays for what others left behind. */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('benches need node --expose-gc');
  globalThis.gc();
}

/** Runs `work` and takes its CPU time. */
export function measure(name: string, work: () => Done): Measurement {
  collectGarbage();
  const before = cpuMilliseconds();
  const done = work();
  return { name, ...done, cpuSeconds: (cpuMilliseconds() - before) / 1e3 };
}

/** Units of work a CPU second. */
export function rate(measurement: Measurement): number {
  return measurement.units / measurement.cpuSeconds;
}

/** The middle of some numbers, of an even number the upper one of the two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
