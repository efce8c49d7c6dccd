/** Named clusters of DNS cases as the source and options of a server. */
import { parseIp, Protocol, type IpAddress } from '../../../src/net/index.js';
import {
  addressRecord,
  DNS_DEFAULTS,
  ListedSource,
  type ClusterDnsOptions,
  type DnsEndpoint,
  type DnsPort,
  type DnsRecord,
  type DnsService,
  type DnsSlice,
  type Upstream,
} from '../../../src/kube/index.js';
import { flagOf, knownFields, listOf, numberOf, textOf, textsOf } from '../kube-proxy/fields.js';

/** A cluster with its server's settings. */
export interface Fixture {
  readonly source: ListedSource;
  readonly options: ClusterDnsOptions;
}

const KNOWN = [
  ...['zones', 'ttl', 'podMode', 'exposedNamespaces', 'missingNamespaces', 'ignoreEmptyService', 'synced', 'zonal'],
  ...['nameserverIPs', 'services', 'endpoints', 'pods', 'upstreamRecords'],
];
const PROTOCOLS = new Map<string, number>([
  ['TCP', Protocol.tcp],
  ['UDP', Protocol.udp],
  ['SCTP', Protocol.sctp],
]);

/** Reads a fixture. */
export function fixtureOf(value: unknown, where: string): Fixture {
  const fields = knownFields(value, KNOWN, where);
  const list = (name: string): readonly unknown[] => listOf(fields[name], `${where} ${name}`);
  const missing = textsOf(fields['missingNamespaces'], `${where} missingNamespaces`);
  const exposed = fields['exposedNamespaces'] ?? 'all';
  const pods = fields['podMode'] ?? 'disabled';
  if (pods !== 'disabled' && pods !== 'insecure' && pods !== 'verified') throw new Error(`${where}: podMode`);
  const source = new ListedSource({
    services: list('services').map((own) => serviceOf(own, `${where} services`)),
    slices: list('endpoints').map((own) => sliceOf(own, `${where} endpoints`)),
    pods: list('pods').map((own) => podOf(own, `${where} pods`)),
    hasNamespace: (namespace) => !missing.includes(namespace),
    synced: flagOf(fields['synced'], `${where} synced`, true),
  });
  const ttl = fields['ttl'] ?? 'unspecified';
  const options: ClusterDnsOptions = {
    ...DNS_DEFAULTS,
    zones: textsOf(fields['zones'], `${where} zones`),
    ttlSeconds: ttl === 'unspecified' ? DNS_DEFAULTS.ttlSeconds : numberOf(ttl, `${where} ttl`),
    pods,
    namespaces: exposed === 'all' ? [] : textsOf(exposed, `${where} exposedNamespaces`),
    ignoreEmptyService: flagOf(fields['ignoreEmptyService'], `${where} ignoreEmptyService`, false),
    zonal: flagOf(fields['zonal'], `${where} zonal`, false),
    localAddresses: textsOf(fields['nameserverIPs'], `${where} nameserverIPs`).map((text) => addressOf(text, where)),
    upstream: upstreamOf(list('upstreamRecords'), `${where} upstreamRecords`),
  };
  return { source, options };
}

function serviceOf(value: unknown, where: string): DnsService {
  const known = ['name', 'namespace', 'type', 'clusterIPs', 'externalName', 'ports', 'externalIPs'];
  const fields = knownFields(value, known, where);
  const ips = textsOf(fields['clusterIPs'], `${where} clusterIPs`);
  const type = textOf(fields['type'], `${where} type`);
  const kind = type === 'ExternalName' ? type : ips[0] === 'None' ? 'Headless' : 'ClusterIP';
  return {
    namespace: textOf(fields['namespace'], `${where} namespace`),
    name: textOf(fields['name'], `${where} name`),
    kind,
    clusterIps: kind === 'ClusterIP' ? ips.map((text) => addressOf(text, where)) : [],
    externalName: textOf(fields['externalName'] ?? '', `${where} externalName`),
    ports: portsOf(fields['ports'], `${where} ports`),
  };
}

function sliceOf(value: unknown, where: string): DnsSlice {
  const fields = knownFields(value, ['slice', 'service', 'namespace', 'addresses', 'notReady', 'ports'], where);
  // Those that are not ready are no part of what the server sees; they are read all the same.
  listOf(fields['notReady'], `${where} notReady`).forEach((own) => endpointOf(own, where));
  return {
    namespace: textOf(fields['namespace'], `${where} namespace`),
    service: textOf(fields['service'], `${where} service`),
    endpoints: listOf(fields['addresses'], `${where} addresses`).map((own) => endpointOf(own, where)),
    ports: portsOf(fields['ports'], `${where} ports`),
  };
}

function endpointOf(value: unknown, where: string): DnsEndpoint {
  const fields = knownFields(value, ['ip', 'hostname', 'zone', 'pod'], where);
  return {
    address: addressOf(textOf(fields['ip'], `${where} ip`), where),
    hostname: textOf(fields['hostname'] ?? '', `${where} hostname`),
    podName: textOf(fields['pod'] ?? '', `${where} pod`),
    zone: textOf(fields['zone'] ?? '', `${where} zone`),
  };
}

function portsOf(value: unknown, where: string): readonly DnsPort[] {
  return listOf(value, where).map((own) => {
    const fields = knownFields(own, ['name', 'port', 'protocol'], where);
    const protocol = PROTOCOLS.get(textOf(fields['protocol'] ?? 'TCP', where).toUpperCase());
    if (protocol === undefined) throw new Error(`${where}: no such protocol`);
    return { name: textOf(fields['name'] ?? '', where), port: numberOf(fields['port'], where), protocol };
  });
}

function podOf(value: unknown, where: string): { readonly namespace: string; readonly address: IpAddress } {
  const fields = knownFields(value, ['name', 'namespace', 'ip'], where);
  return { namespace: textOf(fields['namespace'], where), address: addressOf(textOf(fields['ip'], where), where) };
}

/** What the outside world answers, aliases followed. */
function upstreamOf(values: readonly unknown[], where: string): Upstream | undefined {
  if (values.length === 0) return undefined;
  const records = values.map((value): DnsRecord => {
    const fields = knownFields(value, ['name', 'type', 'data', 'ttl'], where);
    const [name, type, data] = ['name', 'type', 'data'].map((field) => textOf(fields[field], where));
    const ttlSeconds = numberOf(fields['ttl'] ?? 30, where);
    if (type === 'CNAME') return { name: name!, ttlSeconds, type, target: data! };
    if (type !== 'A' && type !== 'AAAA') throw new Error(`${where}: no such type ${type}`);
    return addressRecord(name!, ttlSeconds, addressOf(data!, where));
  });
  return (name, type) => {
    const own = records.filter((record) => record.name.toLowerCase() === name.toLowerCase());
    const alias = own.find((record) => record.type === 'CNAME');
    if (alias?.type === 'CNAME') {
      const next = upstreamOf(values, where)!(alias.target, type)?.answer ?? [];
      return { rcode: 'NOERROR', answer: [alias, ...next], truncated: false };
    }
    const answer = own.filter((record) => record.type === type);
    return { rcode: own.length === 0 ? 'NXDOMAIN' : 'NOERROR', answer, truncated: false };
  };
}

function addressOf(text: string, where: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${where}: ${text} is no address`);
  return address;
}
