/**
 * The endpoints that ingress proxies know of their backends: pods' addresses from the EndpointSlices, not the cluster IP.
 *
 * Mirrors ingress-nginx (internal/ingress/controller/endpointslices.go): every ready endpoint of every slice of the Service, of both families, each
 * address and port once. Changes come over a watch, and a sync takes up whatever has changed by then; syncs are limited in rate
 * (--sync-rate-limit 0.3 a second by default, one at once). All proxies sync at the same time. Of an ExternalName nothing is known.
 * Cost: O(slices of the backends that changed) a sync.
 */
import { formatIp, isIpv6, Protocol, type IpAddress } from '../../net/index.js';
import { EventClass, type Nanoseconds, type Simulation } from '../../sim/index.js';
import type { EndpointSlice, ServicePortSpec } from '../api.js';
import type { SliceIndex } from '../slice-index.js';
import { objectKey, type Store } from '../store.js';
import { CookieAffinity } from './cookie-affinity.js';
import type { RoutedBackend } from './ingress-routes.js';

/** What is known of a backend at one moment. */
export interface BackendServers {
  readonly addresses: readonly IpAddress[];
  readonly ports: readonly number[];
  /** Sessions, where cookies name endpoints; and the place of each endpoint by its text. */
  readonly affinity: CookieAffinity | undefined;
  readonly places: ReadonlyMap<string, number>;
}

/** What endpoints are learnt from. */
export interface BackendEndpointsSetup {
  readonly store: Store;
  readonly slices: SliceIndex;
  readonly simulation: Simulation;
  readonly backends: readonly RoutedBackend[];
  /** From a write to the API until the controller has it. */
  readonly watchDelayNs: Nanoseconds;
  /** Least time between two syncs. */
  readonly syncIntervalNs: Nanoseconds;
}

const NOBODY: BackendServers = { addresses: [], ports: [], affinity: undefined, places: new Map() };

/** The endpoints of all backends of one controller. */
export class BackendEndpoints {
  /** Syncs so far, not counting what was known at the start. */
  syncs = 0;
  private readonly setup: BackendEndpointsSetup;
  private readonly known: BackendServers[];
  private readonly byService = new Map<string, number[]>();
  private readonly changed = new Set<number>();
  private readonly kind: number;
  private nextSyncNs = 0;
  private isDue = false;

  /** Knows what is there at the moment, and follows it. */
  constructor(setup: BackendEndpointsSetup) {
    const { store, backends, simulation } = setup;
    this.setup = setup;
    this.kind = simulation.register('ingress-sync', EventClass.control, this);
    backends.forEach(({ namespace, service }, i) => {
      const key = objectKey(namespace, service);
      this.byService.set(key, [...(this.byService.get(key) ?? []), i]);
    });
    this.known = backends.map((own) => this.read(own));
    store.watch('slice', ({ object }) => this.changes(objectKey(object.metadata.namespace, object.service)));
    store.watch('service', ({ key }) => this.changes(key));
  }

  /** What is known of a backend, by its number. */
  servers(backend: number): BackendServers {
    return this.known[backend] ?? NOBODY;
  }

  /** A sync's time has come. */
  fire(): void {
    const { backends, simulation, syncIntervalNs } = this.setup;
    this.isDue = false;
    this.nextSyncNs = simulation.now + syncIntervalNs;
    this.syncs++;
    for (const i of this.changed) this.known[i] = this.read(backends[i]!);
    this.changed.clear();
  }

  private changes(service: string): void {
    const { simulation, watchDelayNs } = this.setup;
    const own = this.byService.get(service);
    if (own === undefined) return;
    for (const i of own) this.changed.add(i);
    if (this.isDue) return;
    this.isDue = true;
    simulation.schedule(Math.max(this.nextSyncNs, simulation.now + watchDelayNs), this.kind, 0);
  }

  private read(backend: RoutedBackend): BackendServers {
    const { store, slices } = this.setup;
    const key = objectKey(backend.namespace, backend.service);
    const { port, protocol = Protocol.tcp } = backend;
    const service = store.get('service', key);
    const spec = service?.ports.find((own) => own.protocol === protocol && (own.port === port || own.name === port));
    if (spec === undefined) return NOBODY;
    const addresses: IpAddress[] = [];
    const ports: number[] = [];
    const places = new Map<string, number>();
    for (const slice of slices.of(key)) {
      for (const number of portsIn(slice, spec)) {
        for (const { address, ready } of slice.endpoints) {
          const text = endpointText(address, number);
          if (!ready || places.has(text)) continue;
          places.set(text, addresses.length);
          addresses.push(address);
          ports.push(number);
        }
      }
    }
    const { affinity: mode } = backend;
    const name = `${backend.namespace}-${backend.service}-${port}`;
    const affinity = mode === undefined ? undefined : new CookieAffinity(mode, name, [...places.keys()]);
    return { addresses, ports, affinity, places };
  }
}

/** Ports of a slice that stand for a Service's: of its name, or all where it has none. */
function portsIn({ ports }: EndpointSlice, { name, protocol }: ServicePortSpec): readonly number[] {
  return ports.filter((own) => own.protocol === protocol && (name === '' || own.name === name)).map(({ port }) => port);
}

function endpointText(address: IpAddress, port: number): string {
  const text = formatIp(address);
  return `${isIpv6(address) ? `[${text}]` : text}:${port}`;
}
