/** The proxy and the node of a conformance case as the laboratory takes them. */
import {
  familyOf,
  parseIp,
  parseIpPrefix,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
} from '../../../src/net/index.js';
import type { LocalDetector, ProxyOptions } from '../../../src/proxy/index.js';
import { flagOf, knownFields, numberOf, textOf, textsOf, type Fields } from './fields.js';

/** What a case says of its proxy, in one mode. */
export interface ProxySetup {
  readonly family: IpFamily;
  readonly options: Partial<ProxyOptions>;
}

/** What a case says of its node, in one family. */
export interface NodeSetup {
  readonly name: string;
  readonly ip: IpAddress;
  readonly localIps: readonly IpAddress[];
}

const PROXY_FIELDS = [
  'ipFamily',
  'localDetector',
  'masqueradeAll',
  'masqueradeBit',
  'nodePortAddresses',
  'iptables',
  'nftables',
  'ipvs',
];

/** Reads `proxy`. */
export function proxySetup(value: unknown, mode: string): ProxySetup {
  const proxy = knownFields(value ?? {}, PROXY_FIELDS, 'proxy');
  const family = familyNamed(textOf(proxy['ipFamily'] ?? 'IPv4', 'proxy.ipFamily'));
  const iptables = part(proxy, 'iptables', [
    'localhostNodePorts',
    'nfacctCounters',
    'randomFully',
    'conntrackTCPBeLiberal',
  ]);
  const nftables = part(proxy, 'nftables', ['serviceCIDRs']);
  const ipvs = part(proxy, 'ipvs', ['scheduler', 'strictARP', 'excludeCIDRs']);
  const addresses = part(proxy, 'nodePortAddresses', ['iptables', 'nftables', 'ipvs', 'userspace']);
  const prefixes = (list: unknown, where: string): IpPrefix[] => prefixesOf(textsOf(list, where), family);
  const options: Partial<ProxyOptions> = {
    detector: detectorOf(proxy['localDetector'], family),
    masqueradeAll: flagOf(proxy['masqueradeAll'], 'proxy.masqueradeAll', false),
    masqueradeBit: numberOf(proxy['masqueradeBit'] ?? 14, 'proxy.masqueradeBit'),
    nodePortAddresses: prefixes(addresses[mode], `proxy.nodePortAddresses.${mode}`),
    localhostNodePorts: flagOf(iptables['localhostNodePorts'], 'localhostNodePorts', true),
    nfacctCounters: flagOf(iptables['nfacctCounters'], 'nfacctCounters', false),
    randomFully: flagOf(iptables['randomFully'], 'randomFully', false),
    conntrackTcpBeLiberal: flagOf(iptables['conntrackTCPBeLiberal'], 'conntrackTCPBeLiberal', false),
    serviceCidrs: prefixes(nftables['serviceCIDRs'], 'proxy.nftables.serviceCIDRs'),
    scheduler: textOf(ipvs['scheduler'] ?? 'rr', 'proxy.ipvs.scheduler'),
    strictArp: flagOf(ipvs['strictARP'], 'proxy.ipvs.strictARP', false),
    excludeCidrs: prefixes(ipvs['excludeCIDRs'], 'proxy.ipvs.excludeCIDRs'),
  };
  return { family, options };
}

/** Reads `node`; a node without an address of the family has its loopback address for one, as kube-proxy has it. */
export function nodeSetup(value: unknown, family: IpFamily): NodeSetup {
  const node = knownFields(value ?? {}, ['name', 'primaryIP', 'interfaceIPs'], 'node');
  const loopback = addressOf(family === 4 ? '127.0.0.1' : '::1');
  const primary = node['primaryIP'] === undefined ? [] : [textOf(node['primaryIP'], 'node.primaryIP')];
  const inFamily = (texts: readonly string[]): IpAddress[] =>
    texts.map(addressOf).filter((address) => familyOf(address) === family && address !== loopback);
  const interfaces = inFamily(textsOf(node['interfaceIPs'], 'node.interfaceIPs'));
  return {
    name: textOf(node['name'] ?? 'node', 'node.name'),
    ip: [...inFamily(primary), ...interfaces][0] ?? loopback,
    localIps: [...new Set([loopback, ...interfaces])],
  };
}

/** An address of either family. */
export function addressOf(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

function part(proxy: Fields, name: string, known: readonly string[]): Fields {
  return knownFields(proxy[name] ?? {}, known, `proxy.${name}`);
}

function familyNamed(name: string): IpFamily {
  if (name !== 'IPv4' && name !== 'IPv6') throw new Error(`proxy.ipFamily: ${name}`);
  return name === 'IPv4' ? 4 : 6;
}

/** A CIDR of the other family is none: no detector is there then. */
function detectorOf(value: unknown, family: IpFamily): LocalDetector {
  const detector = knownFields(value ?? { mode: 'None' }, ['mode', 'cidr'], 'proxy.localDetector');
  const mode = textOf(detector['mode'], 'proxy.localDetector.mode');
  if (mode === 'None') return { kind: 'none' };
  if (mode !== 'ClusterCIDR') throw new Error(`proxy.localDetector.mode: ${mode}`);
  const [prefix] = prefixesOf([textOf(detector['cidr'] ?? '', 'proxy.localDetector.cidr')].filter(Boolean), family);
  return prefix === undefined ? { kind: 'none' } : { kind: 'source', prefix };
}

function prefixesOf(texts: readonly string[], family: IpFamily): IpPrefix[] {
  return texts
    .map((text) => {
      const prefix = parseIpPrefix(text);
      if (prefix === undefined) throw new Error(`${text} is no CIDR`);
      return prefix;
    })
    .filter(({ address }) => familyOf(address) === family);
}
