/**
 * Arrivals: when an open-loop client's next request is due, whatever became of the ones before.
 *
 * Each client is a generator with one pending event. Poisson arrivals are exponentially spaced; constant ones are equally
 * spaced, the clients shifted against each other so that they do not all fire at once. Spacings add up in exact fractions and are
 * rounded only for the event, so that the rate does not drift.
 */
import { EventClass, type RandomStream, type Simulation } from '../sim/index.js';

/** Who is told that a request is due. */
export interface ArrivalSink {
  /** A request of that client is due now. */
  arrive(client: number): void;
}

/** Generators of all open-loop clients. */
export class Arrivals {
  private readonly simulation: Simulation;
  private readonly sink: ArrivalSink;
  private readonly kind: number;
  private readonly untilNs: number;
  private readonly meanNs: number;
  private readonly chance: readonly RandomStream[] | undefined;
  private readonly due: Float64Array;

  /**
   * @param simulation clock and events
   * @param options clients; requests a second of all together; until when; and the clients' streams for Poisson arrivals, or none for constant ones
   * @param sink who is told
   */
  constructor(
    simulation: Simulation,
    options: {
      readonly clients: number;
      readonly ratePerSecond: number;
      readonly untilNs: number;
      readonly chance: readonly RandomStream[] | undefined;
    },
    sink: ArrivalSink,
  ) {
    this.simulation = simulation;
    this.sink = sink;
    this.kind = simulation.register('arrival', EventClass.traffic, this);
    this.untilNs = options.untilNs;
    this.meanNs = (options.clients * 1e9) / options.ratePerSecond;
    this.chance = options.chance;
    this.due = new Float64Array(options.clients);
  }

  /** Schedules every client's first request. */
  start(): void {
    const clients = this.due.length;
    for (let client = 0; client < clients; client++) {
      this.due[client] = this.simulation.now + (this.chance ? this.gap(client) : (client * this.meanNs) / clients);
      this.schedule(client);
    }
  }

  /** A client's request is due. */
  fire(client: number): void {
    this.due[client]! += this.gap(client);
    this.schedule(client);
    this.sink.arrive(client);
  }

  private gap(client: number): number {
    return this.chance ? this.chance[client]!.exponential(this.meanNs) : this.meanNs;
  }

  private schedule(client: number): void {
    const at = Math.round(this.due[client]!);
    if (at < this.untilNs) this.simulation.schedule(at, this.kind, client);
  }
}
