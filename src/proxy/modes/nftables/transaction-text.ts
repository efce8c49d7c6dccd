/**
 * The commands of one sync's transaction as `nft -f` takes them, in kube-proxy's order (syncProxyRules, pkg/proxy/nftables/proxier.go,
 * 1.34): for each changed service port its chains, then its elements, affinity sets and rules; then what has become of no use.
 *
 * A transaction has as many operations as lines. Cost: linear in what is written; made only when somebody asks.
 */
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import { dynamicDeclaration } from '../../../kernel/nftables/print.js';
import {
  elementKeyText,
  elementVerdictText,
  nftComment,
  nftFamily,
  nftRuleText,
  type NftTextContext,
} from '../../../kernel/nftables/rule-text.js';
import type { ServicePort } from '../../service-port.js';
import type { PortChains } from './port-chains.js';
import type { RuleOptions } from './rule-options.js';
import { SET_DECLARATIONS, hasElementComments, isTableMap, KUBE_PROXY_TABLE } from './table-names.js';
import type { ElementChange, OwnChain } from './table-change.js';

/** What texts are made from. */
export interface TextParts {
  readonly store: NftStore;
  readonly nameOf: (chain: number) => string;
  readonly rules: RuleOptions;
  /** Text of the node's own prefix. */
  readonly ownPrefix: string;
}

/** What a transaction writes besides the set-up. */
export interface WrittenParts {
  /** Service ports whose chains are written. */
  readonly ports: readonly PortChains[];
  /** Whether the chain of an endpoint is left as it is: a proxy that starts again finds it in place. */
  readonly keeps: (chains: PortChains, endpoint: number) => boolean;
  readonly elements: Iterable<ElementChange>;
  /** Chains of no use any more, and affinity sets. */
  readonly flushed: readonly OwnChain[];
  readonly goneSets: readonly number[];
  /** The service port that an element is of, for its comment. */
  readonly portOf: (change: ElementChange) => ServicePort | undefined;
}

/** Commands that delete chains. */
export function deletionLines({ rules }: TextParts, chains: readonly OwnChain[]): string[] {
  return chains.map((chain) => `delete chain ${placeOf(rules)} ${chain.name()}`);
}

/** The commands behind the set-up. */
export function* transactionLines(parts: TextParts, written: WrittenParts): Generator<string> {
  const place = placeOf(parts.rules);
  const elements = [...written.elements];
  // Chains first and elements behind them: what an element leads to must be there.
  for (const chains of written.ports) yield* chainLines(parts, place, chains, written.keeps);
  for (const change of elements)
    if (change.after !== 0) yield* elementLines(parts, place, change, written.portOf(change));
  for (const chains of written.ports) yield* ruleLines(parts, place, chains, written.keeps);
  for (const chain of written.flushed) yield `flush chain ${place} ${chain.name()}`;
  for (const set of written.goneSets) yield `delete set ${place} ${parts.store.sets.name(set)}`;
  for (const change of elements) if (change.after === 0) yield deleteLine(place, change);
}

function* chainLines(
  { nameOf }: TextParts,
  place: string,
  chains: PortChains,
  keeps: WrittenParts['keeps'],
): Generator<string> {
  for (let i = 0; i < chains.endpoints.length; i++) {
    if (keeps(chains, i)) continue;
    const name = nameOf(chains.endpoints[i]!);
    yield `add chain ${place} ${name}`;
    yield `flush chain ${place} ${name}`;
  }
  for (const chain of policyChains(chains)) {
    yield `add chain ${place} ${nameOf(chain)}`;
    yield `flush chain ${place} ${nameOf(chain)}`;
  }
}

function* elementLines(
  { nameOf }: TextParts,
  place: string,
  change: ElementChange,
  port: ServicePort | undefined,
): Generator<string> {
  const { set, address, service, before, after } = change;
  const { name, key } = SET_DECLARATIONS[set]!;
  if (before !== 0) yield deleteLine(place, change);
  const comment = port !== undefined && hasElementComments(set) ? ` ${nftComment(port.displayName)}` : '';
  const verdict = isTableMap(set) ? ` : ${elementVerdictText(nameOf, after)}` : '';
  yield `add element ${place} ${name} { ${elementKeyText(key, address, service)}${comment}${verdict} }`;
}

function deleteLine(place: string, { set, address, service }: ElementChange): string {
  const { name, key } = SET_DECLARATIONS[set]!;
  return `delete element ${place} ${name} { ${elementKeyText(key, address, service)} }`;
}

function* ruleLines(
  parts: TextParts,
  place: string,
  chains: PortChains,
  keeps: WrittenParts['keeps'],
): Generator<string> {
  const { store, rules, ownPrefix, nameOf } = parts;
  const context: NftTextContext = { store, family: rules.family, nameOf, ownPrefix };
  for (const set of chains.affinity ?? []) {
    const declaration = dynamicDeclaration(rules.family, chains.plan.port.affinitySeconds);
    yield `add set ${place} ${store.sets.name(set)} ${declaration}`;
  }
  const kept = (i: number): boolean => keeps(chains, i);
  const endpoints = [...chains.endpoints].filter((_, i) => !kept(i));
  for (const chain of [...policyChains(chains), ...endpoints]) {
    const name = nameOf(chain);
    for (let position = 0; position < store.length(chain); position++) {
      const rule = store.rule(chain, position);
      const comment = rule.comment === undefined ? '' : ` ${nftComment(rule.comment)}`;
      yield `add rule ${place} ${name} ${nftRuleText(context, rule)}${comment}`;
    }
  }
}

/** The chains that do not belong to one endpoint. */
function policyChains({ service, local, external, firewall }: PortChains): number[] {
  return [service, local, external, firewall].filter((chain) => chain >= 0);
}

function placeOf({ family }: RuleOptions): string {
  return `${nftFamily(family)} ${KUBE_PROXY_TABLE}`;
}
