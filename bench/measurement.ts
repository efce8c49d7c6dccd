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

/** Runs `work` and takes its CPU time. */
export function measure(name: string, work: () => Done): Measurement {
  const before = process.cpuUsage();
  const done = work();
  const used = process.cpuUsage(before);
  return { name, ...done, cpuSeconds: (used.user + used.system) / 1e6 };
}

/** Units of work a CPU second. */
export function rate(measurement: Measurement): number {
  return measurement.units / measurement.cpuSeconds;
}
