/**
 * Trace points: where a room says that something happened, for whoever hung a probe there.
 *
 * A point with no probe costs one comparison. Points carry numbers only, so that emitting allocates nothing.
 */

/** What listens at a trace point: four numbers, whose meaning the point's owner documents. */
export type Probe = (a: number, b: number, c: number, d: number) => void;

/** One place in a room where probes can be hung. */
export class TracePoint {
  /** Name for messages, such as `link.drop`. */
  readonly name: string;
  /** Whether anybody listens. */
  active = false;
  private readonly probes: Probe[] = [];

  /** @param name name of the point */
  constructor(name: string) {
    this.name = name;
  }

  /** Hangs a probe here; probes are called in the order in which they were hung. */
  listen(probe: Probe): void {
    this.probes.push(probe);
    this.active = true;
  }

  /** Tells every probe. */
  emit(a: number, b: number, c: number, d: number): void {
    for (let i = 0; i < this.probes.length; i++) this.probes[i]!(a, b, c, d);
  }
}
