/**
 * What kube-proxy's options make of the rules of one family (NewProxier in pkg/proxy/iptables/proxier.go, 1.34).
 *
 * Node ports answer on loopback addresses only in IPv4 and only if nodePortAddresses leaves them in; only then are there
 * KUBE-FIREWALL's rule and the counter of such packets.
 */
import { formatIp, inPrefix, type IpAddress, type IpFamily, type IpPrefix } from '../../../net/index.js';
import { detectorOf, type LocalDetector, type NodeFacts, type ProxyOptions } from '../../proxier.js';

/** 127.0.0.0/8. */
export const LOOPBACK_V4: IpPrefix = { address: 0x7f000000, bits: 8 };

/** Names of kube-proxy's nfnetlink_acct counters (pkg/proxy/metrics). */
export const Counter = {
  invalidDropped: 'ct_state_invalid_dropped_pkts',
  localhostNodePorts: 'localhost_nps_accepted_pkts',
} as const;

/** Options as the rules show them. */
export interface RuleOptions {
  readonly family: IpFamily;
  /** The mark of packets to masquerade, unsigned. */
  readonly mark: number;
  readonly masqueradeAll: boolean;
  readonly randomFully: boolean;
  /** Whether KUBE-FORWARD drops packets in state INVALID. */
  readonly dropsInvalid: boolean;
  /** Whether the kernel has the nfacct counters. */
  readonly counters: boolean;
  readonly localhostNodePorts: boolean;
  /** Prefixes in whose addresses node ports answer; null for all local addresses. */
  readonly nodePortPrefixes: readonly IpPrefix[] | null;
}

/** The options of one family. */
export function ruleOptions(options: ProxyOptions, family: IpFamily): RuleOptions {
  const prefixes = options.nodePortAddresses;
  const matchesAll = prefixes.length === 0 || prefixes.some(({ bits }) => bits === 0);
  const coversLoopback = matchesAll || prefixes.some(holdsLoopback);
  return {
    family,
    mark: 2 ** options.masqueradeBit,
    masqueradeAll: options.masqueradeAll,
    randomFully: options.randomFully,
    dropsInvalid: !options.conntrackTcpBeLiberal,
    counters: options.nfacctCounters,
    localhostNodePorts: family === 4 && options.localhostNodePorts && coversLoopback,
    nodePortPrefixes: matchesAll ? null : prefixes,
  };
}

/** What is the same in all syncs of a node; nodes of one class differ only in the endpoints that they choose. */
export interface NodeClass {
  readonly key: string;
  readonly detector: LocalDetector;
  /** The same for nodes with the same detector. */
  readonly detectorKey: string;
  /** Addresses that have a rule to KUBE-NODEPORTS each; null for the one rule for all local addresses. */
  readonly nodePortIps: readonly IpAddress[] | null;
}

/** The class of a node. */
export function nodeClass(options: ProxyOptions, rules: RuleOptions, node: NodeFacts): NodeClass {
  const detector = detectorOf(options, node.index);
  const detectorKey = keyOfDetector(detector);
  const nodePortIps = rules.nodePortPrefixes === null ? null : nodePortIpsOf(rules, node);
  return { key: `${detectorKey} ${nodePortIps?.join(',') ?? 'all'}`, detector, detectorKey, nodePortIps };
}

/** The node's addresses in the prefixes; kube-proxy writes them in the random order of a Go map. */
function nodePortIpsOf({ nodePortPrefixes, localhostNodePorts, family }: RuleOptions, node: NodeFacts): IpAddress[] {
  const answers = (ip: IpAddress): boolean =>
    (localhostNodePorts || !isLoopback(ip, family)) &&
    (nodePortPrefixes ?? []).some(({ address, bits }) => inPrefix(ip, address, bits));
  return [...new Set(node.localIps.filter(answers))];
}

function isLoopback(ip: IpAddress, family: IpFamily): boolean {
  return family === 6 ? formatIp(ip) === '::1' : inPrefix(ip, LOOPBACK_V4.address, LOOPBACK_V4.bits);
}

function holdsLoopback({ address, bits }: IpPrefix): boolean {
  return isLoopback(address, 4) || inPrefix(LOOPBACK_V4.address, address, bits);
}

function keyOfDetector(detector: LocalDetector): string {
  if (detector.kind === 'source') return `source ${detector.prefix.address}/${detector.prefix.bits}`;
  return detector.kind === 'interface' ? `interface ${detector.name}` : 'none';
}
