/** A store with a ledger on it, for tests, and short ways to write Services and slices. */
import {
  SERVICE_DEFAULTS,
  SliceIndex,
  Store,
  type Endpoint,
  type EndpointSlice,
  type Service,
} from '../../src/kube/index.js';
import { formatIpPort, isIpv6, type IpFamily } from '../../src/net/index.js';
import { Ledger } from '../../src/proxy/ledger.js';
import type { EndpointList, ServicePort } from '../../src/proxy/service-port.js';

/** A ready endpoint on node 0. */
export function endpoint(address: number, changes: Partial<Endpoint> = {}): Endpoint {
  return { address, node: 0, target: '', ready: true, serving: true, terminating: false, hints: null, ...changes };
}

/** Endpoints of a service port as text, in their order. */
export function texts(port: ServicePort | undefined): string[] {
  return port === undefined ? [] : listTexts(port.endpoints);
}

/** Endpoints of a list as text, in their order. */
export function listTexts({ length, address, port }: EndpointList): string[] {
  return Array.from({ length }, (_, i) => formatIpPort(address[i] ?? 0, port[i] ?? 0));
}

/** Store and ledger; `prepare` writes what revision 1 holds. */
export function ledgerWorld(prepare: (write: Writer) => void = () => undefined, family: IpFamily = 4) {
  const store = new Store();
  const slices = new SliceIndex(store);
  const write = new Writer(store);
  prepare(write);
  return { store, write, ledger: new Ledger({ store, slices }, family) };
}

/** Writes objects of namespace `ns`. */
export class Writer {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  service(name: string, changes: Partial<Service> = {}): void {
    this.store.put('service', {
      ...SERVICE_DEFAULTS,
      metadata: { namespace: 'ns', name, labels: {} },
      type: 'ClusterIP',
      clusterIp: 1,
      headless: false,
      selector: null,
      ports: [{ name: '', protocol: 6, port: 80, targetPort: 8080, nodePort: 0 }],
      ...changes,
    });
  }

  slice(service: string, name: string, endpoints: readonly Endpoint[], changes: Partial<EndpointSlice> = {}): void {
    this.store.put('slice', {
      metadata: { namespace: 'ns', name, labels: {} },
      family: isIpv6(endpoints[0]?.address ?? 0) ? 6 : 4,
      service,
      ports: [{ name: '', protocol: 6, port: 8080 }],
      endpoints,
      ...changes,
    });
  }

  remove(kind: 'service' | 'slice', name: string): void {
    this.store.remove(kind, `ns/${name}`);
  }
}
