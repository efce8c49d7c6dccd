/**
 * What kube-proxy's options make of the rules of one family (NewProxier and setupNFTables in pkg/proxy/nftables/proxier.go, 1.34).
 *
 * Node ports answer on the node's primary address unless nodePortAddresses says otherwise; a prefix of length 0 in it means all local
 * addresses. Loopback addresses never answer.
 */
import { formatIp, inPrefix, type IpAddress, type IpFamily, type IpPrefix } from '../../../net/index.js';
import { detectorOf, type LocalDetector, type NodeFacts, type ProxyOptions } from '../../proxier.js';

/** How the rules of a node tell packets of pods: where every node has a prefix of its own, the chains are still the same. */
export type RuleDetector = LocalDetector | { readonly kind: 'own' };

/** Options as the rules show them. */
export interface RuleOptions {
  readonly family: IpFamily;
  /** The mark of packets to masquerade, unsigned. */
  readonly mark: number;
  readonly masqueradeAll: boolean;
  readonly serviceCidrs: readonly IpPrefix[];
  /** Whether node ports answer on all local addresses but loopback. */
  readonly allNodePorts: boolean;
  readonly loopback: IpPrefix;
}

const LOOPBACK_V4: IpPrefix = { address: 0x7f000000, bits: 8 };

/** The options of one family. */
export function ruleOptions(options: ProxyOptions, family: IpFamily, loopbackV6: IpAddress): RuleOptions {
  return {
    family,
    mark: 2 ** options.masqueradeBit,
    masqueradeAll: options.masqueradeAll,
    serviceCidrs: options.serviceCidrs,
    allNodePorts: options.nodePortAddresses.some(({ bits }) => bits === 0),
    loopback: family === 4 ? LOOPBACK_V4 : { address: loopbackV6, bits: 128 },
  };
}

/** Addresses of a node on which node ports answer; of no use where all do. */
export function nodePortIps(options: ProxyOptions, rules: RuleOptions, node: NodeFacts): readonly IpAddress[] {
  if (rules.allNodePorts) return [];
  if (options.nodePortAddresses.length === 0) return [node.ip];
  const { loopback } = rules;
  const answers = (ip: IpAddress): boolean =>
    !inPrefix(ip, loopback.address, loopback.bits) &&
    options.nodePortAddresses.some(({ address, bits }) => inPrefix(ip, address, bits));
  return [...new Set(node.localIps.filter(answers))];
}

/** The detector of a node as its rules have it. */
export function ruleDetector(options: ProxyOptions, node: NodeFacts): RuleDetector {
  const detector = detectorOf(options, node.index);
  return Array.isArray(options.detector) && detector.kind === 'source' ? { kind: 'own' } : detector;
}

/** The same text for detectors that make the same rules. */
export function detectorKey(detector: RuleDetector): string {
  if (detector.kind === 'source') return `source ${formatIp(detector.prefix.address)}/${detector.prefix.bits}`;
  return detector.kind === 'interface' ? `interface ${detector.name}` : detector.kind;
}
