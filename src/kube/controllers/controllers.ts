/** The controllers that keep endpoints in step with pods, as one: slices, Endpoints where they are wanted, and mirrored slices. */
import type { Simulation } from '../../sim/index.js';
import type { ControllerPace } from './controller-pace.js';
import { EndpointSliceController, type EndpointSliceSetup } from './endpoint-slice.js';
import { MirroringController } from './endpoints-mirroring.js';
import { EndpointsController } from './endpoints.js';
import { InformerCache } from './informer-cache.js';

/** What the controllers work on. */
export interface ControllersSetup extends Omit<EndpointSliceSetup, 'seen'> {
  /** Batching, lag and limits; none when nothing is said. */
  readonly pace?: ControllerPace | undefined;
  /** Whether Endpoints are written, and with how many addresses at most. */
  readonly endpointsObjects?: { readonly capacity: number } | undefined;
}

/** The controllers of one cluster. */
export class Controllers {
  readonly slices: EndpointSliceController;
  readonly mirroring: MirroringController;
  /** Undefined where no Endpoints are written. */
  readonly endpoints: EndpointsController | undefined;
  private readonly seen: InformerCache;
  private readonly pace: ControllerPace;

  /** @param setup store, indexes, limits */
  constructor(setup: ControllersSetup) {
    const { store, endpointsObjects, pace = {} } = setup;
    const seen = new InformerCache(setup, pace.informerLagNs ?? 0);
    this.seen = seen;
    this.pace = pace;
    this.slices = new EndpointSliceController({ ...setup, seen });
    this.endpoints = endpointsObjects && new EndpointsController({ store, seen, ...endpointsObjects });
    this.mirroring = new MirroringController({ store, seen });
  }

  /** Brings everything to what is wanted, now. */
  reconcileAll(): void {
    this.slices.reconcileAll();
    this.endpoints?.reconcileAll();
    this.mirroring.reconcileAll();
  }

  /** Begins to react to changes, by events of the simulation. */
  start(simulation: Simulation): void {
    this.seen.start(simulation);
    this.slices.start(simulation, this.pace);
    this.endpoints?.start(simulation, this.pace);
    this.mirroring.start(simulation, this.pace);
  }
}
