/** What is measured of lookups: those that begin in the measured time, with all their queries. */
import { Histogram } from '../../measure/index.js';
import { invariant } from '../../sim/index.js';
import type { Simulation } from '../../sim/index.js';
import type { ReplyFacts } from '../../kube/index.js';
import type { LookupEnd, LookupObserver } from '../../workload/index.js';

/** Counts of all lookups of a run, the warm-up included. */
interface Account {
  began: number;
  ended: number;
  asked: number;
  answered: number;
  unanswered: number;
}

/** Measurements of lookups while a run goes on. */
export class LookupProbes implements LookupObserver {
  /** Duration of lookups that found something. */
  readonly latencyNs = new Histogram();
  /** Queries of each lookup that came to an end by itself. */
  readonly queries = new Histogram();
  /** Of lookups in the measured time. */
  readonly counts = {
    lookups: 0,
    found: 0,
    notFound: 0,
    asked: 0,
    overTcp: 0,
    nxdomain: 0,
    nodata: 0,
    timeouts: 0,
    unanswered: 0,
  };
  private readonly all: Account = { began: 0, ended: 0, asked: 0, answered: 0, unanswered: 0 };
  private readonly simulation: Simulation;
  private readonly fromNs: number;

  /** @param fromNs end of the warm-up */
  constructor(simulation: Simulation, fromNs: number) {
    this.simulation = simulation;
    this.fromNs = fromNs;
  }

  /** See `LookupObserver`. */
  began(startedAt: number): void {
    this.all.began++;
    if (startedAt >= this.fromNs) this.counts.lookups++;
  }

  /** See `LookupObserver`. */
  asked(startedAt: number, isTcp: boolean): void {
    this.all.asked++;
    if (startedAt < this.fromNs) return;
    this.counts.asked++;
    if (isTcp) this.counts.overTcp++;
  }

  /** See `LookupObserver`. */
  answered(startedAt: number, { rcode, answers, truncated }: ReplyFacts): void {
    this.all.answered++;
    if (startedAt < this.fromNs) return;
    if (rcode === 'NXDOMAIN') this.counts.nxdomain++;
    if (rcode === 'NOERROR' && answers === 0 && !truncated) this.counts.nodata++;
  }

  /** See `LookupObserver`. */
  timedOut(startedAt: number): void {
    if (startedAt >= this.fromNs) this.counts.timeouts++;
  }

  /** See `LookupObserver`. */
  ended(startedAt: number, end: LookupEnd | undefined, queries: number, unanswered: number): void {
    this.all.ended++;
    this.all.unanswered += unanswered;
    if (startedAt < this.fromNs) return;
    this.counts.unanswered += unanswered;
    if (end === undefined) return;
    this.queries.record(queries);
    if (end === 'found') {
      this.counts.found++;
      this.latencyNs.record(this.simulation.now - startedAt);
    } else {
      this.counts.notFound++;
    }
  }

  /**
   * Checks that every lookup and every query is accounted for.
   * @param running lookups under way
   * @param open their queries without an answer
   * @throws InvariantError when one is not
   */
  check(running: number, open: number): void {
    const { began, ended, asked, answered, unanswered } = this.all;
    invariant(began === ended + running, 'lookups-conserved', () => `${began} began, ${ended} ended, ${running} run`);
    invariant(
      asked === answered + unanswered + open,
      'queries-conserved',
      () => `${asked} asked, ${answered} answered, ${unanswered} never answered, ${open} open`,
    );
  }
}
