/**
 * A controller's client of the API server: its writes, one after the other, within its limit of requests a second.
 *
 * Mirrors client-go's rest client with its token bucket (kube-controller-manager: 20 requests a second, burst 30). A request that is let out
 * takes no time of its own and never fails. Without a limit, and before the clock runs, writes are made at once.
 */
import { EventClass, type Simulation } from '../../sim/index.js';
import { TokenBucket, type RateLimit } from './token-bucket.js';

/** One write. */
export type ApiWrite = () => void;

/** Writes that wait for their turn. */
interface Batch {
  readonly writes: readonly ApiWrite[];
  readonly done: () => void;
  next: number;
}

/** Makes writes. */
export class ApiClient {
  /** Clock and tokens; undefined without a limit. */
  private readonly limited: { readonly simulation: Simulation; readonly bucket: TokenBucket } | undefined;
  private readonly kind: number;
  private readonly batches: (Batch | undefined)[] = [];

  /**
   * @param simulation the clock; undefined before it runs
   * @param limit requests a second; undefined for no limit
   * @param name of the events of writes that waited
   */
  constructor(simulation?: Simulation, limit?: RateLimit, name = 'api-request') {
    const isLimited = simulation !== undefined && limit !== undefined;
    this.limited = isLimited ? { simulation, bucket: new TokenBucket(limit) } : undefined;
    this.kind = isLimited ? simulation.register(name, EventClass.control, this) : 0;
  }

  /**
   * Makes writes in their order, at once as far as the limit lets them out.
   * @param done called when all are made later
   * @returns whether all are made
   */
  run(writes: readonly ApiWrite[], done: () => void): boolean {
    if (this.limited === undefined) {
      for (const write of writes) write();
      return true;
    }
    const free = this.batches.indexOf(undefined);
    const place = free >= 0 ? free : this.batches.length;
    this.batches[place] = { writes, done, next: -1 };
    return this.advance(place, this.limited);
  }

  /** The next write of a batch may go out; called by the simulation. */
  fire(place: number): void {
    const { done } = this.batches[place]!;
    if (this.limited === undefined || this.advance(place, this.limited)) done();
  }

  /** Makes the write that has its token, and those after it as long as there are tokens; returns whether that was all. */
  private advance(place: number, { simulation, bucket }: NonNullable<ApiClient['limited']>): boolean {
    const batch = this.batches[place]!;
    if (batch.next >= 0) batch.writes[batch.next]!();
    while (++batch.next < batch.writes.length) {
      const waitNs = bucket.take(simulation.now);
      if (waitNs > 0) {
        simulation.schedule(simulation.now + waitNs, this.kind, place);
        return false;
      }
      batch.writes[batch.next]!();
    }
    this.batches[place] = undefined;
    return true;
  }
}
