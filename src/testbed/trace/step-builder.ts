/**
 * Makes the steps of one passage while a node works on a packet: who watches opens and closes them, and what is done between two of them becomes a
 * step of its own, named by the kind of work. So no work is ever left out, and efforts add up.
 */
import { NO_EFFORT, difference, type ChainVisit, type CostModel, type Effort, type Meter } from '../../kernel/index.js';
import type { PacketPool } from '../../net/index.js';
import { invariant } from '../../sim/index.js';
import { gapSteps, type GapPlace } from './gap-steps.js';
import { headersOf, type Headers } from './headers.js';
import { workNamed } from './named-work.js';
import type { StepKind, TraceStep } from './trace.js';

/** What is known of a step when it is over. */
export interface StepEnd {
  readonly title?: string;
  readonly facts?: TraceStep['facts'];
  readonly chains?: readonly ChainVisit[];
}

/** Where the work stood, and what the packet looked like. */
interface Mark {
  readonly effort: Effort;
  readonly counts: Float64Array;
  readonly headers: Headers;
}

interface OpenStep {
  readonly kind: StepKind;
  readonly title: string;
  readonly facts: TraceStep['facts'];
  readonly packet: number;
  readonly begin: Mark;
  /** End of the newest step below. */
  last: Mark;
  readonly steps: TraceStep[];
}

/** Builds steps; one for the whole run, since one node works at a time. */
export class StepBuilder {
  /** Says which way a route leads, for the node at hand. */
  routeTitle: (headers: Headers) => string = () => 'route';
  private readonly meter: Meter;
  private readonly cost: CostModel;
  private readonly packets: PacketPool;
  private readonly open: OpenStep[] = [];

  /**
   * @param meter reads the tally
   * @param cost its prices
   * @param packets the pool
   */
  constructor(meter: Meter, cost: CostModel, packets: PacketPool) {
    this.meter = meter;
    this.cost = cost;
    this.packets = packets;
  }

  /** A passage begins. */
  start(packet: number): void {
    this.open.length = 0;
    this.push('other', 'passage', {}, packet, this.mark(packet));
  }

  /** A step begins. @param packet the packet that it is about */
  enter(kind: StepKind, title: string, packet: number, facts: TraceStep['facts'] = {}): void {
    this.fill();
    this.push(kind, title, facts, packet, this.mark(packet));
  }

  /** The same, about the packet of the step that is open. */
  enterAsBefore(kind: StepKind, title: string): void {
    this.enter(kind, title, this.open.at(-1)?.packet ?? 0);
  }

  /** The newest open step is over; one in which nothing was done leaves no trace. */
  leave({ title, facts, chains = [] }: StepEnd = {}): void {
    const top = this.top();
    if (top.steps.length > 0) this.fill();
    this.open.pop();
    const now = this.mark(top.packet);
    const work = this.workBetween(top.begin, now);
    if (top.steps.length === 0 && chains.length === 0 && Object.keys(work).length === 0) return;
    this.add({
      kind: top.kind,
      title: title ?? top.title,
      facts: { ...top.facts, ...facts },
      effort: difference(now.effort, top.begin.effort),
      work,
      chains,
      steps: top.steps,
    });
  }

  /** A step that takes nothing. */
  note(kind: StepKind, title: string, facts: TraceStep['facts'] = {}): void {
    this.fill();
    this.add({ kind, title, facts, effort: NO_EFFORT, work: {}, chains: [], steps: [] });
  }

  /** The passage is over. @returns its steps */
  finish(): readonly TraceStep[] {
    while (this.open.length > 1) this.leave();
    this.fill();
    return this.open.pop()?.steps ?? [];
  }

  private top(): OpenStep {
    const top = this.open.at(-1);
    invariant(top !== undefined, 'trace-step-open', 'a step ended or was noted while no passage was under way');
    return top;
  }

  private push(kind: StepKind, title: string, facts: TraceStep['facts'], packet: number, begin: Mark): void {
    this.open.push({ kind, title, facts, packet, begin, last: begin, steps: [] });
  }

  private add(step: TraceStep): void {
    const top = this.top();
    top.last = this.mark(top.packet);
    const before = top.steps.at(-1);
    // The way out is looked up before POSTROUTING, and charged when the packet has come through it.
    const isWayOut = step.kind === 'route' || step.kind === 'bridge';
    if (isWayOut && before?.kind === 'hook' && before.facts['hook'] === 'POSTROUTING') {
      top.steps.splice(-1, 0, step);
    } else {
      top.steps.push(step);
    }
  }

  /** Makes steps of what has been done since the newest step. */
  private fill(): void {
    const top = this.top();
    const now = this.mark(top.packet);
    const counts = now.counts.map((count, kind) => count - top.last.counts[kind]!);
    if (counts.every((count) => count === 0)) return;
    const place: GapPlace = {
      before: top.last.headers,
      after: now.headers,
      hook: String(top.facts['hook'] ?? ''),
      routeTitle: this.routeTitle,
    };
    const effort = difference(now.effort, top.last.effort);
    for (const step of gapSteps(counts, effort, place, this.cost)) this.add(step);
  }

  private mark(packet: number): Mark {
    return {
      effort: this.meter.read(),
      counts: this.meter.work.counts.slice(),
      headers: headersOf(this.packets, packet),
    };
  }

  private workBetween(begin: Mark, end: Mark): Record<string, number> {
    return workNamed(end.counts.map((count, kind) => count - begin.counts[kind]!));
  }
}
