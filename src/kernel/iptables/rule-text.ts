/**
 * A rule as a line for iptables-restore, its parts in the order in which kube-proxy writes them (1.33): comment, address
 * types, protocol, destination, port, source, state, mark, set, statistic, target.
 *
 * The words are those of iptables(8) and iptables-extensions(8).
 */
import { formatIpv4, protocolName } from '../../net/index.js';
import { CtState } from '../hook.js';
import type { SetTable } from '../ipset.js';
import type { PrefixMatch, RuleSpec, Target } from './rule.js';

/** States in the order in which they are written. */
const STATE_NAMES: readonly (readonly [number, string])[] = [
  [CtState.invalid, 'INVALID'],
  [CtState.new, 'NEW'],
  [CtState.related, 'RELATED'],
  [CtState.established, 'ESTABLISHED'],
  [CtState.snat, 'SNAT'],
  [CtState.dnat, 'DNAT'],
];

/**
 * One line, such as `-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000`.
 * @param nameOf names the chains that rules jump to
 * @param sets the node's sets, for their names
 * @param chain name of the chain that it stands in
 * @param rule the rule
 * @param builtIn whether the chain is built in: there, kube-proxy puts the comment behind the matches
 */
export function ruleLine(
  nameOf: (chain: number) => string,
  sets: SetTable,
  chain: string,
  rule: RuleSpec,
  builtIn: boolean,
): string {
  const comment = rule.comment === undefined ? [] : [`-m comment --comment ${quoted(rule.comment)}`];
  const matches = matchParts(sets, rule);
  const parts = builtIn ? [...matches, ...comment] : [...comment, ...matches];
  return ['-A', chain, ...parts, ...targetParts(nameOf, rule.target)].join(' ');
}

function matchParts(sets: SetTable, rule: RuleSpec): string[] {
  const parts: string[] = [];
  if (rule.destinationLocal === true) parts.push('-m addrtype --dst-type LOCAL');
  if (rule.sourceLocal === true) parts.push('-m addrtype --src-type LOCAL');
  if (rule.protocol !== undefined) {
    const name = protocolName(rule.protocol);
    parts.push(`-m ${name} -p ${name}`);
  }
  if (rule.destination) parts.push(prefixText('-d', rule.destination));
  if (rule.destinationPort !== undefined) parts.push(`--dport ${rule.destinationPort}`);
  if (rule.source) parts.push(prefixText('-s', rule.source));
  if (rule.state !== undefined) parts.push(`-m conntrack ${not(rule.stateNegated)}--ctstate ${stateText(rule.state)}`);
  if (rule.mark) {
    const { value, mask, negated } = rule.mark;
    parts.push(`-m mark ${not(negated)}--mark ${hexadecimal(value)}/${hexadecimal(mask)}`);
  }
  if (rule.set) {
    const directions = Array.from(rule.set.directions, (letter) => (letter === 's' ? 'src' : 'dst')).join(',');
    parts.push(`-m set ${not(rule.set.negated)}--match-set ${sets.at(rule.set.handle).name} ${directions}`);
  }
  if (rule.probability !== undefined) parts.push(`-m statistic --mode random --probability ${rule.probability}`);
  return parts;
}

function targetParts(nameOf: (chain: number) => string, target: Target | undefined): string[] {
  if (target === undefined) return [];
  switch (target.kind) {
    case 'jump':
      return ['-j', nameOf(target.chain)];
    case 'mark-or':
      return [`-j MARK --or-mark ${hexadecimal(target.bits)}`];
    case 'mark-xor':
      return [`-j MARK --xor-mark ${hexadecimal(target.bits)}`];
    case 'dnat':
      return [`-j DNAT --to-destination ${formatIpv4(target.address)}:${target.port}`];
    case 'masquerade':
      return [target.randomFully ? '-j MASQUERADE --random-fully' : '-j MASQUERADE'];
    default:
      return ['-j', target.kind.toUpperCase()];
  }
}

function prefixText(option: string, prefix: PrefixMatch): string {
  const length = prefix.bits === 32 ? '' : `/${prefix.bits}`;
  return `${not(prefix.negated)}${option} ${formatIpv4(prefix.address)}${length}`;
}

function stateText(state: number): string {
  return STATE_NAMES.filter(([bit]) => (state & bit) !== 0)
    .map(([, name]) => name)
    .join(',');
}

function not(negated: boolean | undefined): string {
  return negated === true ? '! ' : '';
}

function hexadecimal(bits: number): string {
  return `0x${bits.toString(16)}`;
}

function quoted(comment: string): string {
  return /^[\w./:-]+$/.test(comment) ? comment : `"${comment}"`;
}
