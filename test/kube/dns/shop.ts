/** A small cluster for tests of its DNS server, as lists. */
import {
  ClusterDns,
  dataText,
  DNS_DEFAULTS,
  ListedSource,
  type ClusterDnsOptions,
  type DnsEndpoint,
  type DnsReply,
  type DnsService,
  type ListedCluster,
  type RecordType,
} from '../../../src/kube/index.js';
import { parseIp, Protocol, type IpAddress } from '../../../src/net/index.js';

/** An address from its text. */
export function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

/** A ready endpoint. */
export function endpoint(address: string, named: Partial<DnsEndpoint> = {}): DnsEndpoint {
  return { address: ip(address), hostname: '', podName: '', zone: '', ...named };
}

/** A Service of namespace `shop` with one TCP port, 80, called http. */
export function service(name: string, rest: Partial<DnsService> = {}): DnsService {
  const ports = [{ name: 'http', protocol: Protocol.tcp, port: 80 }];
  return { namespace: 'shop', name, kind: 'ClusterIP', clusterIps: [], externalName: '', ports, ...rest };
}

const PORTS = [
  { name: 'http', protocol: Protocol.tcp, port: 8080 },
  { name: 'stats', protocol: Protocol.udp, port: 9000 },
];

/** Services of every kind in `shop`, one in `hidden`. */
export const SHOP: ListedCluster = {
  services: [
    service('cart', { clusterIps: [ip('10.96.1.1')] }),
    service('both', { clusterIps: [ip('10.96.1.2'), ip('fd00:96::2')] }),
    service('bare', { clusterIps: [ip('10.96.1.3')], ports: [] }),
    service('db', { kind: 'Headless', ports: [] }),
    service('idle', { kind: 'Headless' }),
    service('pay', { kind: 'ExternalName', externalName: 'pay.example.net' }),
    service('near', { kind: 'ExternalName', externalName: 'cart.shop.svc.cluster.local' }),
    service('astray', { kind: 'ExternalName', externalName: 'gone.shop.svc.cluster.local' }),
    service('loop-a', { kind: 'ExternalName', externalName: 'loop-b.shop.svc.cluster.local' }),
    service('loop-b', { kind: 'ExternalName', externalName: 'loop-a.shop.svc.cluster.local' }),
    service('address', { kind: 'ExternalName', externalName: '192.0.2.7' }),
    service('secret', { namespace: 'hidden', clusterIps: [ip('10.96.9.9')] }),
  ],
  slices: [
    { namespace: 'shop', service: 'cart', ports: [PORTS[0]!], endpoints: [endpoint('10.244.1.1')] },
    {
      ...{ namespace: 'shop', service: 'db', ports: PORTS },
      endpoints: [
        endpoint('10.244.2.1', { hostname: 'db-0', zone: 'East' }),
        endpoint('10.244.2.2', { hostname: 'db-1', zone: 'west' }),
        endpoint('10.244.2.3', { podName: 'db-x7' }),
      ],
    },
    { namespace: 'shop', service: 'db', ports: PORTS, endpoints: [endpoint('fd00:244::10')] },
    // The same endpoint in a second slice, as happens for a moment.
    { namespace: 'shop', service: 'db', ports: PORTS, endpoints: [endpoint('10.244.2.1', { hostname: 'db-0' })] },
  ],
  pods: [{ namespace: 'shop', address: ip('10.244.1.1') }],
  hasNamespace: (namespace) => namespace !== 'nowhere',
  serial: 77,
};

/** A server of the shop. */
export function shopDns(options: Partial<ClusterDnsOptions> = {}, cluster: ListedCluster = SHOP): ClusterDns {
  const zones = ['cluster.local.', '96.10.in-addr.arpa.', '244.10.in-addr.arpa.', 'ip6.arpa.'];
  return new ClusterDns(new ListedSource(cluster), { ...DNS_DEFAULTS, zones, ...options });
}

/** A question's answer in short: the response code, and type and data of the records. */
export function asked(dns: ClusterDns, name: string, type: RecordType = 'A'): readonly string[] {
  return short(dns.answer({ name, type }));
}

/** A reply in short. */
export function short({ rcode, answer }: DnsReply): readonly string[] {
  return [rcode, ...answer.map((record) => `${record.type} ${dataText(record)}`)];
}
