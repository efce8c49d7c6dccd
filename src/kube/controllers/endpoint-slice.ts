/**
 * The EndpointSlice controller: which Services to reconcile when, and the writes.
 *
 * Mirrors pkg/controller/endpointslice endpointslice_controller.go (after mid 2024); one reconcile for each family that a Service
 * is wanted in. A Service's change queues it at once, a
 * pod's change queues the Services that select it after the batch period; what waits already is not queued twice nor put off.
 * Its own writes queue nothing. Left out: limits on API requests, the informers' lag and the retries of a second that follow from it,
 * errors. A sync takes no simulated time.
 */
import { EventClass, type Nanoseconds, type Simulation } from '../../sim/index.js';
import type { IpFamily } from '../../net/index.js';
import type { EndpointSlice, Node, Pod, Service } from '../api.js';
import { familiesOf } from '../service-families.js';
import type { SliceIndex } from '../slice-index.js';
import { objectKey, type Store, type WatchEvent } from '../store.js';
import { DesiredEndpoints } from './desired-endpoints.js';
import { sameLabels, type SelectorIndex } from './selector-index.js';
import { MANAGED_BY, MANAGED_BY_LABEL } from './slice-labels.js';
import { reconcileSlices } from './slice-reconcile.js';
import { TrafficHints } from './traffic-hints.js';

/** What the controller works on. */
export interface EndpointSliceSetup {
  readonly store: Store;
  /** Both must have been made before the controller, so that they are told of writes first. */
  readonly slices: SliceIndex;
  readonly selectors: SelectorIndex;
  /** Endpoints up to which slices are filled (100). */
  readonly limit: number;
  /** Nodes by index, for hints; none when nothing is said. */
  readonly nodes?: readonly Node[];
  /** Families of the cluster, the primary one first; IPv4 alone when nothing is said. */
  readonly families?: readonly IpFamily[];
}

/** API writes of slices by kind. */
export interface SliceWriteCounts {
  create: number;
  update: number;
  delete: number;
}

/** Letters of generated names, as Kubernetes chooses them (no vowels, none that look alike). */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const NAME_LENGTH = 5;

/** Keeps every Service's slices in step with its pods. */
export class EndpointSliceController {
  /** Slices written since the cluster was made, or since the caller set them to zero. */
  readonly writes: SliceWriteCounts = { create: 0, update: 0, delete: 0 };
  private readonly setup: EndpointSliceSetup;
  private readonly families: readonly IpFamily[];
  private readonly hints: TrafficHints;
  private simulation: Simulation | undefined;
  private batchPeriodNs: Nanoseconds = 0;
  private kind = 0;
  /** Services that were ever queued: number by key, key by number, and when each one is due (-1: not queued). */
  private readonly numbers = new Map<string, number>();
  private readonly keys: string[] = [];
  private readonly due: number[] = [];
  private named = 0;

  /** @param setup store, indexes and limit */
  constructor(setup: EndpointSliceSetup) {
    this.setup = setup;
    this.families = setup.families ?? [4];
    this.hints = new TrafficHints(setup.nodes ?? []);
    setup.store.watch('service', (event) => this.serviceChanged(event));
    setup.store.watch('pod', (event) => this.podChanged(event));
  }

  /** Reconciles every Service now, one after the other, as far as it has a selector. */
  reconcileAll(): void {
    for (const key of [...this.setup.store.entries('service')].map(([name]) => name)) this.sync(key);
  }

  /**
   * Begins to react to changes, by events of the simulation. Changes before this are not noticed: see `reconcileAll`.
   * @param simulation clock and events
   * @param batchPeriodNs how long a pod's change waits for others (Kubernetes: 0)
   */
  start(simulation: Simulation, batchPeriodNs: Nanoseconds): void {
    this.simulation = simulation;
    this.batchPeriodNs = batchPeriodNs;
    this.kind = simulation.register('endpoint-slice-sync', EventClass.control, this);
  }

  /** Reconciles a Service that is due; called by the simulation. */
  fire(subject: number): void {
    if (this.due[subject] !== this.simulation?.now) return;
    this.due[subject] = -1;
    this.sync(this.keys[subject]!);
  }

  private serviceChanged(event: WatchEvent<Service>): void {
    this.queue(event.key, 0);
  }

  private podChanged(event: WatchEvent<Pod>): void {
    if (this.simulation === undefined) return;
    for (const key of this.affected(event)) this.queue(key, this.batchPeriodNs);
  }

  /** Services that a pod's change concerns. */
  private affected({ object, previous }: WatchEvent<Pod>): readonly string[] {
    const after = this.setup.selectors.servicesOf(object);
    if (previous === undefined) return after;
    const stateChanged =
      previous.ip !== object.ip ||
      previous.secondIp !== object.secondIp ||
      previous.ready !== object.ready ||
      previous.terminating !== object.terminating;
    if (sameLabels(previous.metadata.labels, object.metadata.labels)) return stateChanged ? after : [];
    const before = this.setup.selectors.servicesOf(previous);
    const union = [...new Set([...before, ...after])];
    return stateChanged ? union : union.filter((key) => before.includes(key) !== after.includes(key));
  }

  private queue(key: string, delayNs: Nanoseconds): void {
    const { simulation } = this;
    if (simulation === undefined) return;
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.keys.push(key) - 1;
      this.numbers.set(key, number);
      this.due.push(-1);
    }
    const time = simulation.now + delayNs;
    if (this.due[number]! >= 0 && this.due[number]! <= time) return;
    this.due[number] = time;
    simulation.schedule(time, this.kind, number);
  }

  private sync(key: string): void {
    const { store, slices } = this.setup;
    const service = store.get('service', key);
    const existing = slices.of(key).filter((slice) => slice.metadata.labels[MANAGED_BY_LABEL] === MANAGED_BY);
    if (service === undefined) {
      for (const slice of existing) this.remove(slice);
      return;
    }
    const { selector } = service;
    if (service.type === 'ExternalName' || selector === null || !hasSelector(service)) return;
    const families = familiesOf(service, this.families);
    for (const family of families) {
      const own = existing.filter((slice) => slice.family === family);
      this.reconcile(service, selector, family, own);
    }
    for (const slice of existing) if (!families.includes(slice.family)) this.remove(slice);
  }

  private reconcile(
    service: Service,
    selector: NonNullable<Service['selector']>,
    family: IpFamily,
    existing: readonly EndpointSlice[],
  ): void {
    const { store, selectors, limit } = this.setup;
    const desired = new DesiredEndpoints(service, family);
    selectors.forEachPod(service.metadata.namespace, selector, (pod, podKey) => desired.add(pod, podKey));
    const newName = (): string => `${service.metadata.name}-${generatedName(this.named++)}`;
    const hints = this.hints.of(service);
    const writes = reconcileSlices({ service, desired: desired.result(), family, existing, limit, newName, hints });
    for (const slice of writes.create) store.put('slice', slice);
    for (const slice of writes.update) store.put('slice', slice);
    this.writes.create += writes.create.length;
    this.writes.update += writes.update.length;
    for (const slice of writes.delete) this.remove(slice);
  }

  private remove(slice: EndpointSlice): void {
    this.setup.store.remove('slice', objectKey(slice.metadata.namespace, slice.metadata.name));
    this.writes.delete++;
  }
}

/** Whether the slice controller looks after a Service; an empty selector counts as none. */
export function hasSelector(service: Service): boolean {
  return service.selector !== null && Object.keys(service.selector).length > 0;
}

/** The n-th generated suffix. Kubernetes draws them; counting gives each once. */
function generatedName(n: number): string {
  let name = '';
  let rest = n;
  while (name.length < NAME_LENGTH || rest > 0) {
    name = NAME_LETTERS[rest % NAME_LETTERS.length]! + name;
    rest = Math.floor(rest / NAME_LETTERS.length);
  }
  return name;
}
