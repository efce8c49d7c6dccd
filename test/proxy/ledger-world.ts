/** A store with a ledger on it, for tests, and short ways to write Services and slices. */
import { SliceIndex, Store, type Endpoint, type Service } from '../../src/kube/index.js';
import { formatIpv4 } from '../../src/net/index.js';
import { Ledger } from '../../src/proxy/ledger.js';
import type { ServicePort } from '../../src/proxy/service-port.js';

/** A ready endpoint on node 0. */
export function endpoint(address: number, changes: Partial<Endpoint> = {}): Endpoint {
  return { address, node: 0, target: '', ready: true, serving: true, terminating: false, ...changes };
}

/** Endpoints of a service port as text, in their order. */
export function texts(port: ServicePort | undefined): string[] {
  const { length, address, port: ports } = port?.endpoints ?? { length: 0, address: [], port: [] };
  return Array.from({ length }, (_, i) => `${formatIpv4(address[i] ?? 0)}:${ports[i]}`);
}

/** Store and ledger; `prepare` writes what revision 1 holds. */
export function ledgerWorld(prepare: (write: Writer) => void = () => undefined) {
  const store = new Store();
  const slices = new SliceIndex(store);
  const write = new Writer(store);
  prepare(write);
  return { store, write, ledger: new Ledger({ store, slices }) };
}

/** Writes objects of namespace `ns`. */
export class Writer {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  service(name: string, changes: Partial<Service> = {}): void {
    this.store.put('service', {
      metadata: { namespace: 'ns', name, labels: {} },
      type: 'ClusterIP',
      clusterIp: 1,
      headless: false,
      selector: null,
      ports: [{ name: '', protocol: 6, port: 80, targetPort: 8080, nodePort: 0 }],
      affinitySeconds: 0,
      publishNotReadyAddresses: false,
      ...changes,
    });
  }

  slice(service: string, name: string, endpoints: readonly Endpoint[], port = 8080, portName = ''): void {
    this.store.put('slice', {
      metadata: { namespace: 'ns', name, labels: {} },
      service,
      ports: [{ name: portName, protocol: 6, port }],
      endpoints,
    });
  }

  remove(kind: 'service' | 'slice', name: string): void {
    this.store.remove(kind, `ns/${name}`);
  }
}
