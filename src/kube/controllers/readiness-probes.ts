/**
 * Readiness probes of pods that stop answering: when the kubelet takes them out of the endpoints, and when in again.
 *
 * Mirrors pkg/kubelet/prober worker.go: a probe every period, at an offset of the pod's own; a result counts when it has come failureThreshold or
 * successThreshold times in a row, and the condition is written at once then. A probe without answer fails after its timeout, and the next one waits for
 * that. Probes of pods that answer change nothing and are left out, and so are the initial delay (pods have their start-up time), probes of
 * processes and the path of probe packets.
 * Cost: two events a pod and period while it does not answer.
 */
import { EventClass, type Nanoseconds, type RandomStream, type Simulation } from '../../sim/index.js';

/** A readiness probe, as in a container's spec. */
export interface ReadinessProbe {
  readonly periodNs: Nanoseconds;
  /** After this a probe without answer has failed. */
  readonly timeoutNs: Nanoseconds;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/** Pods that stop answering. */
export interface PodFailure {
  /** How many. */
  readonly pods: number;
  readonly lastsNs: Nanoseconds;
  readonly probe: ReadinessProbe;
}

/** What probes act on. */
export interface ProbedPods {
  /** Whether a pod is ready. @param key the pod's */
  isReady(key: string): boolean;
  /** Writes a pod's Ready condition. @param key the pod's */
  setReady(key: string, ready: boolean): void;
  /** Has a pod stop answering, or go on. @param key the pod's */
  setSilent(key: string, isSilent: boolean): void;
}

/** What probing is done with. */
export interface ReadinessSetup {
  readonly simulation: Simulation;
  /** For each pod's place in the period. */
  readonly random: RandomStream;
  readonly pods: ProbedPods;
}

/** One pod that did not answer. */
interface Failing {
  readonly key: string;
  readonly probe: ReadinessProbe;
  untilNs: Nanoseconds;
  failures: number;
  successes: number;
  gone: boolean;
}

/** Probes of all pods that fail. */
export class ReadinessProbes {
  private readonly setup: ReadinessSetup;
  private readonly probeKind: number;
  private readonly verdictKind: number;
  private readonly answerKind: number;
  private readonly failing: Failing[] = [];
  /** Place in `failing` of those that are not as before yet, by key. */
  private readonly places = new Map<string, number>();

  /** @param setup clock, chance, pods */
  constructor(setup: ReadinessSetup) {
    this.setup = setup;
    const { simulation } = setup;
    const control = EventClass.control;
    this.probeKind = simulation.register('readiness-probe', control, {
      fire: (id) => this.probe(this.failing[id]!, id),
    });
    this.verdictKind = simulation.register('readiness-failed', control, { fire: (id) => this.fail(this.failing[id]!) });
    this.answerKind = simulation.register('pod-answers', control, { fire: (id) => this.answer(this.failing[id]!) });
  }

  /**
   * Has a pod not answer from now on for a time; one that does not answer already, or is not ready again, goes on with the probes that it has.
   * @param key the pod's
   */
  silence(key: string, lastsNs: Nanoseconds, probe: ReadinessProbe): void {
    const { simulation, random, pods } = this.setup;
    const untilNs = simulation.now + lastsNs;
    const known = this.places.get(key);
    const id = known ?? this.failing.push({ key, probe, untilNs, failures: 0, successes: 0, gone: false }) - 1;
    const pod = this.failing[id]!;
    pod.untilNs = Math.max(pod.untilNs, untilNs);
    pods.setSilent(key, true);
    simulation.schedule(untilNs, this.answerKind, id);
    if (known !== undefined) return;
    this.places.set(key, id);
    simulation.schedule(simulation.now + random.below(probe.periodNs), this.probeKind, id);
  }

  /** Forgets a pod that is gone: one of its name that comes later is another one. @param key the pod's */
  forget(key: string): void {
    const id = this.places.get(key);
    if (id === undefined) return;
    this.failing[id]!.gone = true;
    this.places.delete(key);
  }

  private probe(pod: Failing, id: number): void {
    if (pod.gone) return;
    const { simulation, pods } = this.setup;
    const { now } = simulation;
    const { periodNs, timeoutNs, failureThreshold, successThreshold } = pod.probe;
    if (now < pod.untilNs) {
      pod.failures++;
      pod.successes = 0;
      if (pod.failures === failureThreshold) simulation.schedule(now + timeoutNs, this.verdictKind, id);
      simulation.schedule(now + Math.max(periodNs, timeoutNs), this.probeKind, id);
      return;
    }
    pod.successes++;
    // Fewer failures than count have changed nothing, unless the pod was to become ready meanwhile.
    const isReady = pods.isReady(pod.key);
    if (!isReady && pod.successes < successThreshold) {
      simulation.schedule(now + periodNs, this.probeKind, id);
      return;
    }
    this.places.delete(pod.key);
    if (!isReady) pods.setReady(pod.key, true);
  }

  private fail(pod: Failing): void {
    if (!pod.gone) this.setup.pods.setReady(pod.key, false);
  }

  private answer(pod: Failing): void {
    if (!pod.gone && this.setup.simulation.now >= pod.untilNs) this.setup.pods.setSilent(pod.key, false);
  }
}
