/**
 * A rule as a line for iptables-restore or ip6tables-restore, its parts in the order in which kube-proxy writes them (1.34): comment, recent,
 * state (behind the addresses where there are any), set, bridge port, address types, protocol, destination, port, source, device,
 * mark, counter, statistic, target.
 *
 * The words are those of iptables(8) and iptables-extensions(8).
 */
import { addressBits, familyOf, formatIp, formatIpPort, protocolName, type IpAddress } from '../../net/index.js';
import { CtState } from '../hook.js';
import { NODE_ADDRESS, type PrefixMatch, type RuleSpec, type Target } from './rule.js';

/** What things are called that rules name by number. */
export interface RuleNames {
  /** A chain. */
  chain(chain: number): string;
  /** An ipset by its handle. */
  set(handle: number): string;
  /** A list of `recent` matches. */
  list(list: number): string;
  /** What `NODE_ADDRESS` stands for; absent or 0: itself. */
  readonly nodeAddress?: IpAddress;
}

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
 * @param names names chains, sets and lists
 * @param chain name of the chain that it stands in
 * @param rule the rule
 * @param builtIn whether the chain is built in: there, kube-proxy puts the comment behind the matches
 */
export function ruleLine(names: RuleNames, chain: string, rule: RuleSpec, builtIn: boolean): string {
  const comment = rule.comment === undefined ? [] : [`-m comment --comment ${quoted(rule.comment)}`];
  const matches = matchParts(names, rule);
  const parts = builtIn ? [...matches, ...comment] : [...comment, ...matches];
  return ['-A', chain, ...parts, ...targetParts(names, rule.target)].join(' ');
}

function matchParts(names: RuleNames, rule: RuleSpec): string[] {
  const parts: string[] = [];
  const state =
    rule.state === undefined ? [] : [`-m conntrack ${not(rule.stateNegated)}--ctstate ${stateText(rule.state)}`];
  const hasAddress = rule.source !== undefined || rule.destination !== undefined;
  if (rule.recent) parts.push(recentText(names, rule.recent));
  if (!hasAddress) parts.push(...state);
  if (rule.set) parts.push(setText(names, rule.set));
  if (rule.notFromBridge === true) parts.push('-m physdev ! --physdev-is-in');
  if (rule.destinationLocal === true) parts.push('-m addrtype --dst-type LOCAL');
  if (rule.sourceLocal === true) parts.push(`-m addrtype ${not(rule.sourceLocalNegated)}--src-type LOCAL`);
  parts.push(...addressParts(rule));
  if (hasAddress) parts.push(...state);
  if (rule.mark) {
    const { value, mask, negated } = rule.mark;
    parts.push(`-m mark ${not(negated)}--mark ${hexadecimal(value)}/${hexadecimal(mask)}`);
  }
  if (rule.ipvs) {
    const { address, protocol, port } = rule.ipvs;
    parts.push(`-m ipvs --vaddr ${formatIp(address)} --vproto ${protocolName(protocol)} --vport ${port}`);
  }
  if (rule.nfacct !== undefined) parts.push(`-m nfacct --nfacct-name ${rule.nfacct}`);
  if (rule.probability !== undefined) parts.push(`-m statistic --mode random --probability ${rule.probability}`);
  return parts;
}

/** Protocol, addresses, port and device. */
function addressParts(rule: RuleSpec): string[] {
  const parts: string[] = [];
  if (rule.protocol !== undefined) {
    const name = protocolName(rule.protocol);
    parts.push(`-m ${name} -p ${name}`);
  }
  if (rule.destination) parts.push(prefixText('-d', rule.destination));
  if (rule.destinationPort !== undefined) parts.push(`--dport ${rule.destinationPort}`);
  if (rule.source) parts.push(prefixText('-s', rule.source));
  if (rule.inputInterface) parts.push(`${not(rule.inputInterface.negated)}-i ${rule.inputInterface.name}`);
  return parts;
}

function recentText(names: RuleNames, { list, operation, seconds }: NonNullable<RuleSpec['recent']>): string {
  const asks = operation === 'set' ? '--set' : `--rcheck --seconds ${seconds} --reap`;
  return `-m recent --name ${names.list(list)} ${asks}`;
}

function setText(names: RuleNames, { handle, directions, negated }: NonNullable<RuleSpec['set']>): string {
  const words = Array.from(directions, (letter) => (letter === 's' ? 'src' : 'dst')).join(',');
  return `-m set ${not(negated)}--match-set ${names.set(handle)} ${words}`;
}

function targetParts(names: RuleNames, target: Target | undefined): string[] {
  if (target === undefined) return [];
  switch (target.kind) {
    case 'jump':
      return ['-j', names.chain(target.chain)];
    case 'mark-or':
      return [`-j MARK --or-mark ${hexadecimal(target.bits)}`];
    case 'mark-xor':
      return [`-j MARK --xor-mark ${hexadecimal(target.bits)}`];
    case 'dnat':
      return [`-j DNAT --to-destination ${formatIpPort(dnatAddress(names, target.address), target.port)}`];
    case 'redirect':
      return [`-j REDIRECT --to-ports ${target.port}`];
    case 'masquerade':
      return [target.randomFully ? '-j MASQUERADE --random-fully' : '-j MASQUERADE'];
    default:
      return ['-j', target.kind.toUpperCase()];
  }
}

function dnatAddress({ nodeAddress = 0 }: RuleNames, address: IpAddress): IpAddress {
  return address === NODE_ADDRESS && nodeAddress !== 0 ? nodeAddress : address;
}

function prefixText(option: string, prefix: PrefixMatch): string {
  // kube-proxy writes an address without length, but for the one that it excludes (`! -d ::1/128`).
  const isAddress = prefix.bits === addressBits(familyOf(prefix.address)) && prefix.negated !== true;
  const length = isAddress ? '' : `/${prefix.bits}`;
  return `${not(prefix.negated)}${option} ${formatIp(prefix.address)}${length}`;
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
