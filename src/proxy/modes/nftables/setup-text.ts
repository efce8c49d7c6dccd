/**
 * The commands at the beginning of a full sync: table, base chains, the fixed chains and their rules, sets and maps.
 *
 * Mirrors setupNFTables (pkg/proxy/nftables/proxier.go, 1.34) command by command, since they are counted as operations of the transaction;
 * only that here all jumped-to chains are made before the first jump. Elements that are in place are read, not flushed.
 */
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import { baseDeclaration, setDeclaration } from '../../../kernel/nftables/print.js';
import { nftComment, nftFamily, nftRuleText } from '../../../kernel/nftables/rule-text.js';
import { formatIp, type IpAddress } from '../../../net/index.js';
import type { FixedTable } from './fixed-table.js';
import type { RuleOptions } from './rule-options.js';
import {
  CHAIN_COMMENTS,
  isTableMap,
  KUBE_PROXY_TABLE,
  SET_DECLARATIONS,
  TABLE_COMMENT,
  TableSet,
} from './table-names.js';

/** What the commands are made from. */
export interface SetupParts {
  readonly store: NftStore;
  readonly fixed: FixedTable;
  readonly rules: RuleOptions;
  /** Addresses on which node ports answer. */
  readonly nodePortIps: readonly IpAddress[];
  /** Whether it is this proxy's first full sync, which makes the base chains anew. */
  readonly first: boolean;
}

/** Chains that base chains jump to, in the order in which kube-proxy makes them; and those made behind them. */
const JUMPED = [
  'nodeport-endpoints-check',
  'service-endpoints-check',
  'firewall-check',
  'services',
  'masquerading',
  'cluster-ips-check',
];

/** Number of the commands. */
export function setupOperations({ fixed, rules, nodePortIps, first }: SetupParts): number {
  const bases = fixed.bases.length * (first ? 4 : 2);
  const nodePorts = rules.allNodePorts ? 1 : 1 + nodePortIps.length;
  return 1 + bases + fixed.chains.size * 2 + fixed.rules + SET_DECLARATIONS.length + nodePorts;
}

/** The commands, a line each. */
export function setupLines(parts: SetupParts): string[] {
  const { fixed, rules, nodePortIps, first } = parts;
  const place = `${nftFamily(rules.family)} ${KUBE_PROXY_TABLE}`;
  const lines = [`add table ${place} { ${nftComment(TABLE_COMMENT)} ; }`];
  const chain = (name: string): void => {
    const comment = CHAIN_COMMENTS[name];
    const about = comment === undefined ? '' : ` { ${nftComment(comment)} ; }`;
    lines.push(`add chain ${place} ${name}${about}`, `flush chain ${place} ${name}`);
  };
  const rulesOf = (name: string): void => {
    lines.push(...ruleLines(parts, place, name));
  };
  const set = (number: TableSet): void => {
    lines.push(declarationLine(parts, place, number));
  };
  if (first) {
    for (const { base } of fixed.bases) {
      lines.push(`add chain ${place} ${base.name}`, `delete chain ${place} ${base.name}`);
    }
  }
  for (const { base } of fixed.bases) {
    lines.push(`add chain ${place} ${base.name} ${baseDeclaration(base)}`, `flush chain ${place} ${base.name}`);
  }
  JUMPED.forEach(chain);
  for (const { base } of fixed.bases) rulesOf(base.name);
  chain('mark-for-masquerade');
  rulesOf('mark-for-masquerade');
  rulesOf('masquerading');
  set(TableSet.clusterIps);
  rulesOf('cluster-ips-check');
  set(TableSet.nodePortIps);
  const nodePortSet = SET_DECLARATIONS[TableSet.nodePortIps]!.name;
  lines.push(`${rules.allNodePorts ? 'delete' : 'flush'} set ${place} ${nodePortSet}`);
  for (const ip of nodePortIps) lines.push(`add element ${place} ${nodePortSet} { ${formatIp(ip)} }`);
  set(TableSet.noEndpointServices);
  set(TableSet.noEndpointNodePorts);
  chain('reject-chain');
  rulesOf('reject-chain');
  rulesOf('service-endpoints-check');
  rulesOf('nodeport-endpoints-check');
  set(TableSet.firewallIps);
  rulesOf('firewall-check');
  set(TableSet.serviceIps);
  set(TableSet.serviceNodePorts);
  rulesOf('services');
  return lines;
}

/** Commands that add the rules of a fixed chain. */
function ruleLines({ store, fixed, rules }: SetupParts, place: string, name: string): string[] {
  const chain = fixed.chains.get(name) ?? fixed.bases.find(({ base }) => base.name === name)?.chain ?? -1;
  return Array.from({ length: store.length(chain) }, (_, position) => {
    const rule = store.rule(chain, position);
    const comment = rule.comment === undefined ? '' : ` ${nftComment(rule.comment)}`;
    return `add rule ${place} ${name} ${nftRuleText({ store, family: rules.family, nameOf: (target) => store.name(target), ownPrefix: '' }, rule)}${comment}`;
  });
}

function declarationLine({ store, fixed, rules }: SetupParts, place: string, set: TableSet): string {
  const spec = store.sets.spec(fixed.sets[set]!);
  return `add ${isTableMap(set) ? 'map' : 'set'} ${place} ${spec.name} ${setDeclaration(rules.family, spec)}`;
}
