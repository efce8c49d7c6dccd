/**
 * Rules and elements as nft writes and reads them, in the form in which kube-proxy hands them over (sigs.k8s.io/knftables).
 *
 * Seen with nft 1.0.6: names need no quotes (letters, digits, `/`, `-`, `_`, `.`, a letter first), a comment has 128 bytes at most.
 */
import { addressBits, formatIp, formatIpPort, formatIpPrefix, protocolName, type IpFamily } from '../../net/index.js';
import { CtState } from '../hook.js';
import type { PrefixMatch } from '../iptables/rule.js';
import type { NftStore } from './nft-store.js';
import { ELEMENT_MASK, ELEMENT_SHIFT, ElementKind } from './rule-cells.js';
import type { NftKey } from './nft-sets.js';
import type { NftRuleSpec, NftStatement, PrefixListMatch } from './rule.js';

/** What the text of a rule depends on besides the rule. */
export interface NftTextContext {
  readonly store: NftStore;
  readonly family: IpFamily;
  /** Name of a chain. */
  readonly nameOf: (chain: number) => string;
  /** Text of the prefix that the node fills in for `sourceInOwnPrefix`. */
  readonly ownPrefix: string;
}

/** Longest comment in bytes (NFTNL_UDATA_COMMENT_MAXLEN). */
const COMMENT_BYTES = 128;

const STATES = [
  [CtState.invalid, 'invalid'],
  [CtState.new, 'new'],
  [CtState.established, 'established'],
  [CtState.related, 'related'],
] as const;

/** `ip` or `ip6`: the word for the family's header and its tables. */
export function nftFamily(family: IpFamily): 'ip' | 'ip6' {
  return family === 4 ? 'ip' : 'ip6';
}

/** Names of chains, each made once: a name costs a hash, and a chain's is written several times. */
export function chainNames(store: NftStore): (chain: number) => string {
  const names = new Map<number, string>();
  return (chain) => {
    let name = names.get(chain);
    if (name === undefined) {
      name = store.name(chain);
      names.set(chain, name);
    }
    return name;
  };
}

/** Text of a comment with its keyword and quotes, cut to what nft takes; names of objects have no quotes or line ends. */
export function nftComment(comment: string): string {
  return `comment "${comment.slice(0, COMMENT_BYTES)}"`;
}

/** Text of a rule, without its comment. */
export function nftRuleText(context: NftTextContext, rule: NftRuleSpec): string {
  const ip = nftFamily(context.family);
  const { store } = context;
  const words: string[] = [];
  if (rule.state !== undefined) words.push(`ct state ${stateText(rule.state)}`);
  if (rule.destinationLocal) words.push(`fib daddr type ${not(rule.destinationLocal)}local`);
  if (rule.destination) words.push(`${ip} daddr ${prefixText(context.family, rule.destination)}`);
  if (rule.destinationIn) words.push(`${ip} daddr ${listText(rule.destinationIn)}`);
  if (rule.destinationSet)
    words.push(`${ip} daddr ${not(rule.destinationSet)}@${store.sets.name(rule.destinationSet.set)}`);
  if (rule.inputInterface) words.push(`iifname ${not(rule.inputInterface)}"${rule.inputInterface.name}"`);
  if (rule.sourceLocal) words.push(`fib saddr type ${not(rule.sourceLocal)}local`);
  if (rule.source) words.push(`${ip} saddr ${prefixText(context.family, rule.source)}`);
  if (rule.sourceInOwnPrefix) words.push(`${ip} saddr ${not(rule.sourceInOwnPrefix)}${context.ownPrefix}`);
  if (rule.sourceIn) words.push(`${ip} saddr ${listText(rule.sourceIn)}`);
  if (rule.sourceSet) words.push(`${ip} saddr ${not(rule.sourceSet)}@${store.sets.name(rule.sourceSet.set)}`);
  if (rule.mark) {
    const { value, mask, negated } = rule.mark;
    const what = mask >>> 0 === 0xffffffff ? 'mark' : `mark and ${hex(mask)}`;
    words.push(`${what} ${negated === true ? '!=' : '=='} ${value === 0 ? '0' : hex(value)}`);
  }
  if (rule.protocol !== undefined && rule.statement?.kind !== 'vmap')
    words.push(`meta l4proto ${protocolName(rule.protocol)}`);
  if (rule.statement) words.push(statementText(context, rule.statement));
  return words.join(' ');
}

/** Text of an element's key. */
export function elementKeyText(key: NftKey, address: number, service: number): string {
  const port = `${protocolName(service >>> 16)} . ${service & 0xffff}`;
  if (key === 'addr') return formatIp(address);
  return key === 'proto.port' ? port : `${formatIp(address)} . ${port}`;
}

/** Text of what an element of a verdict map says. */
export function elementVerdictText(nameOf: (chain: number) => string, value: number): string {
  const chain = value >>> ELEMENT_SHIFT;
  switch (value & ELEMENT_MASK) {
    case ElementKind.accept:
      return 'accept';
    case ElementKind.drop:
      return 'drop';
    case ElementKind.return:
      return 'return';
    case ElementKind.jump:
      return `jump ${nameOf(chain)}`;
    default:
      return `goto ${nameOf(chain)}`;
  }
}

function statementText({ store, family, nameOf }: NftTextContext, statement: NftStatement): string {
  switch (statement.kind) {
    case 'jump':
    case 'goto':
      return `${statement.kind} ${nameOf(statement.chain)}`;
    case 'vmap': {
      const { key, name } = store.sets.spec(statement.map);
      const what = {
        addr: '',
        'addr.proto.port': ' . meta l4proto . th dport',
        'proto.port': 'meta l4proto . th dport',
      }[key];
      return `${key === 'proto.port' ? what : `${nftFamily(family)} daddr${what}`} vmap @${name}`;
    }
    case 'numgen': {
      const elements = statement.chains.map((chain, i) => `${i} : goto ${nameOf(chain)}`);
      return `numgen random mod ${elements.length} vmap { ${elements.join(' , ')} }`;
    }
    case 'masquerade':
      return statement.fullyRandom ? 'masquerade fully-random' : 'masquerade';
    case 'dnat':
      return `dnat to ${formatIpPort(statement.address, statement.port)}`;
    case 'mark-or':
      return `mark set mark or ${hex(statement.bits)}`;
    case 'mark-xor':
      return `mark set mark xor ${hex(statement.bits)}`;
    case 'update':
      return `update @${store.sets.name(statement.set)} { ${nftFamily(family)} saddr }`;
    default:
      return statement.kind;
  }
}

function not({ negated }: { readonly negated?: boolean }): string {
  return negated === true ? '!= ' : '';
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

function stateText(state: number): string {
  return STATES.filter(([bit]) => (state & bit) !== 0)
    .map(([, name]) => name)
    .join(',');
}

function prefixText(family: IpFamily, prefix: PrefixMatch): string {
  const text = prefix.bits === addressBits(family) ? formatIp(prefix.address) : formatIpPrefix(prefix);
  return `${not(prefix)}${text}`;
}

function listText(list: PrefixListMatch): string {
  const prefixes = list.prefixes.map((prefix) =>
    prefix.host === true ? formatIp(prefix.address) : formatIpPrefix(prefix),
  );
  return `${not(list)}{ ${prefixes.join(' , ')} }`;
}
