/** The store as a DNS server's source: objects as they are at the moment of the question. */
import { describe, expect, test } from 'vitest';
import {
  ClusterDns,
  KUBEADM_DNS,
  SERVICE_DEFAULTS,
  SliceIndex,
  Store,
  StoreSource,
  type Endpoint,
  type EndpointSlice,
  type Node,
  type Pod,
  type Service,
} from '../../../src/kube/index.js';
import { Protocol } from '../../../src/net/index.js';
import { asked, ip } from './shop.js';

const NODE: Node = { name: 'n', index: 0, ip: ip('192.0.2.10'), secondIp: 0, zone: 'east' };

function service(name: string, rest: Partial<Service>): Service {
  return {
    ...SERVICE_DEFAULTS,
    metadata: { namespace: 'shop', name, labels: {} },
    ...{ type: 'ClusterIP', clusterIp: 0, headless: false, selector: null },
    ports: [{ name: 'http', protocol: Protocol.tcp, port: 80, targetPort: 80, nodePort: 0 }],
    ...rest,
  };
}

function slice(endpoints: readonly Partial<Endpoint>[]): EndpointSlice {
  return {
    metadata: { namespace: 'shop', name: 'db-1', labels: {} },
    ...{ family: 4, service: 'db' },
    ports: [{ name: 'http', protocol: Protocol.tcp, port: 8080 }],
    endpoints: endpoints.map((own) => {
      const defaults = { address: 0, node: 0, target: '', ready: true, serving: true, terminating: false, hints: null };
      return { ...defaults, ...own };
    }),
  };
}

function world() {
  const store = new Store();
  let now = 100;
  const source = new StoreSource({ store, slices: new SliceIndex(store), nodes: [NODE], clockSeconds: () => now });
  return { store, source, dns: new ClusterDns(source, KUBEADM_DNS), at: (seconds: number) => (now = seconds) };
}

describe('a store', () => {
  test('answers as it stands, change by change', () => {
    const { store, dns } = world();
    const name = 'db.shop.svc.cluster.local.';
    expect(asked(dns, 'shop.svc.cluster.local.')).toEqual(['NXDOMAIN']);
    store.put('service', service('db', { headless: true }));
    expect(asked(dns, 'shop.svc.cluster.local.')).toEqual(['NOERROR']);
    expect(asked(dns, name)).toEqual(['NXDOMAIN']);
    const first = { address: ip('10.244.0.1'), hostname: 'db-0', target: 'shop/db-0' };
    store.put('slice', slice([first, { address: ip('10.244.0.2'), ready: false }]));
    expect(asked(dns, name)).toEqual(['NOERROR', 'A 10.244.0.1']);
    expect(asked(dns, '1.0.244.10.in-addr.arpa.', 'PTR')).toEqual(['NOERROR', 'PTR db-0.db.shop.svc.cluster.local.']);
    expect(asked(dns, `db-0.${name}`)).toEqual(['NOERROR', 'A 10.244.0.1']);
    store.put('slice', slice([{ address: ip('10.244.0.3') }]));
    expect(asked(dns, name)).toEqual(['NOERROR', 'A 10.244.0.3']);
    expect(asked(dns, '1.0.244.10.in-addr.arpa.', 'PTR')).toEqual(['REFUSED']);
    store.remove('service', 'shop/db');
    expect(asked(dns, name)).toEqual(['NXDOMAIN']);
  });

  test('tells kinds of Services apart', () => {
    const { store, source, dns } = world();
    const clusterIps = [ip('10.96.0.5')];
    store.put('service', service('web', { clusterIp: clusterIps[0]!, clusterIps }));
    store.put('service', service('out', { type: 'ExternalName', externalName: 'www.example.net' }));
    expect(source.service('shop', 'out')?.kind).toBe('ExternalName');
    expect(asked(dns, 'out.shop.svc.cluster.local.', 'CNAME')).toEqual(['NOERROR', 'CNAME www.example.net.']);
    expect(asked(dns, '5.0.96.10.in-addr.arpa.', 'PTR')).toEqual(['NOERROR', 'PTR web.shop.svc.cluster.local.']);
  });

  test('knows pods by their addresses, but for those that end', () => {
    const { store, source } = world();
    const pod: Pod = {
      phase: 'Running',
      metadata: { namespace: 'shop', name: 'a', labels: {} },
      ...{
        ip: ip('10.244.0.9'),
        secondIp: 0,
        hostNetwork: false,
        node: 0,

        ready: true,
        terminating: false,
      },
      ports: [],
    };
    store.put('pod', pod);
    expect([...source.podNamespaces(pod.ip)]).toEqual(['shop']);
    store.put('pod', { ...pod, terminating: true });
    expect([...source.podNamespaces(pod.ip)]).toEqual([]);
  });

  test('takes zones from nodes, and the serial from the last change of a Service or slice', () => {
    const { store, source, at } = world();
    store.put('slice', slice([{ address: ip('10.244.0.1'), target: 'shop/db-x' }]));
    const [own] = source.slices('shop', 'db');
    expect(own?.endpoints[0]).toMatchObject({ zone: 'east', podName: 'db-x', hostname: '' });
    expect(source.serial).toBe(100);
    at(160);
    store.put('node', NODE);
    expect(source.serial).toBe(100);
    store.remove('slice', 'shop/db-1');
    expect(source.serial).toBe(160);
  });
});
