/** A network and servers that do what a test says, and an observer that notes what it is told. */
import { EventClass, MILLISECOND, RandomStreams, Simulation, TimerWheels } from '../../src/sim/index.js';
import {
  RequestFailure,
  Traffic,
  type Fabric,
  type SessionRules,
  type TrafficObserver,
  type TrafficOptions,
} from '../../src/workload/index.js';

const FAILURES = Object.keys(RequestFailure);

/** What the fabric does with one connection or request: after how many nanoseconds, and with what end; null for nothing at all. */
export type Fate = { readonly afterNs: number; readonly failure?: number } | null;

/** One conversation. */
interface Conversation {
  readonly client: number;
  readonly target: number;
  readonly owner: number;
  open: boolean;
}

/** The fabric; every request gets an answer after 1 ms unless a test says otherwise. */
export class MadeUpFabric implements Fabric, TrafficObserver {
  readonly simulation = new Simulation();
  readonly wheels = new TimerWheels(this.simulation, 'timer');
  readonly streams = new RandomStreams('traffic');
  /** Everything that the traffic did and the observer was told, as [milliseconds, text]. */
  readonly log: [number, string][] = [];
  readonly counts = { scheduled: 0, connected: 0, completed: 0, failed: 0 };
  /** Latencies of completed requests, from when they were due. */
  readonly latencies: number[] = [];
  /** Conversations open at present, and the most at a time. */
  openNow = 0;
  openMost = 0;
  /** Answers `connect` gives: -1 for no source port left. */
  hasPort = (): boolean => true;
  connects: (target: number) => Fate = () => ({ afterNs: 0 });
  serves: (handle: number, sequence: number) => Fate = () => ({ afterNs: MILLISECOND });
  handshake = true;
  traffic!: Traffic;
  private readonly conversations: Conversation[] = [];
  private readonly steps: (() => void)[] = [];
  private readonly kind: number;

  constructor() {
    this.kind = this.simulation.register('fabric', EventClass.arrival, {
      fire: (n) => {
        this.steps[n]!();
      },
    });
  }

  /** Makes the traffic that uses this fabric. */
  join(options: Partial<TrafficOptions>, rules: Partial<SessionRules>, untilNs = 1000 * MILLISECOND): Traffic {
    const all = { sessionsPerClient: Infinity, requestsPerConnection: 1, handshake: true, ...rules };
    this.handshake = all.handshake;
    this.traffic = new Traffic({
      simulation: this.simulation,
      wheels: this.wheels,
      streams: this.streams,
      fabric: this,
      observer: this,
      options: {
        clients: 1,
        load: 'open',
        ratePerSecond: 1000,
        arrivals: 'constant',
        concurrency: 1,
        thinkNs: 0,
        target: 'first',
        zipfExponent: 1,
        requestBytes: 100,
        requestsPerConnection: all.requestsPerConnection,
        requestTimeoutNs: 10_000 * MILLISECOND,
        ...options,
      },
      rules: all,
      targets: 10,
      untilNs,
    });
    return this.traffic;
  }

  /** Starts and lets the time go on until that many milliseconds. */
  run(milliseconds: number): void {
    this.traffic.start();
    this.simulation.run(milliseconds * MILLISECOND);
  }

  /** What the log says of one kind of thing. */
  times(what: string): number[] {
    return this.log.filter(([, text]) => text.startsWith(what)).map(([ms]) => ms);
  }

  /** The other end breaks a conversation off. */
  breakOff(handle: number, failure: number): void {
    const conversation = this.conversations[handle]!;
    if (!conversation.open) return;
    this.over(conversation);
    this.traffic.failed(handle, conversation.owner, failure);
  }

  connect(client: number, target: number, owner: number): number {
    if (!this.hasPort()) return -1;
    const handle = this.conversations.push({ client, target, owner, open: true }) - 1;
    this.openMost = Math.max(this.openMost, ++this.openNow);
    this.note(`connect ${handle} to ${target}`);
    if (this.handshake) this.meet(handle, this.connects(target), () => this.traffic.connected(handle, owner));
    return handle;
  }

  request(handle: number, sequence: number, bytes: number): void {
    this.note(`request ${handle}/${sequence} of ${bytes}`);
    const { owner } = this.conversations[handle]!;
    this.meet(handle, this.serves(handle, sequence), () => this.traffic.replied(handle, owner, sequence));
  }

  respond(): void {
    throw new Error('clients do not answer');
  }

  close(handle: number): void {
    this.note(`close ${handle}`);
    this.over(this.conversations[handle]!);
  }

  abort(handle: number): void {
    this.note(`abort ${handle}`);
    this.over(this.conversations[handle]!);
  }

  scheduled(at: number): void {
    this.counts.scheduled++;
    if (at !== this.simulation.now) throw new Error('a request is due when it is due');
  }

  connected(): void {
    this.counts.connected++;
  }

  completed(scheduledAt: number): void {
    this.counts.completed++;
    this.latencies.push(this.simulation.now - scheduledAt);
  }

  failed(scheduledAt: number, failure: number): void {
    this.counts.failed++;
    this.note(`${FAILURES[failure]} after ${(this.simulation.now - scheduledAt) / MILLISECOND} ms`);
  }

  served(): void {
    throw new Error('there are no servers here');
  }

  private meet(handle: number, fate: Fate, success: () => void): void {
    if (fate === null) return;
    const step = this.steps.push(() => {
      if (!this.conversations[handle]!.open) return;
      if (fate.failure === undefined) success();
      else this.breakOff(handle, fate.failure);
    });
    this.simulation.schedule(this.simulation.now + fate.afterNs, this.kind, step - 1);
  }

  private over(conversation: Conversation): void {
    if (!conversation.open) throw new Error('a conversation ends once');
    conversation.open = false;
    this.openNow--;
  }

  private note(text: string): void {
    this.log.push([this.simulation.now / MILLISECOND, text]);
  }
}
