/**
 * What controllers see of the API: everything, some time after it was written (client-go's shared informers).
 *
 * Without a lag it is the store itself. With one it is a copy that every write reaches after the lag, in the order of the writes. Before the clock runs there
 * is no lag. Cost: with a lag, an event a write, and the maps of a second store.
 */
import { EventClass, invariant, type Nanoseconds, type Simulation } from '../../sim/index.js';
import { SliceIndex } from '../slice-index.js';
import { Store, type Kind } from '../store.js';
import { SelectorIndex } from './selector-index.js';

/** A store with its indexes, which are told of writes before anybody else. */
export interface IndexedStore {
  readonly store: Store;
  readonly slices: SliceIndex;
  readonly selectors: SelectorIndex;
}

const KINDS: readonly Kind[] = ['service', 'pod', 'slice', 'other-slice', 'endpoints'];

/** The view of one cluster's controllers. */
export class InformerCache implements IndexedStore {
  readonly store: Store;
  readonly slices: SliceIndex;
  readonly selectors: SelectorIndex;
  private readonly lagNs: Nanoseconds;
  private simulation: Simulation | undefined;
  private kind = 0;
  /** Writes on their way, the oldest first. */
  private waiting: (() => void)[] = [];

  /**
   * @param source what is written to
   * @param lagNs until a write is seen
   */
  constructor(source: IndexedStore, lagNs: Nanoseconds) {
    this.lagNs = lagNs;
    const { store, slices, selectors } = lagNs === 0 ? source : copyOf(source.store);
    this.store = store;
    this.slices = slices;
    this.selectors = selectors;
    if (lagNs > 0) for (const kind of KINDS) this.follow(source.store, kind);
  }

  /** From now on writes take their time. */
  start(simulation: Simulation): void {
    if (this.lagNs === 0) return;
    this.simulation = simulation;
    this.kind = simulation.register('informer', EventClass.control, this);
  }

  /** The oldest write on its way arrives; called by the simulation. */
  fire(): void {
    const arriving = this.waiting.shift();
    invariant(arriving !== undefined, 'informer-waiting', 'a write arrives that nobody sent');
    arriving();
  }

  private follow(source: Store, kind: Kind): void {
    source.watch(kind, ({ type, key, object }) => {
      const apply = (): void => {
        if (type === 'deleted') this.store.remove(kind, key);
        else this.store.put(kind, object);
      };
      const { simulation } = this;
      if (simulation === undefined) {
        apply();
        return;
      }
      this.waiting.push(apply);
      simulation.schedule(simulation.now + this.lagNs, this.kind, 0);
    });
  }
}

function copyOf(source: Store): IndexedStore {
  const store = new Store();
  const put = (kind: Kind): void => {
    for (const object of source.list(kind)) store.put(kind, object);
  };
  for (const kind of KINDS) put(kind);
  return { store, slices: new SliceIndex(store), selectors: new SelectorIndex(store) };
}
