/**
 * The text of the rules as iptables-restore takes it.
 *
 * kube-proxy 1.20 runs one iptables command a rule in this mode (util/iptables EnsureRule); here stands what all of them come to: the chains in
 * full, each rule with its parts in the order of iptablesCommonPortalArgs (pkg/proxy/userspace/proxier.go), and the jumps where they are
 * not there yet. Cost: O(rules).
 */
import { NODE_ADDRESS, type RuleSpec } from '../../../kernel/iptables/rule.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { formatIp, formatIpPort, protocolName, type IpAddress, type IpFamily } from '../../../net/index.js';
import type { ToolInput } from '../../proxier.js';
import type { Layout } from './layout.js';

/** Where the text is for. */
export interface ScriptTarget {
  readonly family: IpFamily;
  /** Primary address of the node. */
  readonly nodeIp: IpAddress;
  /** Whether the jumps from the built-in chains are still to be made. */
  readonly withJumps: boolean;
}

/** Everything that a layout has on a node. */
export function portalScript(store: RuleStore, layout: Layout, target: ScriptTarget): ToolInput {
  const { chains, bases } = layout;
  const table = (name: string, own: readonly number[], builtIn: readonly number[]): string[] => [
    `*${name}`,
    ...own.map((chain) => `:${store.name(chain)} - [0:0]`),
    ...own.flatMap((chain) => chainLines(store, chain, target.nodeIp)),
    ...(target.withJumps ? builtIn.flatMap((chain) => chainLines(store, chain, target.nodeIp)) : []),
    'COMMIT',
  ];
  const nat = [chains.containerPortals, chains.hostPortals, chains.containerNodePorts, chains.hostNodePorts];
  const lines = [
    ...table('filter', [chains.nonLocalNodePorts], [bases.filterInput]),
    ...table('nat', nat, [bases.natPrerouting, bases.natOutput]),
  ];
  return {
    tool: target.family === 4 ? 'iptables-restore' : 'ip6tables-restore',
    text: `${lines.join('\n')}\n`,
  };
}

function chainLines(store: RuleStore, chain: number, nodeIp: IpAddress): string[] {
  const name = store.name(chain);
  return Array.from({ length: store.length(chain) }, (_, position) => {
    const rule = store.rule(chain, position);
    const parts = rule.target?.kind === 'jump' ? jumpParts(rule) : portalParts(rule);
    return ['-A', name, ...parts, '-j', targetText(store, rule, nodeIp)].join(' ');
  });
}

function jumpParts(rule: RuleSpec): string[] {
  const local = rule.destinationLocal === true ? ['-m addrtype --dst-type LOCAL'] : [];
  return [...local, `-m comment --comment "${rule.comment ?? ''}"`];
}

function portalParts(rule: RuleSpec): string[] {
  const parts = [`-m comment --comment "${rule.comment ?? ''}"`];
  if (rule.protocol !== undefined && rule.destinationPort !== undefined) {
    const protocol = protocolName(rule.protocol);
    parts.push(`-p ${protocol} -m ${protocol} --dport ${rule.destinationPort}`);
  }
  if (rule.destination !== undefined) parts.push(`-d ${formatIp(rule.destination.address)}/${rule.destination.bits}`);
  if (rule.notFromBridge === true) parts.push('-m physdev ! --physdev-is-in');
  if (rule.destinationLocal === true) parts.push('-m addrtype --dst-type LOCAL');
  if (rule.state !== undefined) parts.push('-m state --state NEW');
  return parts;
}

function targetText(store: RuleStore, { target }: RuleSpec, nodeIp: IpAddress): string {
  if (target?.kind === 'jump') return store.name(target.chain);
  if (target?.kind === 'redirect') return `REDIRECT --to-ports ${target.port}`;
  if (target?.kind !== 'dnat') return 'ACCEPT';
  const address = target.address === NODE_ADDRESS ? nodeIp : target.address;
  return `DNAT --to-destination ${formatIpPort(address, target.port)}`;
}
